import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connection } from "@conn/core";
import { conform, values } from "@conn/testing";
import { afterAll, describe, expect, it, test } from "vitest";
import { DuckDBConnection } from "../src/index.ts";

const { bigint, bytes, date, text } = values;
const folder = await mkdtemp(join(tmpdir(), "conn-duckdb-"));
let count = 0;
const file = (): string => join(folder, `${count++}.db`);
const open = (config: object = {}): Promise<DuckDBConnection> =>
  connection(`duck_${count++}`, { type: DuckDBConnection, config });

describe.each([
  ["memory", () => ":memory:"],
  ["a file", file],
])("DuckDB in %s", (_, database) => {
  conform<DuckDBConnection>(
    {
      type: DuckDBConnection,
      config: () => ({ database: database() }),
      package: import.meta.url,
      sample: (conn, options) => conn.query("select 1 as one, 'zoë 🐟' as pet", options),
      variants: [
        (conn, options) => conn.query("select 2 as one", options),
        (conn, options) => conn.query("select ? as one", { ...options, params: [1] }),
        (conn, options) => conn.query("select $one as one", { ...options, params: { one: 2 } }),
      ],
      fails: (conn, options) => conn.query("select * from dragons", options),
      slow: {
        call: (conn, options) =>
          conn.query("select count(*) from range(10000000000) a, range(1000000) b", {
            timeout: "1h",
            ...options,
          }),
      },
      writes: (conn) => conn.execute("create table if not exists pets (name text)"),
      streams: (conn, options) => conn.stream("from range(10000)", { ...options, batchSize: 1 }),
      values: {
        empty: (conn) => conn.query("select 1 as one where false"),
        null: (conn) => conn.query("select null as value"),
        bigint: (conn) => conn.query(`select ${bigint} as value`),
        date: (conn) => conn.query("select ? as value", { params: [date] }),
        bytes: (conn) => conn.query("select ? as value", { params: [bytes] }),
        text: (conn) => conn.query("select ? as value", { params: [text] }),
      },
    },
    { test },
  );
});

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

describe("reading only", () => {
  it.each([
    "select 1; select 2",
    "create table t (i int)",
    "copy (select 1) to '/tmp/conn.csv'",
    "explain analyze select 1",
    "install httpfs",
    "set enable_external_access = true",
    "attach ':memory:' as other",
    "select * from read_text('/etc/hostname')",
    "select * from glob('/*')",
  ])("refuses %s", async (statement) => {
    const database = file();
    await using writer = await open({ database });
    await writer.execute("create table pets (name text)");
    await writer.close();
    await using conn = await open({ database, readOnly: true });
    const code = expect.stringMatching(/^CONN_(READ_ONLY|QUERY)$/) as string;
    await expect(conn.query(statement)).rejects.toMatchObject({ code });
    await expect(conn.execute(statement)).rejects.toMatchObject({ code });
  });
});

it("gives a stream whole where another query runs in its middle", async () => {
  await using conn = await open();
  let rows = 0;
  for await (const batch of conn.stream("from range(100000)")) {
    rows += batch.length;
    await conn.query("select 1", { ttl: 0 });
  }
  expect(rows).toBe(100_000);
});

it("shares a file between connections of this process, whichever closes first", async () => {
  const database = file();
  const first = await open({ database });
  await using second = await open({ database });
  await first.execute("create table pets (name text)");
  expect((await second.query("from pets")).length).toBe(0);
  await first.close();
  expect((await second.execute("insert into pets values ('fish')")).rowCount).toBe(1);
});

it("lists tables with their columns", async () => {
  await using conn = await open();
  await conn.execute("create table pets (name text not null)");
  const columns = [{ name: "name", type: "VARCHAR", nullable: false }];
  expect(await conn.browse()).toEqual([{ name: "pets", kind: "table", path: ["pets"], columns }]);
});

afterAll(() => rm(folder, { recursive: true }));
