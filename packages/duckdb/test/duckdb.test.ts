import { expect, it } from "vitest";
import { file, open } from "./support.ts";

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

it.each([
  ["a folder that is not there", { database: "/no/such/folder/pets.db" }, "Correct the path"],
  ["no file to read", { database: "/no/pets.db", readOnly: true }, "Correct the path"],
  ["MotherDuck without a token", { database: "md:pets" }, "MOTHERDUCK_TOKEN"],
  ["a setting that DuckDB has not", { settings: { thread: 2 } }, "duckdb_settings()"],
])("says what is wrong with %s", async (_, config, hint) => {
  await using conn = await open(config);
  await expect(conn.query("select 1")).rejects.toMatchObject({
    code: "CONN_OPEN",
    hint: expect.stringContaining(hint) as string,
  });
});

it("takes numbers and truth values as settings", async () => {
  await using conn = await open({ settings: { threads: 1, preserve_insertion_order: false } });
  const [row] = (await conn.query("select current_setting('threads') as threads")).rows();
  expect(row).toEqual({ threads: 1 });
});

it("suggests the table that was meant", async () => {
  await using conn = await open();
  await conn.execute("create table pet_owners (name text)");
  await expect(conn.query("from pet_owner")).rejects.toMatchObject({
    hint: expect.stringContaining("pet_owners") as string,
  });
  await expect(conn.query("select nam from pet_owners")).rejects.toMatchObject({
    hint: expect.stringContaining("name") as string,
  });
});

it.each([
  ["create table t as select i from range(3) t(i)", 3, 0],
  ["insert into pets values ('fish'), ('cat')", 2, 0],
  ["insert into pets values ('fish'), ('cat') returning name", 2, 2],
  ["update pets set name = 'dog'", 1, 0],
  ["delete from pets returning *", 1, 1],
  ["create table other (i int)", 0, 0],
  ["set threads = 1", 0, 0],
  ["describe pets", 1, 1],
])("counts what %s changes or gives back", async (statement, count, given) => {
  await using conn = await open();
  await conn.execute("create table pets (name text)");
  await conn.execute("insert into pets values ('puppy')");
  const { rowCount, rows } = await conn.execute(statement);
  expect([rowCount, rows.length]).toEqual([count, given]);
});

it("says where a path begins, and which column has a date that is none", async () => {
  await using conn = await open();
  await expect(conn.query("from 'no_such_pets.parquet'")).rejects.toMatchObject({
    hint: expect.stringContaining("process.cwd()") as string,
  });
  const rows = [{ born: new Date(NaN) }];
  await expect(conn.register("pets", rows)).rejects.toMatchObject({
    code: "CONN_ARGUMENT",
    message: expect.stringContaining("born") as string,
  });
});
