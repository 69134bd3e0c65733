import { describe, expect, it } from "vitest";
import { open } from "./support.ts";

describe("types", () => {
  it.each([
    ["170141183460469231731687303715884105727::hugeint", "integer", 2n ** 127n - 1n],
    ["18446744073709551615::ubigint", "integer", 2n ** 64n - 1n],
    ["1.50::decimal(38,2)", "decimal", "1.50"],
    ["date '2024-01-02'", "date", "2024-01-02"],
    ["time '01:02:03.000004'", "time", "01:02:03.000004"],
    ["timestamp '2024-01-02 03:04:05.000006'", "datetime", "2024-01-02T03:04:05.000006"],
    ["timestamp_ns '2024-01-02 03:04:05.000000007'", "datetime", "2024-01-02T03:04:05.000000007"],
    ["timestamptz '2024-01-02 03:04:05+00'", "timestamp", new Date("2024-01-02T03:04:05Z")],
    ["interval '1 month 2 days 3.5 seconds'", "interval", "P1M2DT3.5S"],
    ["'\\x00\\xff'::blob", "bytes", new Uint8Array([0, 255])],
    ["'a'::enum('a', 'b')", "string", "a"],
    ["[1, 2]", "list", [1, 2]],
    ["{'a': 1.5::decimal(3,1)}", "json", { a: "1.5" }],
    ["map {'a': 1}", "json", [{ key: "a", value: 1 }]],
    ["union_value(num := 2)", "json", { num: 2 }],
    ["'0101'::bit", "string", "0101"],
    ["'{\"a\": [1]}'::json", "json", { a: [1] }],
  ])("reads %s as %s", async (source, type, value) => {
    await using conn = await open();
    const table = await conn.query(`select ${source} as cell`);
    expect(table.columns[0]!.type).toBe(type);
    expect(table.rows()[0]!["cell"]).toEqual(value);
  });

  it("reads a million rows with nulls in their places", async () => {
    await using conn = await open();
    const table = await conn.query(
      "select i, case when i % 7 <> 0 then i::double end f, i::text s from range(1000000) t(i)",
    );
    expect(table.length).toBe(1_000_000);
    expect(table.rows()[999_998]).toEqual({ i: 999_998, f: 999_998, s: "999998" });
    expect(table.rows()[700_000]!["f"]).toBeNull();
  });
});
