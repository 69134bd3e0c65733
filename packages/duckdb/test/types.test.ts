import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { open } from "./support.ts";

describe("types", () => {
  it.each([
    ["170141183460469231731687303715884105727::hugeint", "integer", 2n ** 127n - 1n],
    ["18446744073709551615::ubigint", "integer", 2n ** 64n - 1n],
    ["1.50::decimal(38,2)", "decimal", "1.50"],
    ["date '2024-01-02'", "date", "2024-01-02"],
    ["date 'infinity'", "string", "infinity"],
    ["date '-infinity'", "string", "-infinity"],
    ["timestamp '-infinity'", "string", "-infinity"],
    ["timestamptz 'infinity'", "string", "infinity"],
    ["timestamp_s 'infinity'", "string", "infinity"],
    ["timestamp_ms '-infinity'", "string", "-infinity"],
    ["timestamp_ns '-infinity'", "string", "-infinity"],
    ["timestamptz '290000-01-01 00:00:00+00'", "string", "290000-01-01 00:00:00+00"],
    ["timestamp '0044-03-15 (BC) 12:00:00'", "string", "0044-03-15 (BC) 12:00:00"],
    ["date '0044-03-15 (BC)'", "string", "0044-03-15 (BC)"],
    ["date '44000-03-15'", "string", "44000-03-15"],
    [
      "[timestamptz '2024-01-02 03:04:05.5+00', timestamptz 'infinity', null]",
      "list",
      [new Date("2024-01-02T03:04:05.500Z"), "infinity", null],
    ],
    ["[timestamp '2024-01-02 03:04:05']", "list", ["2024-01-02T03:04:05"]],
    ["{'seen': timestamp_s '-infinity'}", "json", { seen: "-infinity" }],
    ["timestamp '1969-12-31 23:59:59.999999'", "datetime", "1969-12-31T23:59:59.999999"],
    ["timestamp '0001-01-01 00:00:00.5'", "datetime", "0001-01-01T00:00:00.5"],
    ["timestamp '9999-12-31 23:59:59.000100'", "datetime", "9999-12-31T23:59:59.0001"],
    ["timestamp '1600-02-29 12:00:00.000001'", "datetime", "1600-02-29T12:00:00.000001"],
    ["(-9007199254740991)::bigint", "integer", Number.MIN_SAFE_INTEGER],
    ["(-9007199254740992)::bigint", "integer", -(2n ** 53n)],
    ["(-9223372036854775808)::bigint", "integer", -(2n ** 63n)],
    ["255::utinyint", "integer", 255],
    ["4294967295::uinteger", "integer", 2 ** 32 - 1],
    ["'nan'::double", "float", NaN],
    ["'-0'::double", "float", -0],
    ["1e-3::float", "float", Math.fround(1e-3)],
    ["''", "string", ""],
    ["'twelve bytes'", "string", "twelve bytes"],
    ["'thirteen byte'", "string", "thirteen byte"],
    ["'zoë 🐟'", "string", "zoë 🐟"],
    ["'zoë and her 🐟 in the bowl'", "string", "zoë and her 🐟 in the bowl"],
    ["'a' || chr(0) || 'b'", "string", "a\0b"],
    ["time '01:02:03.000004'", "time", "01:02:03.000004"],
    ["timestamp '2024-01-02 03:04:05.000006'", "datetime", "2024-01-02T03:04:05.000006"],
    ["timestamp_ns '2024-01-02 03:04:05.000000007'", "datetime", "2024-01-02T03:04:05.000000007"],
    [
      "timestamptz '9999-12-31 23:59:59.999999+00'",
      "timestamp",
      new Date("9999-12-31T23:59:59.999Z"),
    ],
    [
      "timestamptz '0001-01-01 00:00:00.000001+00'",
      "timestamp",
      new Date("0001-01-01T00:00:00.000Z"),
    ],
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

  it("writes a column as text from its first row on, where one of its last is infinity", async () => {
    await using conn = await open();
    const statement = `select case when i % 7 = 0 then null when i = 4999 then 'infinity'::timestamptz
      else timestamptz '2024-01-02 03:04:05.000006+00' end as seen, i,
      timestamptz '2024-01-02 03:04:05.000006+00' as fed, if(i = 4999, 'infinity', '2024-01-02')::date as born
      from range(5000) t(i)`;
    const table = await conn.query(statement);
    expect(table.columns.map(({ type }) => type)).toEqual(
      "string integer timestamp string".split(" "),
    );
    const fed = new Date("2024-01-02T03:04:05Z");
    expect([0, 1, 4999].map((row) => table.at(row))).toEqual([
      { seen: null, i: 0, fed, born: "2024-01-02" },
      { seen: "2024-01-02 03:04:05.000006+00", i: 1, fed, born: "2024-01-02" },
      { seen: "infinity", i: 4999, fed, born: "infinity" },
    ]);
    expect(table.toCSV().split("\r\n")[2]).toBe(
      "2024-01-02 03:04:05.000006+00,1,2024-01-02T03:04:05.000006Z,2024-01-02",
    );
    const types: string[] = [];
    for await (const batch of conn.stream(statement, { batchSize: 2048 }))
      types.push(batch.columns[0]!.type);
    expect(types).toEqual(["timestamp", "timestamp", "string"]);
    await conn.register("sights", table);
    const born = await conn.query(
      "select max(born) as last, typeof(max(born)) as type from sights",
    );
    expect(born.at(0)).toEqual({ last: "infinity", type: "VARCHAR" });
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

  it("reads what DuckDB writes as text, whatever the rows", async () => {
    const seed = Math.trunc(Math.random() * 1e6);
    await using conn = await open();
    const text = "repeat(chr(97 + (random() * 700)::int), (random() * 30)::int)";
    const some = (value: string): string => `case when random() < 0.8 then ${value} end`;
    await using session = await conn.session();
    await session.query(`select setseed(${seed / 1e6})`);
    await session.execute(`create temp table cells as select
      ${some(text)} as s, ${some(`${text} || repeat('x', (random() * 70000)::int)`)} as l,
      ${some("(random() * 2e17 - 1e17)::bigint >> (random() * 60)::int")} as b,
      ${some("timestamp '1900-01-01' + to_microseconds((random() * 8e15)::bigint)")} as t,
      ${some("date '1500-01-01' + (random() * 400000)::int")} as d, ${some("random() < 0.5")} as y
      from range(5000)`);
    await session.execute("delete from cells where random() < 0.1");
    const rows = (
      await session.query(
        "select *, b::text as bt, replace(t::text, ' ', 'T') as tt, d::text as dt, y::text as yt, len(l) as ll, md5(l) as m from cells",
      )
    ).rows();
    const told = `seed ${seed}`;
    expect(rows.length, told).toBeGreaterThan(4000);
    type Cell = string | number | bigint | boolean | null;
    const asText = (value: Cell): string | null => (value === null ? null : `${value}`);
    for (const { s, l, b, t, d, y, ...texts } of rows as Record<string, Cell>[]) {
      expect([b!, t!, d!, y!].map(asText), told).toEqual([
        texts["bt"],
        texts["tt"],
        texts["dt"],
        texts["yt"],
      ]);
      expect(
        l === null
          ? null
          : createHash("md5")
              .update(l as string)
              .digest("hex"),
        told,
      ).toBe(texts["m"]);
      expect(s === null || new Set(s as string).size <= 1, told).toBe(true);
    }
  });
});
