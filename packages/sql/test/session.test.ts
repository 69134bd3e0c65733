import { setTimeout as pause } from "node:timers/promises";
import { configure } from "@conn/core";
import { describe, expect, onTestFinished, test } from "vitest";
import type { SQLConnection } from "../src/index.ts";
import { connect, drivers, failure, openBeside, temporaryFile } from "./support.ts";

async function pets(settings: object): Promise<SQLConnection> {
  const conn = await connect({ lockTimeout: 0.3, ...settings });
  await conn.execute("create table pets (name text primary key)");
  return conn;
}

async function names(conn: SQLConnection): Promise<unknown[]> {
  const table = await conn.query<{ name: string }>("select name from pets order by name", {
    ttl: 0,
  });
  return table.rows().map(({ name }) => name);
}

const insert = "insert into pets values ('rex')";

describe.each(drivers())("a session's entity manager through $name", ({ driver }) => {
  const open = (): Promise<SQLConnection> => pets({ url: "sqlite://", driver });

  test("begins another transaction after a commit and after a rollback", async () => {
    const conn = await open();
    {
      await using session = await conn.session();
      await session.commit();
      await session.manager.query(insert);
      await session.rollback();
      await session.manager.query(insert);
    }
    expect(await names(conn)).toEqual([]);
    await using session = await conn.session();
    await session.rollback();
    await session.manager.transaction((manager) => manager.query(insert));
    await session.commit();
    await session[Symbol.asyncDispose]();
    expect(await names(conn)).toEqual(["rex"]);
  });

  test("keeps a write that meets a running commit in a transaction of its own", async () => {
    const conn = await open();
    await using session = await conn.session();
    await session.execute("insert into pets values ('tom')");
    const committing = session.commit();
    const late = session.manager.query(insert);
    await committing;
    await late;
    await session.rollback();
    expect(await failure(session.manager.query("commit"))).toMatchObject({
      code: "CONN_UNSUPPORTED",
    });
    await session[Symbol.asyncDispose]();
    expect(await names(conn)).toEqual(["tom"]);
  });

  test("writes nothing after the session's end, nor after its abort", async () => {
    const conn = await open();
    const session = await conn.session();
    const { manager } = session;
    await session[Symbol.asyncDispose]();
    const controller = new AbortController();
    const aborted = await conn.session({ signal: controller.signal });
    const late = aborted.manager;
    controller.abort();
    expect(() => session.manager).toThrow(expect.objectContaining({ code: "CONN_CLOSED" }));
    expect(() => aborted.manager).toThrow(expect.objectContaining({ code: "CONN_ABORTED" }));
    for (const kept of [manager, late]) {
      expect(await failure(kept.query(insert))).toMatchObject({ code: "CONN_CLOSED" });
      expect(await failure(kept.transaction((inner) => inner.query(insert)))).toMatchObject({
        code: "CONN_CLOSED",
      });
    }
    expect(await names(conn)).toEqual([]);
  });

  test("drops cached results with its commit", async () => {
    const conn = await open();
    const count = "select count(*) as n from pets";
    expect((await conn.query(count)).at(0)).toEqual({ n: 0 });
    await using session = await conn.session();
    await session.manager.query(insert);
    await session.commit();
    await session[Symbol.asyncDispose]();
    expect((await conn.query(count)).at(0)).toEqual({ n: 1 });
  });
});

describe("who waits can be stopped", () => {
  const waits: readonly [string, (conn: SQLConnection, signal: AbortSignal) => Promise<unknown>][] =
    [
      ["a session", (conn, signal) => conn.session({ signal })],
      ["a transaction", (conn, signal) => conn.transaction(() => 1, { signal })],
    ];

  test.each(waits)("%s behind another session", async (_name, wait) => {
    const conn = await pets({ url: "sqlite://", lockTimeout: 60 });
    await using holder = await conn.session();
    const controller = new AbortController();
    const waiting = failure(wait(conn, controller.signal));
    await pause(5);
    controller.abort();
    expect(await waiting).toMatchObject({ code: "CONN_ABORTED" });
    await holder.commit();
    await conn.execute(insert);
  });

  test.each(waits)("%s behind another program", async (_name, wait) => {
    const path = await temporaryFile();
    const conn = await pets({ database: path, lockTimeout: 60 });
    const other = openBeside(path);
    other.exec("BEGIN IMMEDIATE");
    try {
      const controller = new AbortController();
      const waiting = failure(wait(conn, controller.signal));
      await pause(5);
      controller.abort();
      expect(await waiting).toMatchObject({ code: "CONN_ABORTED" });
    } finally {
      other.close();
    }
    await conn.execute(insert);
    expect(await names(conn)).toEqual(["rex"]);
  });

  test("a stream and a read-only session, while all reading handles are taken", async () => {
    const conn = await pets({ database: await temporaryFile(), lockTimeout: 60 });
    const sessions = await Promise.all(
      Array.from({ length: 8 }, () => conn.session({ readOnly: true })),
    );
    const controller = new AbortController();
    const { signal } = controller;
    const waiting = [
      failure(conn.stream("select * from pets", { signal }).next()),
      failure(conn.session({ readOnly: true, signal })),
    ];
    await pause(5);
    controller.abort();
    for (const error of await Promise.all(waiting))
      expect(error).toMatchObject({ code: "CONN_ABORTED" });
    for (const session of sessions) await session[Symbol.asyncDispose]();
    expect(await names(conn)).toEqual([]);
  });

  test("a signal that was aborted before gives no session", async () => {
    const conn = await pets({ url: "sqlite://" });
    expect(await failure(conn.session({ signal: AbortSignal.abort() }))).toMatchObject({
      code: "CONN_ABORTED",
    });
    await conn.execute(insert);
  });
});

