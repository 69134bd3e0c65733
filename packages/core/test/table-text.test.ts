import { fromCSV } from "arquero";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Table } from "../src/table.ts";
import { seed } from "./support.ts";

describe("CSV", () => {
  test("quotes what needs it, and keeps null apart from the empty text", () => {
    const table = Table.fromArrays(
      [
        ["a,b", 'say "hi"', "line\nbreak", null, ""],
        [" lead", "-5", "plain", "x", "y"],
      ],
      ["one", "two,", "three", "four", "five"],
    );
    expect(table.toCSV()).toBe(
      'one,"two,",three,four,five\r\n"a,b","say ""hi""","line\nbreak",,""\r\n" lead",-5,plain,x,y\r\n',
    );
  });

  test("says exactly what each cell holds", () => {
    const table = Table.fromArrays(
      [
        [
          9_007_199_254_740_993n,
          -0,
          "1.50",
          new Date(0),
          1_682_985_600_000.001,
          Uint8Array.of(1, 2),
          { a: [1n] },
          true,
        ],
      ],
      [
        { name: "a" },
        { name: "b" },
        { name: "c", type: "decimal" },
        { name: "d" },
        { name: "e", type: "timestamp" },
        { name: "f" },
        { name: "g" },
        { name: "h" },
      ],
    );
    expect(table.toCSV({ header: false })).toBe(
      '9007199254740993,-0,1.50,1970-01-01T00:00:00.000Z,2023-05-02T00:00:00.000001Z,AQI=,"{""a"":[""1""]}",true\r\n',
    );
  });

  test("a row of one null is not an empty line, which readers skip", () => {
    expect(Table.fromArrays([[null], ["a"]], ["x"]).toCSV()).toBe('x\r\n""\r\na\r\n');
  });

  test.each(["=1+1", "+1", "-x", "@x", "\tx", "\rx", "＝1"])(
    "%j is written as it is, or as text when asked",
    (text) => {
      const table = Table.fromArrays([[text, -5]], ["a", "b"]);
      expect(table.toCSV({ header: false }).replaceAll('"', "")).toBe(`${text},-5\r\n`);
      expect(table.toCSV({ header: false, formulas: "escape" }).replaceAll('"', "")).toBe(
        `'${text},-5\r\n`,
      );
    },
  );

  test("another reader gets the same texts back", () => {
    const cell = fc.string({
      unit: fc.constantFrom("a", ",", '"', "\n", "\r\n", ";", " ", "é"),
      minLength: 1,
    });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(cell, cell), { minLength: 1 }),
        fc.constantFrom(",", ";", "\t"),
        (rows, delimiter) => {
          const text = Table.fromArrays(rows, ["x", "y"]).toCSV({ delimiter });
          const read = fromCSV(text, { delimiter, autoType: false }).objects() as {
            x: string;
            y: string;
          }[];
          expect(read.map(({ x, y }) => [x, y])).toEqual(rows);
        },
      ),
      { seed },
    );
  });
});

test("Markdown keeps pipes, line breaks, tags and links in the data", () => {
  const table = Table.fromRows([
    { "na|me": "a|b\nc", n: 1, x: '<img onerror="x">', y: "![x](http://x) `a` \\|", z: null },
  ]);
  expect(table.toMarkdown()).toBe(
    [
      String.raw`| na\|me | n | x | y | z |`,
      "| --- | ---: | --- | --- | --- |",
      String.raw`| a\|b<br>c | 1 | &lt;img onerror="x"> | !\[x](http://x) ` +
        "\\`a\\` " +
        String.raw`\\\| |  |`,
      "",
    ].join("\n"),
  );
});
