import { connection, Table } from "@conn/core";
import { SQLConnection } from "@conn/sql";
import { describe, expect, it } from "vitest";
import { collectUntil, file, open } from "./support.ts";

const pets = [
  { owner: "jerry", pet: "fish" },
  { owner: "barbara", pet: "cat" },
];

describe("tables of other connections", () => {
  it("join in one statement, from SQLite and from rows", async () => {
    await using lite = await connection("pet_db", {
      type: SQLConnection,
      config: { url: "sqlite:///:memory:" },
    });
    await lite.execute("create table owners (owner text, age integer)");
    await lite.execute("insert into owners values ('jerry', 42), ('barbara', 57), ('alex', 9)");
    const owners = await lite.query("select * from owners");
    await using conn = await open();
    await conn.register("pets", pets);
    const joined = await conn.sql`
      select o.owner, o.age, p.pet from ${conn.from(owners)} o join pets p using (owner) where age > ${50}`;
    expect(joined.rows()).toEqual([{ owner: "barbara", age: 57, pet: "cat" }]);
  });

  it("keep their types and values", async () => {
    const source = Table.fromArrays(
      [
        [
          1,
          2n ** 60n,
          0.5,
          true,
          "12.50",
          "2024-02-29",
          "01:02:03",
          "2024-01-02T03:04:05.000006",
          new Date(1e12),
          new Uint8Array([0, 255]),
          { a: [1] },
          "zoë 🐟",
        ],
        [],
      ],
      [
        { name: "i", type: "integer" },
        { name: "big", type: "integer" },
        { name: "f", type: "float" },
        { name: "b", type: "boolean" },
        { name: "d", type: "decimal" },
        { name: "day", type: "date" },
        { name: "time", type: "time" },
        { name: "wall", type: "datetime" },
        { name: "at", type: "timestamp" },
        { name: "bytes", type: "bytes" },
        { name: "json", type: "json" },
        { name: 'te"xt', type: "string" },
      ],
    );
    await using conn = await open();
    await conn.register("source", source);
    const copy = await conn.query("from source");
    expect(copy.rows()).toEqual(source.rows());
    expect(copy.columns.map(({ type }) => type)).toEqual(source.columns.map(({ type }) => type));
  });

  it("keep texts that their type does not fit", async () => {
    const source = Table.fromArrays(
      [
        ["the day after", "1e3"],
        ["2024-01-02", "12"],
      ],
      [
        { name: "day", type: "date" },
        { name: "d", type: "decimal" },
      ],
    );
    await using conn = await open();
    expect((await conn.sql`from ${conn.from(source)}`).rows()).toEqual(source.rows());
  });

  it("are replaced under their name, with results that were cached", async () => {
    await using conn = await open();
    await conn.register("pets", pets);
    expect((await conn.query("from pets")).length).toBe(2);
    await conn.register("pets", [{ owner: "alex" }]);
    expect((await conn.query("from pets")).rows()).toEqual([{ owner: "alex" }]);
    expect(conn.unregister("pets")).toBe(true);
    await expect(conn.query("from pets")).rejects.toMatchObject({ code: "CONN_QUERY" });
  });

  it("stay registered through a reset", async () => {
    await using conn = await open({ database: file() });
    await conn.register("pets", pets);
    await conn.reset();
    expect((await conn.query("from pets")).length).toBe(2);
  });

  it("write nothing to the database, and reach one that is read-only", async () => {
    const database = file();
    const writer = await open({ database });
    await writer.execute("create table owners as select 'jerry' as owner");
    await writer.register("visitors", pets);
    expect((await writer.query("from owners join visitors using (owner)")).length).toBe(1);
    await writer.close();
    await using conn = await open({ database, readOnly: true });
    expect((await conn.browse()).map(({ name }) => name)).toEqual(["owners"]);
    expect((await conn.sql`from owners join ${conn.from(pets)} using (owner)`).length).toBe(1);
  });

  it("are told apart between connections that share a file", async () => {
    const database = file();
    await using one = await open({ database });
    await using two = await open({ database });
    await one.register("pets", pets);
    await two.register("pets", [{ owner: "alex" }]);
    expect((await one.query("from pets")).length).toBe(2);
    expect((await two.query("from pets")).length).toBe(1);
    await one.close();
    expect((await two.query("from pets", { ttl: 0 })).length).toBe(1);
  });

  it("are seen by sessions and streams, whenever they were made", async () => {
    await using conn = await open();
    await conn.execute("create table homes (owner text)");
    await conn.transaction(async (session) => {
      await session.execute("insert into homes values ('alex')");
      const added = await session.execute(
        conn.sql`insert into homes select owner from ${conn.from(pets)}`,
      );
      expect(added.rowCount).toBe(2);
    });
    let rows = 0;
    for await (const batch of conn.stream(
      conn.sql`from homes join ${conn.from(pets)} using (owner)`,
    ))
      rows += batch.length;
    expect(rows).toBe(2);
  });

  it.each([
    ["a name that the database has", "pets", pets],
    ["no name", "", pets],
    ["something else than rows", "visitors", "jerry" as never],
    ["rows without a column", "visitors", []],
  ])("are refused with %s", async (_, name, rows) => {
    await using conn = await open();
    await conn.execute("create table Pets (name text)");
    await expect(conn.register(name, rows)).rejects.toMatchObject({ code: "CONN_ARGUMENT" });
    expect((await conn.query("from pets")).length).toBe(0);
  });
});

