import { describe, expect, onTestFinished, test } from "vitest";
import { engines, urlOf } from "./servers/engines.ts";
import { connect } from "./support.ts";

const url = urlOf(engines[0]!);

describe("PostgreSQL's own types", () => {
  test.each<[string, string, unknown]>([
    ["interval '-1 year -2 mons +3 days -04:05:06.7'", "interval", "P-1Y-2M3DT-4H-5M-6.7S"],
    ["interval '0'", "interval", "PT0S"],
    ["interval '100 hours'", "interval", "PT100H"],
    ["timestamptz '2024-03-31 02:30:00+05:45'", "timestamp", new Date("2024-03-30T20:45:00Z")],
    ["timestamptz '1883-11-18 12:00:00-04:56:02'", "timestamp", new Date("1883-11-18T16:56:02Z")],
    [
      "timestamptz '9999-12-31 23:59:59.999999+00'",
      "timestamp",
      new Date("9999-12-31T23:59:59.999Z"),
    ],
    [
      "array[timestamptz '9999-12-31 23:59:59.999999+00']",
      "list",
      [new Date("9999-12-31T23:59:59.999Z")],
    ],
    ["timestamptz 'infinity'", "string", "infinity"],
    ["date '0044-03-15 BC'", "string", "0044-03-15 BC"],
    ["numeric 'NaN'", "string", "NaN"],
    ["numeric '1.50'", "decimal", "1.50"],
    ["float8 '-Infinity'", "float", -Infinity],
    ["time '24:00:00'", "string", "24:00:00"],
    ["array[1, null, 3]", "list", [1, null, 3]],
    [
      "array[[1, 2], [3, 4]]",
      "list",
      [
        [1, 2],
        [3, 4],
      ],
    ],
    ["'{}'::text[]", "list", []],
    [
      `array['a"b', 'c\\d', 'NULL', null, '', '{,}']`,
      "list",
      ['a"b', "c\\d", "NULL", null, "", "{,}"],
    ],
    ["array[true, false]", "list", [true, false]],
    ["array[9007199254740993, 1]", "list", [9_007_199_254_740_993n, 1]],
    ["array[timestamptz '2024-01-01 00:00Z']", "list", [new Date("2024-01-01T00:00:00Z")]],
    ["'[0:1]={5,6}'::int[]", "list", [5, 6]],
    ["'{\"a\": [1, null]}'::jsonb", "json", { a: [1, null] }],
    ["'{\"a\": 12345678901234567890}'::json", "string", '{"a": 12345678901234567890}'],
    ["'null'::json", "string", "null"],
    ["'\\xdeadbeef'::bytea", "bytes", Uint8Array.of(222, 173, 190, 239)],
    ["''::bytea", "bytes", new Uint8Array()],
    ["'10.0.0.1'::inet", "string", "10.0.0.1"],
  ])("%s", async (expression, type, value) => {
    const conn = await connect({ url });
    const table = await conn.query(`select ${expression} as value`);
    expect(table.columns[0]).toMatchObject({ type });
    expect(table.at(0)).toEqual({ value });
  });

  test.each([
    "select 1 as one -- at the end",
    "select 1 as one; -- at the end",
    "values (1)",
    "table pg_database",
    "(select 1 as one) union all (select 2)",
    "with x as (select 1) select * from x",
    "/* before */ show server_version",
    "explain select 1",
  ])("%s goes through query, maxRows, stream and a read-only session", async (statement) => {
    const conn = await connect({ url });
    const [first] = (await conn.query(statement)).rows();
    expect(first).toBeDefined();
    expect((await conn.query(statement, { maxRows: 1 })).at(0)).toEqual(first);
    for await (const batch of conn.stream(statement)) expect(batch.at(0)).toEqual(first);
    await using session = await conn.session({ readOnly: true });
    expect((await session.query(statement)).at(0)).toEqual(first);
  });

  test("lists go in as they come out, empty ones too", async () => {
    const conn = await connect({ url });
    const params = {
      numbers: [1, null],
      texts: ["a,b", null, 'q"\\'],
      dates: [new Date(0)],
      none: [],
    };
    const table = await conn.query(
      "select :numbers::int[] as numbers, :texts::text[] as texts, :dates::timestamptz[] as dates, :none::text[] as none",
      { params },
    );
    expect(table.at(0)).toEqual(params);
  });

  test("keeps an instant's microseconds beside its Date", async () => {
    const conn = await connect({ url });
    const table = await conn.query("select timestamptz '2024-02-29 23:30:00.123456Z' as at");
    expect(table.at(0)).toEqual({ at: new Date("2024-02-29T23:30:00.123Z") });
    expect(table.toCSV()).toContain("2024-02-29T23:30:00.123456Z");
  });

  test("come as text where a role writes them in another style, unless the url says otherwise", async () => {
    const admin = await connect({ url });
    await admin.execute("create role dotted login");
    onTestFinished(async () => void (await admin.execute("drop role dotted")));
    for (const setting of ["datestyle = 'German'", "bytea_output = 'escape'"])
      await admin.execute(`alter role dotted set ${setting}`);
    const own = new URL(url);
    own.username = "dotted";
    const statement = "select date '2024-02-29' as born, bytea '\\x00ff' as photo";
    const conn = await connect({ url: own.href });
    expect((await conn.query(statement)).at(0)).toEqual({
      born: "29.02.2024",
      photo: String.raw`\000\377`,
    });
    own.search = "?DateStyle=ISO,DMY&IntervalStyle=postgres&bytea_output=hex";
    const typed = await connect({ url: own.href });
    expect((await typed.query(statement)).at(0)).toEqual({
      born: "2024-02-29",
      photo: Uint8Array.of(0, 255),
    });
    const read = await typed.query("select date '05/06/2024' as born");
    expect(read.at(0)).toEqual({ born: "2024-06-05" });
  });
});
