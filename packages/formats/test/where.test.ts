import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Table } from "@conn/core";
import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import { afterAll, beforeAll, expect, it } from "vitest";
import { readTable, type Where, writeTable } from "../src/index.ts";
import { source } from "./help.ts";

let folder = "";
let duckdb: DuckDBConnection;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "conn-formats-"));
  duckdb = await (await DuckDBInstance.create(":memory:")).connect();
  await duckdb.run("set timezone = 'UTC'");
});

afterAll(async () => {
  duckdb.closeSync();
  await rm(folder, { recursive: true, force: true });
});

/** The numbers of the rows that conn finds in a file, and those that DuckDB does. */
async function found(
  table: string,
  where: Where,
  sql: string,
): Promise<{ ours: unknown[]; theirs: unknown[] }> {
  const bytes = await readFile(join(folder, `${table}.parquet`));
  const read = await readTable(source("pets.parquet", bytes), { where, columns: ["n"] });
  const reader = await duckdb.runAndReadAll(`select n from ${table} where ${sql} order by n`);
  return {
    ours: read.rows().map(({ n }) => n),
    theirs: reader.getRowsJS().map(([n]) => n),
  };
}

async function write(table: string, sql: string): Promise<void> {
  await duckdb.run(`create table ${table} as ${sql}`);
  const file = join(folder, `${table}.parquet`);
  await duckdb.run(
    `copy (from ${table} order by n) to '${file}' (format parquet, row_group_size 2048)`,
  );
}

/** What a row holds in each column, as SQL text and as the value for `where`. */
const columns: Readonly<
  Record<
    string,
    {
      sql: string;
      /** What is compared, where that is not the cell itself. */
      seen?: string;
      value: (k: number) => unknown;
      literal: (k: number) => string;
    }
  >
> = {
  small: { sql: "(k % 100)::tinyint", value: (k) => k % 100, literal: (k) => String(k % 100) },
  u32: {
    sql: "(k * 40000)::uinteger",
    value: (k) => k * 40000,
    literal: (k) => String(k * 40000),
  },
  u64: {
    sql: "(k::hugeint * 180000000000000)::ubigint",
    value: (k) => BigInt(k) * 180000000000000n,
    literal: (k) => `${BigInt(k) * 180000000000000n}::ubigint`,
  },
  big: {
    sql: "(k::bigint * 90000000000000 - 4500000000000000000)",
    value: (k) => BigInt(k) * 90000000000000n - 4500000000000000000n,
    literal: (k) => `${BigInt(k) * 90000000000000n - 4500000000000000000n}`,
  },
  real: {
    sql: "(k * 0.5 - 20000)::float",
    value: (k) => k * 0.5 - 20000,
    literal: (k) => `${k * 0.5 - 20000}::float`,
  },
  price: {
    sql: "(k * 0.01)::decimal(12,2)",
    value: (k) => (k / 100).toFixed(2),
    literal: (k) => (k / 100).toFixed(2),
  },
  even: { sql: "k % 2 = 0", value: (k) => k % 2 === 0, literal: (k) => String(k % 2 === 0) },
  name: {
    sql: "repeat(chr((k % 3000 + 33)::integer), 1 + k % 90)",
    value: (k) => String.fromCodePoint((k % 3000) + 33).repeat(1 + (k % 90)),
    literal: (k) => `repeat(chr(${(k % 3000) + 33}), ${1 + (k % 90)})`,
  },
  day: {
    sql: "(date '1900-01-01' + k::integer)",
    value: (k) => new Date(Date.UTC(1900, 0, 1) + k * 86_400_000).toISOString().slice(0, 10),
    literal: (k) => `(date '1900-01-01' + ${k})`,
  },
  wall: {
    sql: "make_timestamp(k::bigint * 1000003 - 50000000000)",
    value: (k) => micros(k * 1000003 - 50000000000).replace("Z", ""),
    literal: (k) => `make_timestamp(${k * 1000003 - 50000000000})`,
  },
  instant: {
    sql: "make_timestamp(k::bigint * 1000 - 50000000)::timestamptz",
    value: (k) => new Date(k - 50000),
    literal: (k) => `make_timestamp(${k * 1000 - 50000000})::timestamptz`,
  },
  late: {
    sql: "make_timestamp(k::bigint * 100 - 5000000)::timestamptz",
    seen: `floor(epoch_us("late") / 1000)`,
    value: (k) => new Date(Math.floor(k / 10) - 5000),
    literal: (k) => String(Math.floor(k / 10) - 5000),
  },
  exact: {
    sql: "make_timestamp(k::bigint * 100 - 5000000)::timestamptz",
    value: (k) => micros(k * 100 - 5000000),
    literal: (k) => `make_timestamp(${k * 100 - 5000000})::timestamptz`,
  },
};

