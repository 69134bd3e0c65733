import { createRequire } from "node:module";
import { describe, expect, test } from "vitest";
import { exactly, installExactValues, readExactly } from "../src/mssql/exact.ts";
import { planColumn } from "../src/mssql/types.ts";

class Incomplete {
  readonly end: number;

  constructor(end: number) {
    this.end = end;
  }
}

function read(name: string, bytes: readonly number[], scale = 0): unknown {
  const column = { type: { name }, scale };
  return readExactly(Buffer.from(bytes), 0, column, Incomplete)?.value;
}

/** A number's lowest bytes, the lowest first. */
function little(value: bigint | number, length: number): number[] {
  return Array.from({ length }, (_, index) =>
    Number((BigInt.asUintN(128, BigInt(value)) >> BigInt(index * 8)) & 0xffn),
  );
}

/** Days from the first of January of year 1. */
const leapDay = 738_944;

describe("SQL Server's cells", () => {
  test.each<[string, readonly number[], number, unknown]>([
    ["DecimalN", [0], 2, null],
    ["DecimalN", [5, 1, ...little(1250, 4)], 2, "12.50"],
    ["DecimalN", [5, 0, ...little(5, 4)], 2, "-0.05"],
    ["NumericN", [9, 0, ...little(9_007_199_254_740_993n, 8)], 0, "-9007199254740993"],
    ["NumericN", [13, 1, ...little(10n ** 27n + 1n, 12)], 3, "1000000000000000000000000.001"],
    [
      "DecimalN",
      [17, 1, ...little(10n ** 38n - 1n, 16)],
      19,
      "9999999999999999999.9999999999999999999",
    ],
    ["MoneyN", [0], 0, null],
    ["MoneyN", [4, ...little(-12_345, 4)], 0, "-1.2345"],
    // The largest there is: the higher half stands first.
    ["MoneyN", [8, 255, 255, 255, 127, 255, 255, 255, 255], 0, "922337203685477.5807"],
    ["Money", [0, 0, 0, 128, 0, 0, 0, 0], 0, "-922337203685477.5808"],
    ["SmallMoney", little(10_000, 4), 0, "1.0000"],
    ["IntN", [1, 255], 0, 255],
    ["IntN", [2, ...little(-2, 2)], 0, -2],
    ["IntN", [4, ...little(-3, 4)], 0, -3],
    ["IntN", [8, ...little(7, 8)], 0, 7],
    ["BigInt", little(-9_007_199_254_740_993n, 8), 0, -9_007_199_254_740_993n],
    ["Date", [3, ...little(leapDay, 3)], 0, "2024-02-29"],
    ["Date", [3, 0, 0, 0], 0, "0001-01-01"],
    ["Date", [3, ...little(3_652_058, 3)], 0, "9999-12-31"],
    ["Time", [5, ...little(863_999_999_999n, 5)], 7, "23:59:59.9999999"],
    ["Time", [3, ...little(3661, 3)], 0, "01:01:01"],
    [
      "DateTime2",
      [8, ...little(846_001_234_567n, 5), ...little(leapDay, 3)],
      7,
      "2024-02-29T23:30:00.1234567",
    ],
    ["DateTime2", [6, ...little(8_640_000 - 1, 3), 0, 0, 0], 2, "0001-01-01T23:59:59.99"],
    [
      "DateTimeOffset",
      [10, ...little(846_001_230_000n, 5), ...little(leapDay, 3), ...little(330, 2)],
      7,
      Date.parse("2024-02-29T23:30:00.123Z"),
    ],
    [
      "DateTimeOffset",
      [10, ...little(863_999_999_999n, 5), ...little(3_652_058, 3), 0, 0],
      7,
      Date.parse("9999-12-31T23:59:59.999Z"),
    ],
    [
      "DateTimeN",
      [8, ...little(45_349, 4), ...little((23 * 3600 + 59 * 60 + 59) * 300 + 299, 4)],
      0,
      "2024-02-29T23:59:59.997",
    ],
    ["DateTime", [...little(-53_690, 4), 0, 0, 0, 0], 0, "1753-01-01T00:00:00"],
    ["DateTimeN", [4, ...little(45_349, 2), ...little(1439, 2)], 0, "2024-02-29T23:59:00"],
    ["Variant", [...little(0, 4)], 0, undefined],
    ["Variant", [...little(9, 4), 0x6c, 2, 38, 3, 1, ...little(1, 4)], 0, "0.001"],
    ["Variant", [...little(10, 4), 0x7f, 0, ...little(-1, 8)], 0, -1],
    ["Variant", [...little(8, 4), 0x29, 1, 7, ...little(1, 5)], 0, "00:00:00.0000001"],
    ["NVarChar", [1, 2], 0, undefined],
  ])("%s of %j with scale %i", (name, bytes, scale, value) => {
    expect(read(name, bytes, scale)).toEqual(value);
  });

  test("wait for the bytes that have not arrived", () => {
    const whole = [17, 1, ...little(10n ** 30n, 16)];
    for (let length = 0; length < whole.length; length++)
      expect(() => read("DecimalN", whole.slice(0, length))).toThrow(Incomplete);
  });

  test("of REAL have the digits that they were written with", () => {
    const { convert } = planColumn({ colName: "r", type: { name: "FloatN" }, dataLength: 4 }, 0);
    for (const value of [0.1, 16_777_215, -3.402_823_5e38, 1e-45, 0])
      expect(Math.fround(convert!(Math.fround(value)) as number)).toBe(Math.fround(value));
    expect(convert!(Math.fround(0.1))).toBe(0.1);
  });

  test("get a name where they have none", () => {
    expect(planColumn({ colName: "", type: { name: "Int" } }, 2).spec.name).toBe("column_3");
  });
});

const require = createRequire(import.meta.url);
const releases = {
  19: createRequire(require.resolve("tedious-19")),
  20: createRequire(createRequire(require.resolve("mssql")).resolve("tedious")),
};

describe.each(Object.entries(releases))("tedious %s", (_release, inside) => {
  // Inside of its own package it has no name.
  const load = (module: string): unknown => inside(module.replace("tedious/lib", "."));
  const parser = load("tedious/lib/value-parser") as {
    readValue(bytes: Buffer, offset: number, column: object, options: object): { value: unknown };
  };
  const column = { type: { name: "DecimalN" }, precision: 38, scale: 2 };
  const cell = Buffer.from([17, 1, ...little(1_234_567_890_123_456_789_012n, 16)]);

  test("reads exactly where it is asked to, and as ever elsewhere", () => {
    const before = parser.readValue(cell, 0, column, {}).value;
    expect(installExactValues(load)).toBe(true);
    expect(installExactValues(load)).toBe(true);
    expect(parser.readValue(cell, 0, column, {}).value).toBe(before);
    expect(typeof before).toBe("number");
    expect(parser.readValue(cell, 0, column, { [exactly]: true }).value).toBe(
      "12345678901234567890.12",
    );
  });

  test("is refused where it has changed", () => {
    expect(installExactValues(() => ({}))).toBe(false);
    expect(
      installExactValues(() => {
        throw new Error("no such module");
      }),
    ).toBe(false);
  });
});
