import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { file, open } from "./support.ts";

const secret = file("secret.txt");
await writeFile(secret, "the cat sleeps");
const database = file();
const writer = await open({ database });
await writer.execute("create table pets as select 'fish' as pet");
await writer.execute("create sequence ids");
await writer.close();
const target = file("stolen.csv");
const other = file("other.db");

describe.each([
  ["a file", { database, readOnly: true }],
  ["a database in memory", { readOnly: true }],
])("a read-only connection to %s", (_, config) => {
  it.each([
    "select 1; select 2",
    "select 1; drop table pets",
    "create table t (i int)",
    "create temp table t (i int)",
    "insert into pets values ('cat')",
    "update pets set pet = 'cat'",
    "delete from pets",
    "drop table pets",
    "truncate pets",
    "\ufeff/* a */ (delete from pets)",
    "with d as (delete from pets returning *) select * from d",
    "explain analyze delete from pets",
    "explain analyze select 1",
    "select 1; --\rdrop table pets; select 2",
    "select --\r nextval('s') --\n",
    "from json_execute_serialized_sql(json_serialize_sql('select 1'))",
    `copy (select 1) to '${target}'`,
    `copy pets from '${secret}'`,
    `export database '${target}'`,
    "import database '/tmp'",
    "install httpfs",
    "load httpfs",
    "set enable_external_access = true",
    "set lock_configuration = false",
    "reset enable_external_access",
    "pragma enable_profiling",
    `attach '${other}' as other`,
    "attach ':memory:' as other",
    "detach memory",
    "use memory",
    "call enable_logging()",
    "begin",
    "commit",
    "prepare p as select 1",
    "execute p",
    "vacuum",
    "checkpoint",
    "create secret (type s3, key_id 'a', secret 'b')",
    "create macro f() as 1",
    `select * from read_text('${secret}')`,
    `select * from read_csv('${secret}')`,
    `select * from '${secret}'`,
    `select * from glob('${secret}')`,
    `select * from read_blob('${secret}')`,
    `select * from query('select * from read_text(''${secret}'')')`,
    "select * from 'https://example.com/pets.csv'",
    "select * from enable_logging()",
    'select * from "enable_logging" ()',
    "select write_log('x')",
    "select * from checkpoint()",
    "select * from force_checkpoint('pets')",
    "select nextval('ids')",
  ])("refuses %s", async (statement) => {
    await using conn = await open(config);
    const code = expect.stringMatching(/^CONN_(READ_ONLY|QUERY|UNSUPPORTED)$/) as string;
    await expect(conn.query(statement, { ttl: 0 })).rejects.toMatchObject({ code });
    await expect(conn.execute(statement)).rejects.toMatchObject({ code });
    await expect(conn.stream(statement).next()).rejects.toMatchObject({ code });
    await using session = await conn.session();
    await expect(session.execute(statement)).rejects.toMatchObject({ code });
    expect([target, other].filter((path) => existsSync(path))).toEqual([]);
  });

  it("refuses to append", async () => {
    await using conn = await open(config);
    const code = "CONN_READ_ONLY";
    await expect(conn.append("pets", [{ pet: "cat" }])).rejects.toMatchObject({ code });
    await using session = await conn.session();
    await expect(session.append("pets", [{ pet: "cat" }])).rejects.toMatchObject({ code });
  });

  it("is not opened up by its settings", async () => {
    await using conn = await open({
      ...config,
      settings: { enable_external_access: true, lock_configuration: false },
    });
    const reading = conn.query(`select * from read_text('${secret}')`);
    await expect(reading).rejects.toMatchObject({ code: "CONN_READ_ONLY" });
  });

  it("stops what takes too long or too much", async () => {
    await using conn = await open(config);
    const endless = conn.query("select count(*) from range(1000000000000)", { timeout: 0.1 });
    await expect(endless).rejects.toMatchObject({ code: "CONN_TIMEOUT" });
    const much = await conn.query("select * from range(1000000)", { maxRows: 10 });
    expect([much.length, much.meta.truncated]).toEqual([10, true]);
  });
});

it("leaves the database as it was", async () => {
  await using conn = await open({ database, readOnly: true });
  expect((await conn.query("from pets")).rows()).toEqual([{ pet: "fish" }]);
});

describe("a read-only session of a connection that writes", () => {
  it.each([
    "select * from checkpoint()",
    "select * from enable_logging()",
    "select write_log('x')",
    "select * from query('select 1')",
    "insert into pets values ('cat')",
    `copy (select 1) to '${target}'`,
    "create temp table t (i int)",
    "set threads = 1",
    "select nextval('ids')",
  ])("refuses %s", async (statement) => {
    await using conn = await open({ database });
    await using session = await conn.session({ readOnly: true });
    const code = "CONN_READ_ONLY";
    await expect(session.query(statement)).rejects.toMatchObject({ code });
    await expect(session.execute(statement)).rejects.toMatchObject({ code });
    expect(existsSync(target)).toBe(false);
  });

  it("reads no file where the database has no access to any, and still writes itself", async () => {
    const settings = { enable_external_access: false, lock_configuration: true };
    await using conn = await open({ database: file(), settings });
    await conn.execute("create table pets as select 'fish' as pet");
    await conn.register("owners", [{ owner: "jerry", pet: "fish" }]);
    await using session = await conn.session({ readOnly: true });
    const owners = await session.query("select owner from owners join pets using (pet)");
    expect(owners.rows()).toEqual([{ owner: "jerry" }]);
    for (const reading of [session.query.bind(session), conn.query.bind(conn)])
      await expect(reading(`select * from read_text('${secret}')`)).rejects.toMatchObject({
        code: "CONN_READ_ONLY",
      });
  });
});

it("a session of a read-only connection is never one that writes", async () => {
  await using conn = await open({ database, readOnly: true });
  await using session = await conn.session({ readOnly: false });
  await expect(session.query("select * from checkpoint()")).rejects.toMatchObject({
    code: "CONN_READ_ONLY",
  });
});