function micros(value: number): string {
  const ms = Math.floor(value / 1000);
  const rest = String(value - ms * 1000).padStart(3, "0");
  return new Date(ms).toISOString().replace("Z", `${rest}Z`);
}

it("finds the rows that DuckDB finds, whatever statistics leave out", async () => {
  const seed = Number(process.env["CONN_SEED"] ?? Date.now() % 2 ** 31);
  const random = randomFrom(seed);
  // `k` rises slowly, so that row groups differ and their statistics can leave some out.
  const kOf = "(n * 8 + hash(n) % 500)";
  const cells = Object.entries(columns).map(
    ([name, { sql }]) => `case when hash(n, '${name}') % 11 <> 0 then ${sql} end as "${name}"`,
  );
  await write(
    "random_pets",
    `select n::integer as n, ${cells.join(", ")} from (select range as n, ${kOf}::bigint as k from range(12000))`,
  );
  const operators = ["=", "!=", "<", "<=", ">", ">="] as const;
  for (let turn = 0; turn < 80; turn++) {
    const alternatives = Array.from({ length: 1 + Math.floor(random() * 2) }, () => {
      const conditions: Record<string, unknown> = {};
      const sql: string[] = [];
      for (let count = 1 + Math.floor(random() * 2); count > 0; count--) {
        const names = Object.keys(columns);
        const name = names[Math.floor(random() * names.length)]!;
        if (name in conditions) continue;
        const { value, literal, seen = `"${name}"` } = columns[name]!;
        const k = Math.floor(random() * 96_000);
        const kind = Math.floor(random() * 9);
        const operator = operators[kind];
        if (operator) {
          conditions[name] = { [operator]: value(k) };
          sql.push(`${seen} ${operator} ${literal(k)}`);
        } else if (kind === 6) {
          conditions[name] = [value(k), value(k + 1)];
          sql.push(`${seen} in (${literal(k)}, ${literal(k + 1)})`);
        } else if (kind === 7) {
          conditions[name] = { notIn: [value(k)] };
          sql.push(`${seen} not in (${literal(k)})`);
        } else {
          conditions[name] = { null: k % 2 === 0 };
          sql.push(`${seen} is ${k % 2 === 0 ? "" : "not "}null`);
        }
      }
      return { conditions, sql: `(${sql.join(" and ")})` };
    });
    const where = alternatives.map(({ conditions }) => conditions) as Where;
    const sql = alternatives.map((each) => each.sql).join(" or ");
    const { ours, theirs } = await found("random_pets", where, sql);
    expect(ours.join(), `seed ${seed}, turn ${turn}: ${sql}`).toBe(theirs.join());
  }
});

function randomFrom(seed: number): () => number {
  let state = seed;
  return () => (state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff) / 0x80000000;
}

