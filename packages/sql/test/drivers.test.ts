import { beforeEach, describe, expect, test } from "vitest";
import { sql, type SQLConnection } from "../src/index.ts";
import { connect, drivers, failure, openBeside, temporaryFile } from "./support.ts";

const databases = drivers().flatMap(({ name, driver }) => [
  { name: `${name}, a file`, driver, file: true },
  { name: `${name}, in memory`, driver, file: false },
]);

describe.each(databases)("$name", ({ driver, file }) => {
  let conn: SQLConnection;
  beforeEach(async () => {
    const database = file ? await temporaryFile() : ":memory:";
    conn = await connect({ database, lockTimeout: 1, ...(driver ? { driver } : {}) });
    await conn.execute(
      "create table pet_owners (id integer primary key, person text not null unique, pet text)",
    );
    await conn.execute(
      "insert into pet_owners (person, pet) values ('jerry', 'fish'), ('barbara', 'cat'), ('alex', 'puppy')",
    );
  });

  test("queries rows into a typed table", async () => {
    const table = await conn.query<{ id: number; person: string; pet: string }>(
      "select * from pet_owners order by id",
    );
    expect(table.columns).toEqual([
      { name: "id", type: "integer", nullable: false },
      { name: "person", type: "string", nullable: false },
      { name: "pet", type: "string", nullable: false },
    ]);
    expect(table.rows()[2]).toEqual({ id: 3, person: "alex", pet: "puppy" });
  });

  test("knows the columns of an empty result", async () => {
    const table = await conn.query("select person, 1 as one from pet_owners where id < 0");
    expect(table.columns.map(({ name }) => name)).toEqual(["person", "one"]);
    expect(table.length).toBe(0);
  });

  test("takes parameters by position, by name and in templates", async () => {
    const byPosition = await conn.query(
      "select person from pet_owners where pet = ? and id in (?)",
      { params: ["cat", [1, 2, 3]] },
    );
    const byName = await conn.query(
      "select person from pet_owners where pet = :pet and id in :ids",
      { params: { pet: "cat", ids: [2] } },
    );
    const byTemplate =
      await conn.sql`select person from ${sql.identifier("pet_owners")} where pet = ${"cat"}`;
    for (const table of [byPosition, byName, byTemplate])
      expect(table.rows()).toEqual([{ person: "barbara" }]);
  });

  test("matches nothing in an empty list, and everything outside of it", async () => {
    expect(
      (await conn.query("select * from pet_owners where id in (?)", { params: [[]] })).length,
    ).toBe(0);
    expect(
      (await conn.query("select * from pet_owners where id not in :ids", { params: { ids: [] } }))
        .length,
    ).toBe(3);
    expect((await conn.sql`select * from pet_owners where id in ${[]}`).length).toBe(0);
  });

  test.each([
    "'; DROP TABLE pet_owners;--",
    "\\' OR 1=1",
    "\u{bf27}' or 1=1",
    "? :name $1 @p",
    "a\nb",
    "😀",
    "",
  ])("stores the text %o as it is", async (text) => {
    await conn.execute("update pet_owners set pet = :pet where id = 1", { pet: text });
    expect(
      (await conn.query("select pet from pet_owners where pet = ?", { params: [text] })).rows(),
    ).toEqual([{ pet: text }]);
    expect((await conn.query("select count(*) as n from pet_owners")).at(0)).toEqual({ n: 3 });
  });

  test("stores text with a NUL whole, or refuses it", async () => {
    const text = "a\0b";
    const error = await conn.execute("update pet_owners set pet = ?", [text]).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    // Drivers that would cut it off are those that refuse it.
    if (error !== undefined) expect(error).toMatchObject({ code: "CONN_PARAMS" });
    const expected = error === undefined ? text : "fish";
    expect((await conn.query("select pet from pet_owners where id = 1")).at(0)).toEqual({
      pet: expected,
    });
  });

  test("stores values so that each comes back without loss", async () => {
    await conn.execute(
      "create table things (i integer, r real, t text, b blob, anything, flag boolean, at datetime, day date, data json, price decimal(10, 2))",
    );
    const at = new Date("2024-02-29T12:34:56.789Z");
    await conn.execute(
      "insert into things values (:i, :r, :t, :b, :anything, :flag, :at, :day, :data, :price)",
      {
        i: 2n ** 63n - 1n,
        r: 0.1,
        t: "text",
        b: Buffer.from([0, 255]),
        anything: 1,
        flag: true,
        at,
        day: "2024-02-29",
        data: { pets: ["fish", null] },
        price: 12.5,
      },
    );
    await conn.execute("insert into things (i, r, flag) values (?, ?, ?)", [
      -(2n ** 63n),
      -0,
      false,
    ]);
    const table = await conn.query("select *, typeof(anything) as kind from things");
    expect(Object.fromEntries(table.columns.map(({ name, type }) => [name, type]))).toEqual({
      i: "integer",
      r: "float",
      t: "string",
      b: "bytes",
      anything: "integer",
      flag: "boolean",
      at: "timestamp",
      day: "date",
      data: "json",
      price: "decimal",
      kind: "string",
    });
    expect(table.at(0)).toEqual({
      i: 2n ** 63n - 1n,
      r: 0.1,
      t: "text",
      b: new Uint8Array([0, 255]),
      anything: 1,
      flag: true,
      at,
      day: "2024-02-29",
      data: { pets: ["fish", null] },
      price: "12.50",
      kind: "integer",
    });
    expect(table.at(1)).toMatchObject({
      i: -(2n ** 63n),
      flag: false,
      t: null,
      b: null,
      at: null,
      data: null,
      price: null,
    });
  });

  test("keeps what SQLite stored where it contradicts the declaration", async () => {
    await conn.execute(
      "create table odd (flag boolean, at timestamp, data json, price decimal(5, 1), day date, n integer)",
    );
    const values = [1, "2024-01-01 00:00:00", '{"a": 1}', 1.5, "2024-01-01", 1];
    for (let row = 0; row < 600; row++)
      await conn.execute("insert into odd values (?, ?, ?, ?, ?, ?)", values);
    await conn.execute(
      "insert into odd values (2, 'soon', 'not json', 0.30000000000000004, '2024-13-01', 'text')",
    );
    const table = await conn.query("select * from odd order by rowid");
    expect(table.rows().map((row) => Object.values(row))[0]).toEqual(values);
    expect(table.at(600)).toEqual({
      flag: 2,
      at: "soon",
      data: "not json",
      price: 0.30000000000000004,
      day: "2024-13-01",
      n: "text",
    });
  }, 20_000);

  test("keeps numbers in JSON and times that a Date cannot hold", async () => {
    await conn.execute("create table exact (data json, at timestamp)");
    await conn.execute(
      "insert into exact values ('{\"id\": 9007199254740993}', '2024-01-01 00:00:00.123456')",
    );
    expect((await conn.query("select * from exact")).at(0)).toEqual({
      data: '{"id": 9007199254740993}',
      at: "2024-01-01 00:00:00.123456",
    });
  });

  test("reads integers beyond 2^53 exactly, beside numbers as large", async () => {
    const table = await conn.query(
      "select 9007199254740993 as big, 1e300 as wide, 9007199254740991 as safe union all select 1, 0.5, 2",
    );
    expect(table.rows()).toEqual([
      { big: 9007199254740993n, wide: 1e300, safe: 9007199254740991 },
      { big: 1n, wide: 0.5, safe: 2 },
    ]);
  });

  test("keeps columns of the same name, and one called __proto__", async () => {
    const table = await conn.query("select 1 as id, 2 as id, 3 as __proto__, 4 as constructor");
    expect(table.columns.map(({ name }) => name)).toEqual([
      "id",
      "id_2",
      "__proto__",
      "constructor",
    ]);
    expect(Object.entries(table.at(0)!)).toEqual([
      ["id", 1],
      ["id_2", 2],
      ["__proto__", 3],
      ["constructor", 4],
    ]);
    expect(Object.getPrototypeOf(table.at(0))).toBe(Object.prototype);
  });

  test("binds whole numbers as integers", async () => {
    expect(
      (
        await conn.query("select typeof(?) as a, typeof(?) as b, typeof(?) as c", {
          params: [7, 0.5, true],
        })
      ).at(0),
    ).toEqual({ a: "integer", b: "real", c: "integer" });
  });

  test("takes as many parameters as SQLite does", async () => {
    const ids = Array.from({ length: 32_766 }, (_, index) => index);
    expect(
      (
        await conn.query("select count(*) as n from pet_owners where id in (?)", { params: [ids] })
      ).at(0),
    ).toEqual({ n: 3 });
    expect(
      await failure(conn.query("select 1 where 1 in (?)", { params: [[...ids, 1]] })),
    ).toMatchObject({ code: "CONN_PARAMS" });
  });

  test.each([
    "delete from pet_owners",
    "with d as (select 1) delete from pet_owners",
    "insert into pet_owners (person) values ('x') returning id",
    "drop table pet_owners",
    "create table x (y)",
    "pragma user_version = 7",
    "vacuum",
    "begin",
    "attach ':memory:' as other",
    "update pet_owners set pet = null",
  ])("refuses %o in query, before it runs", async (statement) => {
    const error = await failure(conn.query(statement));
    expect(error.code).toBe("CONN_READ_ONLY");
    expect(error.hint).toContain("execute");
    expect((await conn.query("select count(pet) as n from pet_owners", { ttl: 0 })).at(0)).toEqual({
      n: 3,
    });
    expect((await conn.query("pragma user_version", { ttl: 0 })).at(0)).toEqual({
      user_version: 0,
    });
  });

  test("refuses several statements rather than run the first", async () => {
    for (const call of [
      conn.query("select 1; drop table pet_owners"),
      conn.execute("delete from pet_owners; select 1"),
      conn.execute(" -- "),
    ]) {
      expect(await failure(call)).toMatchObject({ code: "CONN_QUERY" });
    }
    expect((await conn.query("select count(*) as n from pet_owners")).at(0)).toEqual({ n: 3 });
  });

  test("executes, telling counts and ids, and returns rows where there are any", async () => {
    expect(
      await conn.execute("insert into pet_owners (person) values (?)", ["somebody"]),
    ).toMatchObject({ rowCount: 1, lastId: 4 });
    const updated = await conn.execute("update pet_owners set pet = 'dog' where id > 2");
    expect(updated).toMatchObject({ rowCount: 2 });
    expect(updated).not.toHaveProperty("lastId");
    const inserted = await conn.execute<{ id: number }>(
      "insert into pet_owners (id, person) values (9007199254740993, 'x'), (5, 'y') returning id",
    );
    expect(inserted.rows.rows()).toEqual([{ id: 9007199254740993n }, { id: 5n }]);
    expect(inserted.rowCount).toBe(2);
    expect(await conn.execute("create table empty (x)")).toMatchObject({ rowCount: 0 });
    expect((await conn.execute("select * from pet_owners")).rows.length).toBe(6);
    expect((await conn.query("select count(*) as n from pet_owners")).at(0)).toEqual({ n: 6 });
  });

  test("drops its cached results when it writes", async () => {
    const count = "select count(*) as n from pet_owners";
    expect((await conn.query(count)).meta.cached).toBe(false);
    expect((await conn.query(count)).meta.cached).toBe(true);
    await conn.execute("insert into pet_owners (person) values ('somebody')");
    expect((await conn.query(count)).at(0)).toEqual({ n: 4 });
    await conn.transaction((session) =>
      session.execute("insert into pet_owners (person) values ('anybody')"),
    );
    expect((await conn.query(count)).at(0)).toEqual({ n: 5 });
    await (await conn.manager()).query("insert into pet_owners (person) values ('fritz')");
    expect((await conn.query(count)).at(0)).toEqual({ n: 6 });
  });

  test("streams in batches, and stops when the loop is left", async () => {
    const numbers =
      "with recursive n(i) as (values (1) union all select i + 1 from n limit 25) select i from n";
    const sizes: number[] = [];
    for await (const batch of conn.stream(numbers, { batchSize: 10 })) sizes.push(batch.length);
    expect(sizes).toEqual([10, 10, 5]);
    for await (const batch of conn.stream(numbers, { batchSize: 10 })) {
      expect(batch.at(0)).toEqual({ i: 1 });
      // What is read must not keep what writes waiting.
      await conn.execute("update pet_owners set pet = 'snake' where id = 1");
      break;
    }
    expect((await conn.query("select pet from pet_owners where id = 1")).at(0)).toEqual({
      pet: "snake",
    });
  });

  test("stops at maxRows and says so", async () => {
    const table = await conn.query("select * from pet_owners", { maxRows: 2 });
    expect(table.length).toBe(2);
    expect(table.meta.truncated).toBe(true);
    expect(
      (await conn.query("select * from pet_owners", { maxRows: 3 })).meta.truncated,
    ).toBeUndefined();
  });

  test("ends a long read when its signal is aborted, and lets the event loop run meanwhile", async () => {
    const controller = new AbortController();
    const endless =
      "with recursive n(i) as (values (1) union all select i + 1 from n) select i from n";
    setTimeout(() => controller.abort(), 30);
    expect(await failure(conn.query(endless, { signal: controller.signal }))).toMatchObject({
      code: "CONN_ABORTED",
    });
    expect(await failure(conn.query(endless, { timeout: 0.03 }))).toMatchObject({
      code: "CONN_TIMEOUT",
    });
    expect((await conn.query("select 1 as one")).at(0)).toEqual({ one: 1 });
  });

  test("a session sees its own writes and loses them without a commit", async () => {
    {
      await using session = await conn.session();
      await session.execute("delete from pet_owners");
      expect((await session.query("select count(*) as n from pet_owners")).at(0)).toEqual({ n: 0 });
    }
    expect((await conn.query("select count(*) as n from pet_owners")).at(0)).toEqual({ n: 3 });
    {
      await using session = await conn.session();
      await session.execute("delete from pet_owners where id = 1");
      await session.rollback();
      await session.execute("delete from pet_owners where id = 2");
      await session.commit();
      await session.execute("delete from pet_owners where id = 3");
    }
    expect((await conn.query("select id from pet_owners order by id")).rows()).toEqual([
      { id: 1 },
      { id: 3 },
    ]);
  });

  test("a session refuses BEGIN, COMMIT and a write through query, and ends once", async () => {
    const session = await conn.session();
    expect(await failure(session.execute("commit"))).toMatchObject({ code: "CONN_UNSUPPORTED" });
    expect(await failure(session.query("delete from pet_owners"))).toMatchObject({
      code: "CONN_READ_ONLY",
    });
    await session[Symbol.asyncDispose]();
    await session[Symbol.asyncDispose]();
    expect(await failure(session.query("select 1"))).toMatchObject({ code: "CONN_CLOSED" });
    expect(await failure(conn.execute("begin"))).toMatchObject({ code: "CONN_UNSUPPORTED" });
  });

  test("a transaction commits what its function did, or nothing of it", async () => {
    const id = await conn.transaction(
      async (session) =>
        (await session.execute("insert into pet_owners (person) values ('somebody')")).lastId,
    );
    expect(id).toBe(4);
    const error = await failure(
      conn.transaction(async (session) => {
        await session.execute("delete from pet_owners");
        throw new Error("no");
      }),
    );
    expect(error.message).toBe("no");
    expect((await conn.query("select count(*) as n from pet_owners")).at(0)).toEqual({ n: 4 });
  });

  test("says what to do about calls that would wait for their own transaction", async () => {
    const error = await failure(conn.transaction(() => conn.execute("delete from pet_owners")));
    expect(error).toMatchObject({ code: "CONN_ARGUMENT" });
    await using session = await conn.session();
    expect(await failure(conn.execute("delete from pet_owners"))).toMatchObject({
      code: "CONN_POOL_TIMEOUT",
      message: expect.stringMatching(/a session opened at .*drivers\.test/) as string,
    });
    expect((await session.query("select count(*) as n from pet_owners")).at(0)).toEqual({ n: 3 });
  });

  test("a failed query leaves nothing behind, however often", async () => {
    for (let attempt = 0; attempt < 30; attempt++)
      expect((await failure(conn.query("select * from nothing"))).code).toBe("CONN_QUERY");
    expect((await conn.query("select count(*) as n from pet_owners")).at(0)).toEqual({ n: 3 });
  });

  test("names SQLite's reason, the statement and what was meant", async () => {
    expect((await failure(conn.query("select *\nfrom pet_owner"))).message).toBe(
      "pet_db.query failed: no such table: pet_owner (SQLITE_ERROR)\n  in: select * …\n  Did you mean pet_owners?",
    );
    expect((await failure(conn.query("select persn from pet_owners"))).hint).toBe(
      "Did you mean person?",
    );
    const unique = await failure(
      conn.execute("insert into pet_owners (person) values (:person)", { person: "jerry" }),
    );
    expect(unique).toMatchObject({
      code: "CONN_QUERY",
      message: expect.stringContaining("SQLITE_CONSTRAINT_UNIQUE") as string,
    });
    expect(unique.message).not.toContain("jerry");
  });

  test("lists tables with their columns", async () => {
    await conn.execute("create view cats as select person from pet_owners where pet = 'cat'");
    expect(await conn.browse()).toEqual([
      {
        name: "cats",
        kind: "view",
        path: ["cats"],
        columns: [{ name: "person", type: "string", nullable: true }],
      },
      {
        name: "pet_owners",
        kind: "table",
        path: ["pet_owners"],
        columns: [
          { name: "id", type: "integer", nullable: false, primaryKey: 1 },
          { name: "person", type: "string", nullable: false },
          { name: "pet", type: "string", nullable: true },
        ],
      },
    ]);
    await conn.execute(
      "create table food (day date, owner text references pet_owners, grams int, primary key (owner, day))",
    );
    const food = (await conn.browse()).find(({ name }) => name === "food");
    expect(food?.columns).toMatchObject([
      { name: "day", primaryKey: 2 },
      { name: "owner", primaryKey: 1, references: ["pet_owners", "id"] },
      { name: "grams", nullable: true },
    ]);
    expect((await conn.browse(["cats"])).map(({ path }) => path)).toEqual([["cats", "person"]]);
    expect(await failure(conn.browse(["dogs"]))).toMatchObject({ code: "CONN_ARGUMENT" });
  });

  test("checks itself, and opens again after a reset", async () => {
    expect(await conn.check()).toMatchObject({
      ok: true,
      stages: [{ name: "open" }, { name: "ping" }],
    });
    await conn.reset();
    expect((await conn.query("select 1 as one")).at(0)).toEqual({ one: 1 });
  });
});