describe("inside of a transaction's function", () => {
  const memory: readonly [string, (conn: SQLConnection) => Promise<unknown>][] = [
    ["execute", (conn) => conn.execute(insert)],
    ["query", (conn) => conn.query("select * from pets")],
    ["session", (conn) => conn.session()],
    ["session that reads", (conn) => conn.session({ readOnly: true })],
    ["transaction", (conn) => conn.transaction(() => 1)],
    ["the DataSource", async (conn) => (await conn.client()).query(insert)],
  ];

  test.each(memory)("%s of a database in memory is refused at once", async (_name, call) => {
    const conn = await pets({ url: "sqlite://", lockTimeout: 60 });
    const error = await conn.transaction(() => failure(call(conn)));
    expect(error).toMatchObject({
      code: "CONN_ARGUMENT",
      hint: expect.stringMatching(/session\.query/) as string,
    });
  });

  test("what need not wait for it goes on beside it", async () => {
    const conn = await pets({ database: await temporaryFile(), lockTimeout: 60 });
    await conn.transaction(async (session) => {
      await session.execute(insert);
      expect(await names(conn)).toEqual([]);
      await using reading = await conn.session({ readOnly: true });
      expect((await reading.query("select * from pets")).length).toBe(0);
    });
    await conn.transaction(() => conn.execute("insert into pets values ('tom')"), {
      readOnly: true,
    });
    expect(await names(conn)).toEqual(["rex", "tom"]);
  });

  test("what it leaves behind to run later is like everything else", async () => {
    const conn = await pets({ url: "sqlite://", lockTimeout: 60 });
    let later: Promise<unknown> | undefined;
    let start = (): void => {};
    const gate = new Promise<void>((resolve) => (start = resolve));
    await conn.transaction(() => {
      later = gate.then(() => conn.transaction((session) => session.execute(insert)));
    });
    start();
    await later;
    expect(await names(conn)).toEqual(["rex"]);
  });
});

test("who waits in vain is told where the transaction was opened", async () => {
  const conn = await pets({ url: "sqlite://" });
  let ask = (): void => {};
  const asked = new Promise<void>((resolve) => (ask = resolve));
  let error: Error | undefined;
  const outside = asked.then(async () => (error = await failure(conn.execute(insert))));
  await conn.transaction(async () => {
    ask();
    await outside;
  });
  expect(error).toMatchObject({ code: "CONN_POOL_TIMEOUT" });
  expect(error?.message).toMatch(/a session opened at .*session\.test\.ts/);
});

test("a writer that waits for this connection's own stream is told so", async () => {
  const conn = await pets({ database: await temporaryFile(), wal: false });
  await conn.execute(
    "insert into pets with recursive n(i) as (select 1 union all select i + 1 from n where i < 5000) select i from n",
  );
  for await (const batch of conn.stream("select * from pets", { batchSize: 10 })) {
    expect(batch.length).toBe(10);
    const error = await failure(conn.execute("delete from pets"));
    expect(error).toMatchObject({ code: "CONN_POOL_TIMEOUT" });
    expect(error.message).toMatch(/this connection itself reads from it/);
    break;
  }
  await conn.execute("delete from pets");
  expect(await names(conn)).toEqual([]);
});

test.each(["reset", "close"] as const)("what %s cuts off says that it was aborted", async (end) => {
  const restore = configure({ drainTimeout: 0.05 });
  onTestFinished(restore);
  const conn = await pets({ database: await temporaryFile() });
  await conn.execute(
    "insert into pets with recursive n(i) as (select 1 union all select i + 1 from n where i < 5000) select i from n",
  );
  const stream = conn.stream("select * from pets", { batchSize: 10 });
  expect((await stream.next()).done).toBe(false);
  const session = await conn.session();
  const waiting = failure(conn.session());
  await conn[end]();
  const codes = { code: "CONN_ABORTED", connection: "pet_db" };
  expect(await failure(stream.next())).toMatchObject(codes);
  expect(await failure(session.execute(insert))).toMatchObject(codes);
  expect(() => session.manager).toThrow(expect.objectContaining(codes));
  expect(await waiting).toMatchObject(codes);
});

test("a stream that is cut off says that it was aborted", async () => {
  const conn = await pets({ database: await temporaryFile() });
  await conn.execute(
    "insert into pets with recursive n(i) as (select 1 union all select i + 1 from n where i < 5000) select i from n",
  );
  const controller = new AbortController();
  const stream = conn.stream("select * from pets", { batchSize: 10, signal: controller.signal });
  expect((await stream.next()).done).toBe(false);
  controller.abort();
  expect(await failure(stream.next())).toMatchObject({ code: "CONN_ABORTED" });
});
