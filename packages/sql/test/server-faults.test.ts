import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { SQLConnection } from "../src/index.ts";
import { engines } from "./servers/engines.ts";
import { startMariadb } from "./servers/mariadb.ts";
import { startPostgres } from "./servers/postgres.ts";
import type { TestServer } from "./servers/server.ts";
import { startTdsServer } from "./servers/tds.ts";
import { connect, failure, seed } from "./support.ts";

const starts = { postgres: startPostgres, mariadb: startMariadb, mssql: startTdsServer };

describe.each(engines)("$name that fails", (engine) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await starts[engine.name]();
  }, 60_000);
  afterAll(() => server?.stop());

  const open = (settings: object = {}): Promise<SQLConnection> =>
    connect({ url: server.url, ...settings });
  const one = (conn: SQLConnection): Promise<unknown> =>
    conn.query("select 1 as one", { ttl: 0 }).then((table) => table.at(0));

  const sessions = async (conn: SQLConnection): Promise<number> =>
    (await conn.query<{ n: number }>(engine.sessions, { ttl: 0 })).at(0)!.n;

  test("fifty first callers open one connection", async () => {
    const conn = await open();
    const beside = await open();
    const before = await sessions(beside);
    await Promise.all(Array.from({ length: 50 }, () => conn.client()));
    expect((await sessions(beside)) - before).toBe(1);
  });

  test("a connection killed while idle costs nobody a call", async () => {
    const conn = await open({ poolSize: 1 });
    const killer = await open();
    for (let round = 0; round < 3; round++) {
      const id = (await conn.query<{ id: number }>(engine.ownId, { ttl: 0 })).at(0)!.id;
      await engine.kill(killer, id);
      await pause(50);
      expect(await one(conn)).toEqual({ one: 1 });
    }
  });

  test("a connection killed under a call costs that call at most", async () => {
    const conn = await open({ poolSize: 1 });
    const killer = await open();
    const id = (await conn.query<{ id: number }>(engine.ownId, { ttl: 0 })).at(0)!.id;
    const writing = failure(conn.execute(engine.sleepOnce));
    await pause(200);
    await engine.kill(killer, id);
    expect(await writing).toMatchObject({ code: "CONN_LOST" });
    for (let call = 0; call < 20; call++) expect(await one(conn)).toEqual({ one: 1 });
  });

  test("a stream whose connection is killed in the middle says so, and the next one works", async () => {
    const conn = await open({ poolSize: 1 });
    const killer = await open();
    const { id } = (await conn.query<{ id: number }>(engine.ownId, { ttl: 0 })).at(0)!;
    const stream = conn.stream(engine.numbers(1_000_000), { batchSize: 1000 });
    expect((await stream.next()).done).toBe(false);
    await engine.kill(killer, id);
    const rest = async (): Promise<void> => {
      for await (const batch of stream) expect(batch.length).toBeGreaterThan(0);
    };
    expect(await failure(rest())).toMatchObject({ code: "CONN_LOST" });
    for await (const batch of conn.stream(engine.numbers(10))) expect(batch.length).toBe(10);
  });

  test("a session whose connection is killed says so, and the next one works", async () => {
    const conn = await open({ poolSize: 1 });
    const killer = await open();
    const session = await conn.session();
    const id = (await session.query<{ id: number }>(engine.ownId)).at(0)!.id;
    await engine.kill(killer, id);
    expect(await failure(session.query("select 1 as one"))).toMatchObject({ code: "CONN_LOST" });
    expect(await failure(session.commit())).toMatchObject({ code: "CONN_LOST" });
    await session[Symbol.asyncDispose]();
    await using next = await conn.session();
    expect((await next.query("select 1 as one")).at(0)).toEqual({ one: 1 });
  });

  test("a restart of the server breaks no later call", async () => {
    const conn = await open();
    await Promise.all(Array.from({ length: 10 }, () => one(conn)));
    await server.kill();
    expect((await failure(one(conn))).code).toMatch(/CONN_OPEN|CONN_LOST/);
    await server.start();
    for (let call = 0; call < 20; call++) expect(await one(conn)).toEqual({ one: 1 });
  });

  test("a frozen server is waited for as long as the call says", async () => {
    const conn = await open({ poolSize: 1 });
    expect(await one(conn)).toEqual({ one: 1 });
    await server.freeze();
    try {
      expect(await failure(conn.query("select 2 as two", { ttl: 0, timeout: 0.3 }))).toMatchObject({
        code: "CONN_TIMEOUT",
      });
    } finally {
      await server.thaw();
    }
    expect(await one(conn)).toEqual({ one: 1 });
  }, 30_000);

  test("no acknowledged write is lost and none applied twice, whatever happens to the server", async () => {
    const conn = await open({ poolSize: 8, connectTimeout: 2 });
    await conn.execute("create table ledger (id int, worker int)");
    const random = randomOf(seed);
    const acknowledged = new Set<number>();
    const unknown = new Set<number>();
    const run = { next: 0, done: false, operations: 0 };
    const operate = async (count: number): Promise<void> => {
      const until = run.operations + count;
      while (run.operations < until) await pause(10);
    };
    const worker = async (number: number): Promise<void> => {
      while (!run.done) {
        const id = run.next++;
        try {
          if (random() < 0.5) await conn.execute("insert into ledger values (?, ?)", [id, number]);
          else
            await conn.transaction((session) =>
              session.execute("insert into ledger values (?, ?)", [id, number]),
            );
          acknowledged.add(id);
        } catch (error) {
          expect((error as { code: string }).code).toMatch(/^CONN_/);
          unknown.add(id);
          await pause(5);
        }
        run.operations++;
        await conn.query("select count(*) as n from ledger", { ttl: 0 }).catch(() => {});
        run.operations++;
      }
    };
    const workers = Array.from({ length: 6 }, (_, number) => worker(number));
    for (let disaster = 0; disaster < 4; disaster++) {
      await operate(250);
      if (random() < 0.5) {
        await server.kill();
        await pause(random() * 100);
        await server.start();
      } else {
        await server.freeze();
        await pause(random() * 300);
        await server.thaw();
      }
    }
    await operate(200);
    run.done = true;
    await Promise.all(workers);
    const table = await conn.query<{ id: number }>("select id from ledger", { ttl: 0 });
    const stored = new Set(table.rows().map(({ id }) => id));
    const twice = table.length - stored.size;
    const lost = [...acknowledged].filter((id) => !stored.has(id));
    const invented = [...stored].filter((id) => !acknowledged.has(id) && !unknown.has(id));
    expect({ lost, invented, twice, seed }).toEqual({ lost: [], invented: [], twice: 0, seed });
    expect(run.operations).toBeGreaterThanOrEqual(1000);
    await conn.close();
    const beside = await open();
    for (let waited = 0; (await sessions(beside)) > 1 && waited < 200; waited++) await pause(20);
    expect(await sessions(beside)).toBe(1);
  }, 120_000);
});

/** Numbers from 0 to 1 that a seed decides: https://en.wikipedia.org/wiki/Linear_congruential_generator */
function randomOf(start: number): () => number {
  let state = start >>> 0;
  return () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32;
}
