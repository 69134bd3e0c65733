import fc from "fast-check";
import { expect, test } from "vitest";
import { utcText } from "../src/sqlite/bind.ts";
import { parseTimestamp } from "../src/timestamp.ts";
import { seed } from "./support.ts";

test("reads what SQLite, TypeORM and JavaScript write", () => {
  const date = fc.date({
    min: new Date("0000-01-01T00:00:00Z"),
    max: new Date("9999-12-31T23:59:59.999Z"),
    noInvalidDate: true,
  });
  fc.assert(
    fc.property(date, (at) => {
      const iso = at.toISOString();
      for (const text of [iso, iso.slice(0, -1), utcText(at)])
        expect(parseTimestamp(text)).toBe(at.getTime());
      expect(parseTimestamp(iso.slice(0, 19))).toBe(Date.parse(`${iso.slice(0, 19)}Z`));
      expect(parseTimestamp(iso.slice(0, 16))).toBe(Date.parse(`${iso.slice(0, 16)}Z`));
      expect(parseTimestamp(iso.slice(0, 21))).toBe(Date.parse(`${iso.slice(0, 21)}Z`));
    }),
    { seed, numRuns: 1000 },
  );
});

test("agrees with JavaScript on what is no time", () => {
  const near = fc
    .tuple(
      fc.constant("2024-02-29 12:34:56.789"),
      fc.nat(22),
      fc.constantFrom(..."0123456789 :-.TZ+x".split("")),
    )
    .map(([text, at, character]) => text.slice(0, at) + character + text.slice(at + 1));
  fc.assert(
    fc.property(near, (text) => {
      const expected = /^\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d\.\d{2}(\d|Z)$/.test(text)
        ? Date.parse(text.replace(" ", "T").replace(/Z?$/, "Z"))
        : NaN;
      const day = new Date(expected);
      // Date.parse takes February 30th for March 1st in some engines, and 24:00 for the next day.
      const exact =
        !Number.isNaN(expected) &&
        day.toISOString().slice(8, 13) === text.slice(8, 13).replace(" ", "T");
      expect(parseTimestamp(text)).toEqual(exact ? expected : NaN);
    }),
    { seed, numRuns: 2000 },
  );
});

test.each([
  "",
  "2024",
  "2024-02-30 00:00:00",
  "2023-02-29 00:00:00",
  "2024-01-01 24:00:00",
  "2024-01-01 00:00:60",
  "2024-01-01 00:00:00.1234",
  "2024-01-01 00:00:00+02:00",
  "2024-01-01 00:00:00.",
  "２０２４-01-01 00:00",
])("%o is kept as text", (text) => {
  expect(parseTimestamp(text)).toBeNaN();
});
