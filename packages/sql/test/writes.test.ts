import { describe, expect, test } from "vitest";
import { type SQLConnection, sql } from "../src/index.ts";
import { connect, drivers, failure, temporaryFile } from "./support.ts";

describe.each(drivers())("what a write tells, through $name", ({ driver }) => {
  const setUp = [
    "create table pets (id integer primary key, name text unique)",
    "create table codes (code text primary key, n int) without rowid",
    "create table toys (id integer primary key, name text)",
    "insert into pets (name) values ('rex')",
    "insert into toys values (1, 'ball')",
  ];
  // In order: each sees what those before it did.
  const cases: readonly [string, number, number | undefined][] = [
    ["insert into pets (name) values ('tom')", 1, 2],
    [
      "insert into pets (name) values ('rex') on conflict (name) do update set name = 'fido'",
      1,
      undefined,
    ],
    ["insert into pets (name) values ('tom') on conflict do nothing", 0, undefined],
    ["insert or ignore into pets (name) values ('tom')", 0, undefined],
    ["insert into codes values ('a', 1)", 1, undefined],
    ["with x as (select * from pets) select * from x", 2, undefined],
    [
      "with x as (select 1 as i) update pets set name = name || i from x where id = i",
      1,
      undefined,
    ],
    ["with x as (select 'ball' as name) insert into toys (name) select name from x", 1, 2],
    ["replace into toys values (1, 'bone')", 1, 1],
    ["insert into toys (name) values ('rope') returning id, name", 1, 3],
    ["delete from toys", 3, undefined],
    ["create table more (n int)", 0, undefined],
  ];

  async function prepare(): Promise<SQLConnection> {
    const conn = await connect({ url: "sqlite://", driver });
    for (const statement of setUp) await conn.execute(statement);
    return conn;
  }

  const told = ({ rowCount, lastId }: { rowCount: number; lastId?: number | bigint }): unknown => [
    rowCount,
    lastId,
  ];

  test("is what that statement did", async () => {
    const conn = await prepare();
    for (const [statement, rowCount, lastId] of cases)
      expect(told(await conn.execute(statement)), statement).toEqual([rowCount, lastId]);
  });

  test("is the same in a session, and after one that was rolled back", async () => {
    const conn = await prepare();
    {
      await using session = await conn.session();
      for (const [statement, rowCount, lastId] of cases)
        expect(told(await session.execute(statement)), statement).toEqual([rowCount, lastId]);
    }
    expect(told(await conn.execute(cases[0]![0]))).toEqual([1, 2]);
  });

  test("a write that fails but keeps rows drops cached results", async () => {
    const conn = await prepare();
    const count = "select count(*) as n from pets";
    expect((await conn.query(count)).at(0)).toEqual({ n: 1 });
    const statement = "insert or fail into pets (name) values ('tom'), ('rex')";
    expect(await failure(conn.execute(statement))).toMatchObject({ code: "CONN_QUERY" });
    expect((await conn.query(count)).at(0)).toEqual({ n: 2 });
    await conn.execute("delete from pets where name = 'tom'");
    expect((await conn.query(count)).at(0)).toEqual({ n: 1 });
    await failure((await conn.client()).query(statement));
    expect((await conn.query(count)).at(0)).toEqual({ n: 2 });
  });
});

async function first<T>(stream: AsyncGenerator<T>): Promise<T> {
  for await (const batch of stream) return batch;
  throw new Error("The stream is empty.");
}

describe("parameters are taken at the call", () => {
  const read = "select ? as value";

  test.each([
    ["an array", [1], (params: number[]) => (params[0] = 2)],
    ["bytes", [Buffer.from("a")], ([bytes]: Buffer[]) => bytes!.write("b")],
    ["a date", [new Date(0)], ([date]: Date[]) => date!.setTime(1)],
  ] as const)("%s", async (_name, params, change) => {
    const conn = await connect();
    await conn.execute("create table kept (value)");
    const before = structuredClone<readonly unknown[]>(params);
    const calls = [
      conn.query(read, { params }),
      first(conn.stream(read, { params })),
      conn.execute("insert into kept values (?)", params),
    ] as const;
    change(params as never);
    const [table, batch] = await Promise.all(calls);
    const expected = (await conn.query(read, { params: before, ttl: 0 })).rows();
    expect(table.rows()).toEqual(expected);
    expect(batch.rows()).toEqual(expected);
    expect((await conn.query("select value from kept")).rows()).toEqual(expected);
    expect((await conn.query(read, { params: before })).rows()).toEqual(expected);
    expect((await conn.query(read, { params })).rows()).not.toEqual(expected);
  });

  test("in a session, and of a fragment", async () => {
    const conn = await connect();
    const bytes = Buffer.from("a");
    await using session = await conn.session();
    const calls = [
      session.query(read, { params: [bytes] }),
      session.query(sql`select ${bytes} as value`),
    ];
    bytes.write("b");
    for (const table of await Promise.all(calls))
      expect(table.at(0)).toEqual({ value: new Uint8Array([97]) });
  });
});

test("a decimal beyond the digits that SQLite keeps is not given for exact", async () => {
  const conn = await connect({ database: await temporaryFile() });
  await conn.execute("create table prices (price decimal(20, 2))");
  await conn.execute("insert into prices values (1234567890123456.25)");
  expect((await conn.query("select price from prices")).at(0)).toEqual({
    price: Number("1234567890123456.25"),
  });
});
