import { describe, expect, test, vi } from "vitest";
import { until } from "./servers/server.ts";
import { engines, urlOf } from "./servers/engines.ts";
import { connect, failure } from "./support.ts";

describe.each(engines)("the pool of $name", (engine) => {
  const open = (settings: object = {}): ReturnType<typeof connect> =>
    connect({ url: urlOf(engine), ...settings });
  const idOf = async (conn: Awaited<ReturnType<typeof open>>): Promise<unknown> =>
    (await conn.query<{ id: unknown }>(engine.ownId, { ttl: 0 })).at(0)?.id;

  test("shows its numbers", async () => {
    const conn = await open({ poolSize: 2 });
    expect(conn.pool).toBeUndefined();
    await conn.query("select 1 as n");
    expect(conn.pool).toEqual({ size: 2, open: 1, busy: 0, waiting: 0 });
    const first = await conn.session();
    const second = await conn.session();
    expect(conn.pool).toEqual({ size: 2, open: 2, busy: 2, waiting: 0 });
    const third = conn.query("select 2 as n");
    await until(() => conn.pool?.waiting === 1);
    await first[Symbol.asyncDispose]();
    await third;
    await second[Symbol.asyncDispose]();
    expect(conn.pool).toEqual({ size: 2, open: 2, busy: 0, waiting: 0 });
    await conn.close();
    expect(conn.pool).toBeUndefined();
  });

  test("counts the connections of TypeORM's query runners", async () => {
    const conn = await open();
    const runner = (await conn.dataSource()).createQueryRunner();
    // On SQL Server only a transaction holds a connection.
    await (engine.name === "mssql" ? runner.startTransaction() : runner.connect());
    expect(conn.pool).toMatchObject({ open: 1, busy: 1 });
    if (runner.isTransactionActive) await runner.rollbackTransaction();
    await runner.release();
    expect(conn.pool).toMatchObject({ open: 1, busy: 0 });
  });

  test("closes a connection that nobody uses", async () => {
    const conn = await open({ idleTimeout: 0.05 });
    const id = await idOf(conn);
    await until(() => conn.pool?.open === 0);
    expect(await idOf(conn)).not.toBe(id);
  });

  test("replaces a connection that has lived its time, once it is free", async () => {
    const conn = await open({ maxLifetime: 0.05 });
    const session = await conn.session();
    const id = (await session.query(engine.ownId)).at(0)?.["id"];
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect((await session.query(engine.ownId)).at(0)?.["id"]).toBe(id);
    await session[Symbol.asyncDispose]();
    await until(() => conn.pool?.open === 0);
    expect(await idOf(conn)).not.toBe(id);
  });

  test("keeps a connection that is neither old nor idle", async () => {
    const conn = await open();
    expect(await idOf(conn)).toBe(await idOf(conn));
  });

  test("warns of a session that stays open, with its place, once", async () => {
    const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    try {
      const conn = await open({ sessionWarning: 0.05 });
      await using session = await conn.session();
      await until(() => warn.mock.calls.length > 0);
      await session.query("select 1 as n");
      expect(warn.mock.calls).toEqual([
        [
          expect.stringMatching(/pet_db is still open after 0.05 s.*pool\.test\.ts:/) as string,
          expect.objectContaining({ code: "CONN_SESSION_LEAKED" }) as object,
        ],
      ]);
    } finally {
      warn.mockRestore();
    }
  });

  test("ends a statement on the server after `statementTimeout`, before and after a session", async () => {
    const conn = await open({ statementTimeout: 0.1, poolSize: 1 });
    for (let round = 0; round < 2; round++) {
      const error = await failure(conn.query(engine.sleep, { ttl: 0 }));
      expect(error).toMatchObject({ code: "CONN_TIMEOUT" });
      await using session = await conn.session();
      expect((await session.query("select 1 as n")).length).toBe(1);
    }
  });
});