test("a file of another program is read as it is, and not changed by reading", async () => {
  const path = await temporaryFile();
  const other = openBeside(path);
  other.exec("create table pets (name text); insert into pets values ('rex')");
  const conn = await connect({ url: `sqlite:///${path}` });
  expect((await conn.query("select name from pets")).rows()).toEqual([{ name: "rex" }]);
  expect(other.prepare("pragma journal_mode").get()).toEqual({ journal_mode: "delete" });
  other.close();
});

test("waits for another process's transaction without stopping this one", async () => {
  const path = await temporaryFile();
  const conn = await connect({ url: `sqlite:///${path}`, lockTimeout: 5 });
  await conn.execute("create table pets (name text)");
  const other = openBeside(path);
  other.exec("begin immediate; insert into pets values ('theirs')");
  const writing = conn.execute("insert into pets values ('ours')");
  expect((await conn.query("select count(*) as n from pets")).at(0)).toEqual({ n: 0 });
  await new Promise((resolve) => setTimeout(resolve, 50));
  other.exec("commit");
  await writing;
  expect((await conn.query("select count(*) as n from pets")).at(0)).toEqual({ n: 2 });
  other.exec("begin immediate");
  const busy = await failure(
    (await connect({ url: `sqlite:///${path}`, lockTimeout: 0.05 })).execute("delete from pets"),
  );
  expect(busy).toMatchObject({
    code: "CONN_QUERY",
    message: expect.stringContaining("SQLITE_BUSY") as string,
    hint: expect.stringContaining("lockTimeout") as string,
  });
  other.close();
});

test("a transaction runs again when the engine says that it was busy", async () => {
  const conn = await connect();
  let runs = 0;
  const result = await conn.transaction(() => {
    runs++;
    if (runs < 3) throw Object.assign(new Error("database is locked"), { code: "SQLITE_BUSY" });
    return runs;
  });
  expect(result).toBe(3);
});