it("a table that DuckDB cannot take fails its own statements alone", async () => {
  await using conn = await open();
  const doubled = Table.fromArrays([[1, 2]], ["a", "A"]);
  await expect(conn.register("doubled", doubled)).rejects.toMatchObject({ code: "CONN_QUERY" });
  await expect(conn.sql`from ${conn.from(doubled)}`).rejects.toMatchObject({ code: "CONN_QUERY" });
  await conn.register("pets", pets);
  await expect(conn.register("pets", doubled)).rejects.toMatchObject({ code: "CONN_QUERY" });
  expect((await conn.query("from pets")).length).toBe(2);
});

it("a copy goes when its table is garbage", async () => {
  await using conn = await open();
  const once = async (): Promise<unknown> =>
    (await conn.sql`select count(*) n from ${conn.from([{ a: 1 }])}`).at(0)!["n"];
  expect(await once()).toBe(1);
  const copies = async (): Promise<number> =>
    (await conn.query("from duckdb_tables() where table_name like 'conn_table_%'", { ttl: 0 }))
      .length;
  const none = async (): Promise<void> => {
    while ((await copies()) > 0) await new Promise((resolve) => setTimeout(resolve, 10));
  };
  await collectUntil(none());
  expect(await copies()).toBe(0);
});

describe("append", () => {
  it("adds many rows, columns matched by name", async () => {
    await using conn = await open();
    await conn.execute(
      "create table pets (id integer, name text default 'nameless', born date, weight decimal(9, 2))",
    );
    const rows = Array.from({ length: 10_000 }, (_, id) => ({
      weight: id / 4,
      id,
      born: id % 2 ? "2024-02-29" : null,
    }));
    expect(await conn.append("pets", rows)).toBe(10_000);
    const [last] = (await conn.query("from pets where id = 9999")).rows();
    expect(last).toEqual({ id: 9999, name: "nameless", born: "2024-02-29", weight: "2499.75" });
    expect((await conn.query("select count(*) n, count(born) b from pets")).rows()).toEqual([
      { n: 10_000, b: 5000 },
    ]);
  });

  it("adds all rows or none", async () => {
    await using conn = await open();
    await conn.execute("create table pets (name text not null)");
    await expect(conn.append("pets", [{ name: "fish" }, { name: null }])).rejects.toMatchObject({
      code: "CONN_QUERY",
    });
    await expect(conn.append("pets", [{ shoe: 1 }])).rejects.toMatchObject({ code: "CONN_QUERY" });
    await expect(conn.append("dragons", pets)).rejects.toMatchObject({ code: "CONN_QUERY" });
    expect((await conn.query("from pets")).length).toBe(0);
  });

  it("reaches a schema, and is part of a session's transaction", async () => {
    await using conn = await open();
    await conn.execute("create schema home");
    await conn.execute("create table home.pets (owner text, pet text)");
    expect(await conn.append("home.pets", pets)).toBe(2);
    const failing = conn.transaction(async (session) => {
      await session.append("home.pets", pets);
      throw new Error("no");
    });
    await expect(failing).rejects.toThrow("no");
    expect((await conn.query("from home.pets", { ttl: 0 })).length).toBe(2);
  });
});

describe("files", () => {
  it.each(["parquet", "csv", "json"])("read and write %s by path", async (format) => {
    const path = file(`pets.${format}`);
    await using conn = await open();
    await conn.register("pets", pets);
    const written = await conn.execute(`copy (from pets order by owner) to '${path}'`);
    expect(written.rowCount).toBe(2);
    const read = await conn.query(`select * from '${path}' where pet = :pet`, {
      params: { pet: "fish" },
    });
    expect(read.rows()).toEqual([{ owner: "jerry", pet: "fish" }]);
    expect((await conn.query(`from read_${format}(?)`, { params: [path] })).length).toBe(2);
  });

  it("name the file that is missing", async () => {
    await using conn = await open();
    await expect(conn.query("from 'no such file.csv'")).rejects.toThrow("no such file.csv");
  });
});
