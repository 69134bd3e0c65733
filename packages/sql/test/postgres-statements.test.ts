import pg from "pg";
import { expect, onTestFinished, test, vi } from "vitest";
import type { SQLConnection } from "../src/index.ts";
import { engines, urlOf } from "./servers/engines.ts";
import { startPgBouncer } from "./servers/pgbouncer.ts";
import { connect, failure } from "./support.ts";

const url = urlOf(engines[0]!);

/** Its one connection tells which statements it keeps. */
const open = (more: object = {}): Promise<SQLConnection> => connect({ url, poolSize: 1, ...more });

async function kept(conn: SQLConnection, text: string): Promise<string[]> {
  const sql = "select name from pg_prepared_statements where statement = ? order by name";
  // A limit keeps this one itself without a name.
  const table = await conn.query<{ name: string }>(sql, { params: [text], ttl: 0, maxRows: 9 });
  return table.rows().map(({ name }) => name);
}

test("keeps a statement that comes again, and gives the same result of every type", async () => {
  const conn = await open();
  const sql = `select $1::int as id, 'fish' as pet, 1.5::float8 as weight, true as fed, 1.50::numeric as price,
    9007199254740993 as big, timestamptz '2024-03-31 02:30Z' as born, date '2024-03-31' as day, '{"a": 1}'::jsonb as tag,
    array[1, null] as list, null as none, interval '1 day' as age, '\\x00ff'::bytea as bytes, 1 as "id"`;
  const read = async (id: number): Promise<string> => {
    const table = await conn.query(sql, { params: [id], ttl: 0 });
    return JSON.stringify([table.columns, table.rows()], (_key, value: unknown) =>
      typeof value === "bigint" ? `${value}n` : value,
    );
  };
  const first = await read(7);
  expect(await kept(conn, sql)).toEqual([]);
  expect(await read(7)).toBe(first);
  expect(await kept(conn, sql)).toHaveLength(1);
  expect(await read(7)).toBe(first);
  expect(await read(8)).toBe(first.replace('"id":7', '"id":8'));
  expect(await kept(conn, sql)).toHaveLength(1);
});

test("reads the columns that a table has by now", async () => {
  const conn = await open();
  await conn.execute("create table if not exists changing_pets (pet text)");
  onTestFinished(
    async () =>
      void (await connect({ url }).then((own) => own.execute("drop table changing_pets"))),
  );
  await conn.execute("insert into changing_pets values ('fish')");
  const sql = "select * from changing_pets";
  const read = async (): Promise<unknown[]> => (await conn.query(sql, { ttl: 0 })).rows();
  for (let round = 0; round < 3; round++) expect(await read()).toEqual([{ pet: "fish" }]);
  expect(await kept(conn, sql)).toHaveLength(1);
  const other = await connect({ url });
  await other.execute("alter table changing_pets add column owner text default 'jerry'");
  for (let round = 0; round < 3; round++)
    expect(await read()).toEqual([{ pet: "fish", owner: "jerry" }]);
  await other.execute("alter table changing_pets alter column pet type char(5)");
  expect(await read()).toEqual([{ pet: "fish ", owner: "jerry" }]);
});

test("goes on where the server has forgotten it", async () => {
  const conn = await open();
  const sql = "select 1 as n";
  const read = async (): Promise<unknown> => (await conn.query(sql, { ttl: 0 })).at(0);
  for (let round = 0; round < 3; round++) await read();
  expect(await kept(conn, sql)).toHaveLength(1);
  // Whoever has settings taken back has taken all names away.
  await conn.execute("set statement_timeout = 1000");
  for (let round = 0; round < 3; round++) expect(await read()).toEqual({ n: 1 });
  expect(await kept(conn, sql)).toHaveLength(1);
  const runner = (await conn.dataSource()).createQueryRunner();
  await runner.query("deallocate all");
  await runner.release();
  for (let round = 0; round < 3; round++) expect(await read()).toEqual({ n: 1 });
});

