import { type Connection, createConnection } from "mysql2";
import { expect, onTestFinished, test } from "vitest";
import { RowCollector } from "../src/row-collector.ts";
import { Answers } from "../src/mysql/answers.ts";
import { BinaryRows, binaryWay } from "../src/mysql/binary-rows.ts";
import { TextRows, textWay } from "../src/mysql/text-rows.ts";
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

/** Columns with cells that do not fit into their type: the whole column is as the server sends it. */
const breaking: readonly Column[] = [
  [
    "time(2)",
    (random) => `'${Math.floor(random() * 1676) - 838}:07:${(random() * 59).toFixed(1)}'`,
  ],
  ["tinyint(1)", (random) => String(random() < 0.99 ? 1 : Math.floor(random() * 256) - 128)],
  ["tinyint(1) unsigned", (random) => String(random() < 0.99 ? 1 : Math.floor(random() * 256))],
  ["datetime(1) default 0", (random) => (random() < 0.01 ? "'0000-00-00'" : instant(1)(random))],
  ["timestamp(2) default 0", (random) => (random() < 0.01 ? "'0000-00-00'" : instant(2)(random))],
  ["date default 0", (random) => (random() < 0.01 ? "'2020-00-00'" : "'2020-02-29'")],
];

/** Columns, and cells as text: as they come as text, or prepared. */
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

type Step = (...args: unknown[]) => unknown;

/** The same as the driver reads it: as one does that has members by other names, and does not ask us. */
async function readByDriver(
  conn: SQLConnection,
  sql: string,
  prepared: boolean,
): Promise<string[]> {
  const client = await onClient();
  const commands = [client.query("select 1", () => {}), client.execute("select 1", () => {})];
  const own = commands.map(
    (command) => Object.getPrototypeOf(command) as { resultsetHeader: Step; readField: Step },
  );
  const headers = own.map(({ resultsetHeader }) => resultsetHeader);
  let taken = 0;
  for (const [index, command] of own.entries()) {
    command.resultsetHeader = function (this: { readField: Step }, ...args: unknown[]) {
      const next = headers[index]!.apply(this, args);
      if (next !== this.readField || next === command.readField) return next;
      taken++;
      return command.readField;
    };
  }
  try {
    return await read(conn, sql, prepared);
  } finally {
    for (const [index, command] of own.entries()) command.resultsetHeader = headers[index]!;
    expect(taken).toBeGreaterThan(0);
  }
}

/**
 * Reads a statement in all ways, which have to give the same. The driver's text is not among them where
 * columns fit their types: it reads floats inexactly. Where they do not, it leaves out zeros of seconds
 * in what is prepared.
 */
async function readAlike(conn: SQLConnection, sql: string, fits = true): Promise<string[]> {
  const byDriver = await readByDriver(conn, sql, fits);
  const others = {
    text: await read(conn, sql, false),
    "text, its columns known": await read(conn, sql, false),
    prepared: await read(conn, sql, true),
    "prepared, its columns known": await read(conn, sql, true),
  };
  for (const [way, cells] of Object.entries(others)) {
    const differing = cells.filter((cell, index) => cell !== byDriver[index]);
    expect({ way, length: cells.length, differing }).toEqual({
      way,
      length: byDriver.length,
      differing: [],
    });
  }
  return byDriver;
}

/** Runs statements on a client of the driver's own. */
async function onClient(...statements: readonly string[]): Promise<Connection> {
  const client = createConnection(url);
  onTestFinished(() => client.destroy());
  for (const statement of statements) await client.promise().query(statement);
  return client;
}

test.each([
  ["a table", "random_pets", columns],
  ["columns that break their type", "random_misfits", breaking],
] as const)(`reads %s as the driver does (seed ${seed})`, async (_what, name, kinds) => {
  const random = randomOf(seed);
  const conn = await connect({ url });
  const names = kinds.map(([type], index) => `c${index} ${type}`);
  await onClient(`create table ${name} (n int primary key, ${names.join(", ")})`);
  onTestFinished(async () => void (await onClient(`drop table ${name}`)));
  let n = 0;
  const statements = Array.from({ length: 20 }, () => {
    const rows = Array.from({ length: 150 }, () => {
      const cells = kinds.map(([, cell]) => (random() < 0.1 ? "null" : cell(random)));
      return `(${n++}, ${cells.join(", ")})`;
    });
    return `insert ignore into ${name} values ${rows.join(", ")}`;
  });
  await onClient(...statements);
  const cells = await readAlike(conn, `select * from ${name}`, kinds !== breaking);
  expect(cells).toHaveLength((1 + kinds.length) * (1 + 3000));
  const found = new Set(
    (await conn.query(`select * from ${name}`)).columns.map(({ type }) => type),
  );
  if (kinds === breaking) expect([...found].sort()).toEqual(["integer", "string"]);
  else expect(found.size).toBeGreaterThan(10);
});