it.each<[string, string, Where, string]>([
  [
    "an unsigned integer beyond the signed ones",
    "select range::integer n, (18446744073709551615 - range)::ubigint v from range(5000)",
    { v: { ">": 2n ** 63n } },
    "v > 9223372036854775808",
  ],
  [
    "unsigned 32-bit integers on both sides of the sign",
    "select range::integer n, (2147483000 + range)::uinteger v from range(5000)",
    { v: { ">=": 2147483700 } },
    "v >= 2147483700",
  ],
  [
    "microseconds before 1970",
    "select range::integer n, make_timestamp(-1500 - range)::timestamptz v from range(1000)",
    { v: { "<": new Date(-2) } },
    "v < make_timestamp(-2000)::timestamptz",
  ],
  [
    "a Date, which stands for its whole millisecond",
    "select range::integer n, make_timestamp(-1500 + range * 100)::timestamptz v from range(5000)",
    { v: [new Date(-2), new Date(40)] },
    "floor(epoch_us(v) / 1000) in (-2, 40)",
  ],
  [
    "text of the microsecond",
    "select range::integer n, make_timestamp(-1500 + range * 100)::timestamptz v from range(5000)",
    { v: { ">=": "1970-01-01T00:00:00.000500Z", "<": "1970-01-01T00:00:00.001499+00:00" } },
    "v >= make_timestamp(500) and v < make_timestamp(1499)",
  ],
  [
    "a group whose least instant is a fraction of a millisecond before 1970",
    "select range::integer n, make_timestamp(-1500)::timestamptz v from range(1000)",
    { v: { "<": new Date(-1) } },
    "v < make_timestamp(-1000)::timestamptz",
  ],
  [
    "days beyond the year 9999",
    "select range::integer n, date '9999-01-01' + range::integer v from range(5000)",
    { v: { ">": "9999-06-01" } },
    "v > date '9999-06-01'",
  ],
  [
    "days before Christ",
    "select range::integer n, date '0001-01-02 (BC)' + range::integer v from range(5000)",
    { v: { "<": "0001-06-01" } },
    "v < date '0001-06-01'",
  ],
  [
    "a day that is infinite",
    "select range::integer n, case when range = 7 then date 'infinity' else date '2024-02-29' end v from range(5000)",
    { v: "2024-02-29" },
    "v = date '2024-02-29'",
  ],
  [
    "a test that asks nothing",
    "select range::integer n, null::integer v from range(10)",
    { v: {} },
    "true",
  ],
  [
    "NaN among numbers",
    "select range::integer n, case when range % 3 = 0 then 'nan'::double else range::double end v from range(5000)",
    { v: { "<=": 10 } },
    "v <= 10",
  ],
])("finds by %s", async (_name, table, where, sql) => {
  await write("special_pets", table);
  try {
    const { ours, theirs } = await found("special_pets", where, sql);
    expect(ours.join()).toBe(theirs.join());
    expect(ours).not.toEqual([]);
  } finally {
    await duckdb.run("drop table special_pets");
  }
});

const instants = ["1969-12-31T23:59:59.998501Z", "2024-02-29T12:00:00.123456Z"];
const farthest = "9999-12-31T23:59:59.999999Z";

it.each(["csv", "parquet", "arrow"])(
  "finds a row of %s by the Date that it has, whatever microseconds stand in the file",
  async (format) => {
    const text = `n,at\n${[...instants, farthest].map((at, n) => `${n},${at}`).join("\n")}\n`;
    const table = await readTable(source("pets.csv", text));
    const bytes = format === "csv" ? text : await written(table, format);
    const file = source(`pets.${format}`, bytes);
    const rows = (await readTable(file)).rows() as { n: number; at: Date }[];
    expect(rows[2]!.at.toISOString()).toBe("9999-12-31T23:59:59.999Z");
    for (const row of rows) {
      const { n, at } = row;
      for (const where of [{ at }, { at: [at] }, { at: { ">=": at, "<=": at } }])
        expect((await readTable(file, { where })).rows()).toEqual([row]);
      const others = [
        { at: { "!=": at } },
        { at: { notIn: [at] } },
        [{ at: { "<": at } }, { at: { ">": at } }],
      ];
      for (const where of others)
        expect((await readTable(file, { where })).rows().map((row) => row["n"])).not.toContain(n);
    }
    for (const [n, at] of instants.entries())
      expect((await readTable(file, { where: { at } })).rows().map((row) => row["n"])).toEqual([n]);
  },
);

async function written(table: Table, format: string): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of writeTable(table, { format })) chunks.push(chunk);
  return Buffer.concat(chunks);
}
