import { describe, expect, it, onTestFinished } from "vitest";
import type { DuckDBConnection } from "../src/index.ts";
import { collectUntil, open } from "./support.ts";

async function withPets(): Promise<DuckDBConnection> {
  const conn = await open();
  onTestFinished(() => conn.close());
  await conn.execute("create table pets (owner text, pet text)");
  return conn;
}

const count = async (conn: DuckDBConnection): Promise<unknown> =>
  (await conn.query("select count(*) n from pets", { ttl: 0 })).rows()[0]!["n"];

const endless = "select count(*) from range(10000000000) a, range(1000000) b";

describe("a session", () => {
  it("commits what it is told to, and rolls back the rest", async () => {
    const conn = await withPets();
    {
      await using session = await conn.session();
      await session.execute("insert into pets values (:owner, :pet)", {
        owner: "jerry",
        pet: "fish",
      });
      expect(await count(conn)).toBe(0);
      await session.commit();
      expect(await count(conn)).toBe(1);
      await session.execute("insert into pets values ('alex', 'puppy')");
      await session.rollback();
      await session.execute("insert into pets values ('barbara', 'cat')");
      expect((await session.sql`select owner from pets`).length).toBe(2);
    }
    expect(await count(conn)).toBe(1);
  });

  it("drops cached results with its commit", async () => {
    const conn = await withPets();
    await conn.query("from pets");
    await conn.transaction((session) =>
      session.execute("insert into pets values ('jerry', 'fish')"),
    );
    expect((await conn.query("from pets")).length).toBe(1);
  });

  it("keeps temporary tables and settings to itself", async () => {
    const conn = await withPets();
    await using session = await conn.session();
    await session.execute("create temp table guests (name text)");
    await session.execute("set search_path = 'temp'");
    expect((await session.query("from guests")).length).toBe(0);
    await expect(conn.query("from guests")).rejects.toMatchObject({ code: "CONN_QUERY" });
  });

  it("takes its calls one after the other", async () => {
    const conn = await withPets();
    await using session = await conn.session();
    const results = await Promise.all(
      [1, 2, 3, 4].map((id) =>
        session.query("select ? as id, * from range(100000)", { params: [id] }),
      ),
    );
    expect(results.map((table) => [table.length, table.at(0)!["id"]])).toEqual(
      [1, 2, 3, 4].map((id) => [100_000, id]),
    );
  });

  it("only reads where it was asked to", async () => {
    const conn = await withPets();
    await using session = await conn.session({ readOnly: true });
    await expect(session.execute("insert into pets values ('a', 'b')")).rejects.toMatchObject({
      code: "CONN_READ_ONLY",
    });
    expect((await session.query("from pets")).length).toBe(0);
  });

  it.each(["begin", "commit", "rollback", "begin transaction read only"])(
    "refuses the statement %s, as the connection does",
    async (statement) => {
      const conn = await withPets();
      await using session = await conn.session();
      const code = "CONN_UNSUPPORTED";
      await expect(session.execute(statement)).rejects.toMatchObject({ code });
      await expect(conn.execute(statement)).rejects.toMatchObject({ code });
    },
  );

  it("refuses calls after its end", async () => {
    const conn = await withPets();
    const session = await conn.session();
    await session[Symbol.asyncDispose]();
    await session[Symbol.asyncDispose]();
    await expect(session.query("from pets")).rejects.toMatchObject({ code: "CONN_CLOSED" });
    await expect(session.commit()).rejects.toMatchObject({ code: "CONN_CLOSED" });
  });

  it("is interrupted and rolled back when its signal is aborted", async () => {
    const conn = await withPets();
    const controller = new AbortController();
    const session = await conn.session({ signal: controller.signal });
    await session.execute("insert into pets values ('jerry', 'fish')");
    const slow = session.query(endless);
    setTimeout(() => controller.abort(), 50);
    await expect(slow).rejects.toMatchObject({ code: "CONN_ABORTED" });
    await expect(session.commit()).rejects.toMatchObject({ code: "CONN_ABORTED" });
    expect(await count(conn)).toBe(0);
  });

  it("says what to do after a statement of it failed", async () => {
    const conn = await withPets();
    await using session = await conn.session();
    await session.execute("insert into pets values ('jerry', 'fish')");
    await expect(session.query("select 1 + 'fish'::int")).rejects.toMatchObject({
      code: "CONN_QUERY",
    });
    await expect(session.query("from pets")).rejects.toMatchObject({
      hint: expect.stringContaining("rollback") as string,
    });
    await session.rollback();
    expect((await session.query("from pets")).length).toBe(0);
  });

  it("is ended with a warning where it was dropped, and does not hold up the close", async () => {
    const conn = await open();
    const warned = new Promise<Error & { code?: string }>((resolve) => {
      process.once("warning", resolve);
    });
    await (async () => {
      await conn.session();
    })();
    expect((await collectUntil(warned)).code).toBe("CONN_SESSION_LEAKED");
    await conn.close();
  });
});

describe("a transaction", () => {
  it("gives back what its function does, and rolls back when it throws", async () => {
    const conn = await withPets();
    const insert = "insert into pets values ('jerry', 'fish') returning pet";
    const done = await conn.transaction(async (session) =>
      (await session.execute(insert)).rows.rows(),
    );
    expect(done).toEqual([{ pet: "fish" }]);
    const failing = conn.transaction(async (session) => {
      await session.execute(insert);
      throw new Error("no");
    });
    await expect(failing).rejects.toThrow("no");
    expect(await count(conn)).toBe(1);
  });

  it("runs again where another one wrote the same row", async () => {
    const conn = await withPets();
    await conn.execute("create table counts (n integer)");
    await conn.execute("insert into counts values (0)");
    let runs = 0;
    await conn.transaction(async (session) => {
      const n = (await session.query("from counts")).at(0)!["n"] as number;
      if (runs++ === 0) await conn.execute("update counts set n = n + 10");
      await session.execute("update counts set n = ?", [n + 1]);
    });
    expect(runs).toBe(2);
    expect((await conn.query("from counts")).rows()).toEqual([{ n: 11 }]);
  });

  it("gives up after its attempts", async () => {
    const conn = await withPets();
    await conn.execute("create table counts as select 0 as n");
    let runs = 0;
    const losing = conn.transaction(
      async (session) => {
        runs++;
        await session.query("from counts");
        await conn.execute("update counts set n = n + 10");
        await session.execute("update counts set n = 1");
      },
      { attempts: 2 },
    );
    await expect(losing).rejects.toMatchObject({ code: "CONN_QUERY" });
    expect(runs).toBe(2);
  });
});