test("reads the ends of all integers", async () => {
  const conn = await connect({ url });
  const kinds = [
    ["tinyint", 8],
    ["smallint", 16],
    ["mediumint", 24],
    ["int", 32],
    ["bigint", 64],
  ] as const;
  const ends = kinds.flatMap(([kind, bits]) => [
    [kind, -(2n ** BigInt(bits - 1)), 2n ** BigInt(bits - 1) - 1n] as const,
    [`${kind} unsigned`, 0n, 2n ** BigInt(bits) - 1n] as const,
  ]);
  await onClient(
    `create table integer_ends (${ends.map(([kind], index) => `c${index} ${kind}`).join(", ")})`,
    `insert into integer_ends values (${ends.map(([, least]) => least).join(", ")})`,
    `insert into integer_ends values (${ends.map(([, , most]) => most).join(", ")})`,
  );
  onTestFinished(async () => void (await onClient("drop table integer_ends")));
  const cells = await readAlike(conn, "select * from integer_ends");
  for (const [index, [, least, most]] of ends.entries()) {
    const shown = (value: bigint): string =>
      Number.isSafeInteger(Number(least)) && Number.isSafeInteger(Number(most))
        ? String(value)
        : `"${value}n"`;
    expect(cells).toContain(`c${index} of 0: ${shown(least)}`);
    expect(cells).toContain(`c${index} of 1: ${shown(most)}`);
  }
});

test("reads what a statement's columns are now, whatever they were before", async () => {
  const conn = await connect({ url });
  await onClient("create table changing (id int, pet varchar(20), age int)");
  onTestFinished(async () => void (await onClient("drop table changing")));
  await onClient("insert into changing values (1, '7', 3)");
  const sql = "select * from changing";
  const rows = async (): Promise<unknown[]> => {
    const both = [
      await conn.query(sql, { ttl: 0 }),
      await conn.query(`${sql} where id = ?`, { params: [1], ttl: 0 }),
    ];
    expect(both[0]!.columns).toEqual(both[1]!.columns);
    expect(both[0]!.rows()).toEqual(both[1]!.rows());
    return both[0]!.rows();
  };
  for (let times = 0; times < 3; times++)
    expect(await rows()).toEqual([{ id: 1, pet: "7", age: 3 }]);
  // The first column is as before, and so are its bytes.
  await onClient("alter table changing modify pet int");
  for (let times = 0; times < 3; times++) expect(await rows()).toEqual([{ id: 1, pet: 7, age: 3 }]);
  await onClient("alter table changing change age years bigint unsigned");
  for (let times = 0; times < 3; times++)
    expect(await rows()).toEqual([{ id: 1, pet: 7, years: 3 }]);
  await onClient("alter table changing drop pet, add bits bit(3) default b'101'");
  for (let times = 0; times < 3; times++)
    expect(await rows()).toEqual([{ id: 1, years: 3, bits: Uint8Array.of(5) }]);
  await onClient("alter table changing drop bits");
  for (let times = 0; times < 3; times++) expect(await rows()).toEqual([{ id: 1, years: 3 }]);
});

test("reads columns in the character set that each connection asks for", async () => {
  const conn = await connect({ url });
  await using session = await conn.session();
  await session.execute("set character_set_results = latin1");
  for (let times = 0; times < 3; times++) {
    for (const reader of [conn, session]) {
      const table = await reader.query("select 'é' as pet, 'ü' as owner", { ttl: 0 });
      expect(table.rows()).toEqual([{ pet: "é", owner: "ü" }]);
    }
  }
});

test("reads the first of a procedure's answers", async () => {
  const conn = await connect({ url });
  await onClient(
    "create procedure two_answers(n int) begin select n as id, 'fish' as pet; select 2 as second; end",
  );
  onTestFinished(async () => void (await onClient("drop procedure two_answers")));
  for (let times = 0; times < 3; times++) {
    const { rows } = await conn.execute("call two_answers(?)", [7]);
    expect(rows.rows()).toEqual([{ id: 7, pet: "fish" }]);
    expect((await conn.execute("call two_answers(8)")).rows.rows()).toEqual([
      { id: 8, pet: "fish" },
    ]);
  }
});

test("reads long cells, no cells and no rows", async () => {
  const conn = await connect({ url });
  const long = `select repeat('é', 200) as a, repeat('x', 300) as b, repeat('猫', 30000) as c, repeat('y', 3000000) as d,
    '' as e, null as f, 1.5e0 as g, -0e0 as h, unhex('00ff') as i`;
  const cells = await readAlike(conn, long);
  for (const cell of [
    `a of 0: "${"é".repeat(200)}"`,
    `b of 0: "${"x".repeat(300)}"`,
    `c of 0: "${"猫".repeat(30_000)}"`,
    `d of 0: "${"y".repeat(3_000_000)}"`,
    'e of 0: ""',
    "f of 0: null",
    "g of 0: 1.5",
  ])
    expect(cells.includes(cell), cell.slice(0, 20)).toBe(true);
  const none = "select 1 as id, 'fish' as pet, true as fed, now() as born from dual where false";
  expect(await readAlike(conn, none)).toHaveLength(4);
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

test.each([
  ["text", new Answers(textWay, TextRows), [1, 0x37]],
  ["a prepared statement's answer", new Answers(binaryWay, BinaryRows), [0, 0, 7, 0, 0, 0]],
])("refuses a row of %s that has other cells than there are columns", (_of, answers, row) => {
  const field = { name: "id", columnType: 3, columnLength: 11, characterSet: 63, decimals: 0 };
  const { plans, ways } = answers.columnsOf([field]);
  const rows = answers.rowsOf(ways!, () => {});
  const packet = (bytes: readonly number[]) => ({
    buffer: Buffer.from(bytes),
    offset: 0,
    end: bytes.length,
    isEOF: () => false,
  });
  expect(() => rows.add(packet([...row, 1]))).toThrow(RangeError);
  expect(() => rows.add(packet(row.slice(0, -1)))).toThrow(RangeError);
  expect(rows).toHaveLength(0);
  rows.add(packet(row));
  expect(new RowCollector(plans, Infinity, rows).finish({}).rows()).toEqual([{ id: 7 }]);
});