test("keeps what fails under no name, and says why it failed as ever", async () => {
  const conn = await open();
  const sql = "select 1 / $1::int as n";
  const read = (by: number): Promise<unknown> => conn.query(sql, { params: [by], ttl: 0 });
  for (let round = 0; round < 3; round++)
    expect((await failure(read(0))).message).toContain("division by zero");
  for (let round = 0; round < 3; round++) await read(1);
  await conn.query("select 2 as n", { ttl: 0 });
  await conn.query("select 2 as n", { ttl: 0 });
  expect(await kept(conn, sql)).toEqual([]);
  // One that failed later on keeps its name.
  const other = "select 2 / $1::int as n";
  const readOther = (by: number): Promise<unknown> => conn.query(other, { params: [by], ttl: 0 });
  for (let round = 0; round < 3; round++) await readOther(1);
  expect((await failure(readOther(0))).message).toContain("division by zero");
  await readOther(1);
  expect(await kept(conn, other)).toHaveLength(1);
});

test("keeps a limited number of statements", async () => {
  const conn = await open();
  for (let round = 0; round < 2; round++)
    for (let n = 0; n < 300; n++) await conn.query(`select ${n} as n`, { ttl: 0 });
  // In this order each is forgotten before it comes again.
  const count = "select count(*) as n from pg_prepared_statements";
  const kept = async (): Promise<unknown> =>
    (await conn.query(count, { ttl: 0, maxRows: 1 })).at(0);
  expect(await kept()).toEqual({ n: 0 });
  for (let n = 0; n < 300; n++)
    for (let round = 0; round < 3; round++) await conn.query(`select ${n} as n`, { ttl: 0 });
  expect((await kept()) as { n: number }).toEqual({ n: 256 });
});

test("gives no name that another process may give", async () => {
  const nameOf = async (): Promise<string | undefined> => {
    vi.resetModules();
    const { PreparedStatements } = await import("../src/postgres/prepared.ts");
    const statements = new PreparedStatements();
    statements.named("select 1");
    return statements.named("select 1")?.name;
  };
  const [first, second] = [await nameOf(), await nameOf()];
  expect(first).toMatch(/^conn_[0-9a-f]{32}_1$/);
  expect(second).toMatch(/^conn_[0-9a-f]{32}_1$/);
  expect(second).not.toBe(first);
});

test("reads through a pooler that gives each statement another server", async () => {
  await using bouncer = await startPgBouncer(url);
  const conn = await open({ url: bouncer.url });
  const read = async (id: number): Promise<unknown> =>
    (
      await conn.query("select $1::int as id, pg_backend_pid() as server", { params: [id], ttl: 0 })
    ).at(0);
  const seen = new Set<unknown>();
  for (let round = 0; round < 20; round++) {
    // Whoever is in a transaction has the server that was free until now.
    const other = new pg.Client(bouncer.url);
    await other.connect();
    if (round % 2 === 0) await other.query("begin; select 1");
    const row = (await read(round)) as { id: number; server: number };
    expect(row.id).toBe(round);
    seen.add(row.server);
    await other.end();
  }
  expect(seen.size).toBeGreaterThan(1);
});

test("stops a statement on the server behind a pooler", async () => {
  await using bouncer = await startPgBouncer(url);
  const conn = await open({ url: bouncer.url });
  const sql = "select pg_sleep(60) as behind_a_pooler";
  expect((await failure(conn.query(sql, { ttl: 0, timeout: 0.3 }))).code).toBe("CONN_TIMEOUT");
  const straight = await connect({ url });
  const running = "select 1 from pg_stat_activity where query = ? and state = 'active'";
  const seen = (): Promise<{ length: number }> =>
    straight.query(running, { params: [sql], ttl: 0 });
  await expect.poll(async () => (await seen()).length).toBe(0);
});

test("takes what libpq's urls say behind the question mark", async () => {
  const options = encodeURIComponent("-c search_path=pg_catalog");
  const conn = await connect({
    url: `${url}?channel_binding=require&target_session_attrs=read-write&gssencmode=disable&options=${options}&work_mem=7MB`,
  });
  const settings =
    "select current_setting('search_path') as path, current_setting('work_mem') as mem";
  expect((await conn.query(settings)).rows()).toEqual([{ path: "pg_catalog", mem: "7MB" }]);
  const foreign = await connect({ url: `${url}?pgbouncer=true` });
  expect(await failure(foreign.query("select 1"))).toMatchObject({
    message: expect.stringContaining("pgbouncer") as string,
    hint: expect.stringContaining("leave out") as string,
  });
});

test("says what a pooler has against the settings of a session", async () => {
  await using bouncer = await startPgBouncer(url);
  const conn = await connect({ url: bouncer.url, statementTimeout: 1 });
  expect(await failure(conn.query("select 1"))).toMatchObject({
    code: "CONN_OPEN",
    hint: expect.stringContaining("statementTimeout") as string,
  });
});
