import { type Connection, createConnection } from "mysql2";
import { expect, onTestFinished, test } from "vitest";
import { RowCollector } from "../src/row-collector.ts";
import { plansFor } from "../src/mysql/plans.ts";
import { TextRows, waysOf } from "../src/mysql/text-rows.ts";
import type { SQLConnection } from "../src/index.ts";
import { engines, urlOf } from "./servers/engines.ts";
import { connect, seed } from "./support.ts";

const url = urlOf(engines.find(({ name }) => name === "mariadb")!);

/** The same numbers for the same seed, between 0 and 1. */
function randomOf(start: number): () => number {
  let state = start >>> 0 || 1;
  return () => {
    // https://www.jstatsoft.org/article/view/v008i14
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

/** A column, and how a random cell of it is written in SQL. */
type Column = readonly [type: string, cell: (random: () => number) => string];

const integer =
  (bits: number, unsigned = false) =>
  (random: () => number): string => {
    const half = (): bigint => BigInt(Math.floor(random() * 2 ** 32));
    const value = ((half() << 32n) | half()) >> BigInt(63 - Math.floor(random() * bits));
    return String(unsigned || random() < 0.5 ? value : -value);
  };

const text =
  (most: number) =>
  (random: () => number): string => {
    const alphabet = random() < 0.8 ? ["a", "b", "'", " ", "\\", "%"] : ["é", "猫", "🐟", "\u0001"];
    const length = Math.floor(random() * random() * most);
    const letters = Array.from({ length }, () => alphabet[Math.floor(random() * alphabet.length)]!);
    return `'${letters.join("").replaceAll("\\", "\\\\").replaceAll("'", "''")}'`;
  };

const instant = (digits: number) => (random: () => number) => {
  const ms = Math.floor((1 + random() * 2_000_000_000) * 1000);
  const whole = new Date(ms).toISOString().slice(0, 19).replace("T", " ");
  return `'${whole}${digits > 0 ? `.${String(ms).padEnd(digits, "7").slice(-digits)}` : ""}'`;
};

const double = (random: () => number): string => {
  const kind = random();
  if (kind < 0.4) return (random() * 1e4).toFixed(Math.floor(random() * 8));
  if (kind < 0.5) return String(Math.floor(random() * 2 ** 53));
  if (kind < 0.6) return `-${random() * 1e-5}`;
  return `${random() < 0.5 ? "-" : ""}${random().toFixed(17)}e${Math.floor(random() * 600) - 300}`;
};

const columns: readonly Column[] = [
  ["tinyint(1)", (random) => String(Math.floor(random() * 2))],
  ["tinyint", integer(7)],
  ["smallint unsigned", integer(16, true)],
  ["mediumint", integer(23)],
  ["int", integer(31)],
  ["int unsigned", integer(32, true)],
  ["int(12) zerofill", integer(32, true)],
  ["bigint", integer(63)],
  ["bigint unsigned", integer(64, true)],
  ["year", (random) => String(1901 + Math.floor(random() * 200))],
  ["double", double],
  ["decimal(30, 5)", (random) => `${integer(63)(random)}.${Math.floor(random() * 1e5)}`],
  ["timestamp null", instant(0)],
  ["timestamp(1) null", instant(1)],
  ["timestamp(3) null", instant(3)],
  ["timestamp(6) null", instant(6)],
  ["datetime(2)", instant(2)],
  ["date", (random) => instant(0)(random).slice(0, 11).concat("'")],
  ["time", (random) => `'${Math.floor(random() * 24)}:${Math.floor(random() * 60)}:07'`],
  ["time(3)", (random) => `'${Math.floor(random() * 24)}:07:${(random() * 59).toFixed(2)}'`],
  ["varchar(20)", (random) => `'owner ${Math.floor(random() * 30)}'`],
  ["varchar(200)", text(70)],
  ["mediumtext", text(3000)],
  ["varbinary(300)", (random) => `x'${"00ff7f".repeat(Math.floor(random() * 100))}'`],
  ["enum('fish', 'cat')", (random) => (random() < 0.5 ? "'fish'" : "'cat'")],
  ["json", (random) => `'{"age": ${Math.floor(random() * 9)}, "tags": [null, "é"]}'`],
  [
    "uuid",
    (random) =>
      `'0193fa2e-7c00-4000-8000-${String(Math.floor(random() * 1e12)).padStart(12, "0")}'`,
  ],
];

/** Columns, and cells as text: as they come as text, which we read ourselves, or prepared, which the driver reads. */
async function read(conn: SQLConnection, sql: string, prepared: boolean): Promise<string[]> {
  const one = prepared ? { params: [1] } : {};
  const table = await conn.query(`${sql} having 1 = ${prepared ? "?" : "1"}`, { ttl: 0, ...one });
  const shown = (_key: string, value: unknown): unknown => {
    if (typeof value === "bigint") return `${value}n`;
    return Object.is(value, -0) ? "-0" : value;
  };
  return table.columns.flatMap((column) => [
    JSON.stringify(column),
    ...Array.from(
      table.column(column.name),
      (cell, row) => `${column.name} of ${row}: ${JSON.stringify(cell, shown)}`,
    ),
  ]);
}

/** Runs statements on a client of the driver's own. */
async function onClient(...statements: readonly string[]): Promise<Connection> {
  const client = createConnection(url);
  onTestFinished(() => client.destroy());
  for (const statement of statements) await client.promise().query(statement);
  return client;
}

test(`reads a table's text as it reads what a prepared statement gives (seed ${seed})`, async () => {
  const random = randomOf(seed);
  const conn = await connect({ url });
  const names = columns.map(([type], index) => `c${index} ${type}`);
  await conn.execute(`create table random_pets (n int primary key, ${names.join(", ")})`);
  onTestFinished(
    async () => void (await (await connect({ url })).execute("drop table random_pets")),
  );
  let n = 0;
  const statements = Array.from({ length: 20 }, () => {
    const rows = Array.from({ length: 150 }, () => {
      const cells = columns.map(([, cell]) => (random() < 0.1 ? "null" : cell(random)));
      return `(${n++}, ${cells.join(", ")})`;
    });
    return `insert ignore into random_pets values ${rows.join(", ")}`;
  });
  await onClient(...statements);
  const sql = "select * from random_pets";
  const asText = await read(conn, sql, false);
  expect(asText).toHaveLength((1 + columns.length) * (1 + 3000));
  const prepared = await read(conn, sql, true);
  expect(asText.filter((cell, index) => cell !== prepared[index])).toEqual([]);
});

test("reads long cells, no cells and no rows", async () => {
  const conn = await connect({ url });
  const long = `select repeat('é', 200) as a, repeat('x', 300) as b, repeat('猫', 30000) as c, repeat('y', 3000000) as d,
    '' as e, null as f, 1.5e0 as g, -0e0 as h, unhex('00ff') as i`;
  const asText = await read(conn, long, false);
  for (const cell of [
    `a of 0: "${"é".repeat(200)}"`,
    `b of 0: "${"x".repeat(300)}"`,
    `c of 0: "${"猫".repeat(30_000)}"`,
    `d of 0: "${"y".repeat(3_000_000)}"`,
    'e of 0: ""',
    "f of 0: null",
    "g of 0: 1.5",
  ])
    expect(asText.includes(cell), cell.slice(0, 20)).toBe(true);
  expect(asText).toEqual(await read(conn, long, true));
  const none = "select 1 as id, 'fish' as pet, true as fed, now() as born from dual where false";
  const empty = await read(conn, none, false);
  expect(empty).toHaveLength(4);
  expect(empty).toEqual(await read(conn, none, true));
});

test("leaves to the driver what it reads better", async () => {
  const conn = await connect({ url });
  const sql = "select 1 as id, b'101' as bits, point(1, 2) as place, null as none";
  const table = await conn.query(sql, { ttl: 0 });
  expect(table.at(0)).toMatchObject({ id: 1, none: null, place: { x: 1, y: 2 } });
  await using session = await conn.session();
  await session.execute("set character_set_results = latin1");
  expect((await session.query("select 'é' as pet")).rows()).toEqual([{ pet: "é" }]);
});

test.each(["latin1", "utf8mb3", "cp1251", "ucs2", "binary", "utf8mb4_bin"])(
  "loses no text where the url asks for %s",
  async (charset) => {
    const conn = await connect({ url: `${url}?charset=${charset}` });
    const pet = "ü€漢😀";
    expect((await conn.query(`select '${pet}' as pet`)).rows()).toEqual([{ pet }]);
    expect((await conn.query("select ? as pet", { params: [pet] })).rows()).toEqual([{ pet }]);
  },
);

test("reads the same where a version of the driver does not ask for our reader", async () => {
  const conn = await connect({ url });
  const sql = "select seq as n, concat('pet ', seq % 7) as pet from seq_1_to_3000";
  const ours = (await conn.query(sql, { ttl: 0 })).rows();
  const client = await onClient();
  const query = Object.getPrototypeOf(client.query("select 1", () => {})) as {
    fieldsEOF: unknown;
    row: unknown;
  };
  const { fieldsEOF, row } = query;
  onTestFinished(() => void (query.fieldsEOF = fieldsEOF));
  let asked = 0;
  query.fieldsEOF = () => {
    asked++;
    return row;
  };
  expect((await conn.query(sql, { ttl: 0 })).rows()).toEqual(ours);
  expect(asked).toBeGreaterThan(0);
  expect(ours).toHaveLength(3000);
});

test("refuses a row that has other cells than there are columns", () => {
  const field = { name: "id", columnType: 3, columnLength: 11, characterSet: 63, decimals: 0 };
  const rows = new TextRows(waysOf([field])!, () => {});
  const packet = (...bytes: number[]) => ({
    buffer: Buffer.from(bytes),
    offset: 0,
    end: bytes.length,
  });
  expect(() => rows.add(packet(1, 0x37, 1, 0x38))).toThrow(RangeError);
  expect(() => rows.add(packet(9, 0x37))).toThrow(RangeError);
  expect(rows).toHaveLength(0);
  rows.add(packet(1, 0x37));
  const table = new RowCollector(plansFor("select id", [field]), Infinity, rows).finish({});
  expect(table.rows()).toEqual([{ id: 7 }]);
});
