import fc from "fast-check";
import { EntitySchema } from "typeorm";
import { describe, expect, test } from "vitest";
import { connect, drivers, failure, seed, temporaryFile } from "./support.ts";

interface Entry {
  id: number;
  owner: string;
}

const entries = new EntitySchema<Entry>({
  name: "entries",
  columns: { id: { type: Number, primary: true, generated: true }, owner: { type: String } },
});

/** One of several callers who use a database at the same time, and what each does in turn. */
const caller = fc.record({
  how: fc.constantFrom("session", "transaction", "manager", "repository", "execute", "leave"),
  keeps: fc.boolean(),
  rows: fc.integer({ min: 1, max: 4 }),
  waits: fc.integer({ min: 0, max: 3 }),
});

describe.each(
  drivers().flatMap(({ name, driver }) =>
    [true, false].map((file) => ({ name, driver, file, where: file ? "a file" : "memory" })),
  ),
)("$name on $where", ({ driver, file }) => {
  test("no commit is lost and no rollback takes another's rows with it", async () => {
    const database = file ? await temporaryFile() : ":memory:";
    const conn = await connect({
      database,
      entities: [entries],
      synchronize: true,
      lockTimeout: 30,
      ...(driver ? { driver } : {}),
    });
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(caller, { minLength: 2, maxLength: 12 }), async (callers) => {
        run++;
        const expected = new Map<string, number>();
        await Promise.all(
          callers.map(async ({ how, keeps, rows, waits }, index) => {
            const owner = `${run}-${index}`;
            const insert = "insert into entries (owner) values (?)";
            const pause = async (): Promise<void> => {
              for (let tick = 0; tick < waits; tick++)
                await new Promise((resolve) => setImmediate(resolve));
            };
            const many = async (one: () => Promise<unknown>): Promise<void> => {
              for (let row = 0; row < rows; row++) {
                await one();
                await pause();
              }
            };
            const undo = new Error("undo");
            const ignore = (error: unknown): void => {
              if (error !== undo) throw error;
            };
            if (keeps || how === "execute" || how === "repository") expected.set(owner, rows);
            switch (how) {
              case "session":
              case "leave": {
                await using session = await conn.session();
                await many(() => session.execute(insert, [owner]));
                expect(
                  (
                    await session.query("select count(*) as n from entries where owner = ?", {
                      params: [owner],
                    })
                  ).at(0),
                ).toEqual({ n: rows });
                if (keeps) await session.commit();
                else if (how === "session") await session.rollback();
                break;
              }
              case "transaction":
                await conn
                  .transaction(async (session) => {
                    await many(() => session.manager.insert(entries, { owner }));
                    if (!keeps) throw undo;
                  })
                  .catch(ignore);
                break;
              case "manager":
                await (
                  await conn.manager()
                )
                  .transaction(async (manager) => {
                    await many(() => manager.save(entries, { owner } as Entry));
                    if (!keeps) throw undo;
                  })
                  .catch(ignore);
                break;
              case "repository":
                await many(async () => (await conn.repository(entries)).save({ owner }));
                break;
              case "execute":
                await many(() => conn.execute(insert, [owner]));
                break;
              default:
                throw new Error(how);
            }
          }),
        );
        const found = await conn.query<{ owner: string; n: number }>(
          "select owner, count(*) as n from entries where owner like ? group by owner",
          { params: [`${run}-%`] },
        );
        expect(new Map(found.rows().map(({ owner, n }) => [owner, n]))).toEqual(expected);
      }),
      { seed, numRuns: 25 },
    );
  }, 60_000);

  test("readers see either nothing or all of a session", async () => {
    const database = file ? await temporaryFile() : ":memory:";
    const conn = await connect({ database, lockTimeout: 30, ...(driver ? { driver } : {}) });
    await conn.execute("create table pairs (x integer)");
    const state = { done: false };
    const writing = (async () => {
      for (let round = 0; round < 15; round++) {
        await using session = await conn.session();
        await session.execute("insert into pairs values (1)");
        await new Promise((resolve) => setImmediate(resolve));
        await session.execute("insert into pairs values (-1)");
        if (round % 2 === 0) await session.commit();
      }
      state.done = true;
    })();
    let reads = 0;
    while (!state.done) {
      const { total } = (
        await conn.query<{ total: number }>("select coalesce(sum(x), 0) as total from pairs", {
          ttl: 0,
        })
      ).at(0)!;
      expect(total).toBe(0);
      expect(
        await (await conn.manager()).query("select coalesce(sum(x), 0) as total from pairs"),
      ).toEqual([{ total: 0 }]);
      reads++;
    }
    await writing;
    expect(reads).toBeGreaterThan(0);
    expect((await conn.query("select count(*) as n from pairs")).at(0)).toEqual({ n: 16 });
  });
});

test("a read-only session keeps its view while others write, and writes nothing", async () => {
  const conn = await connect({ database: await temporaryFile() });
  await conn.execute("create table pets (name text)");
  await using session = await conn.session({ readOnly: true });
  await conn.execute("insert into pets values ('rex')");
  expect((await session.query("select count(*) as n from pets")).at(0)).toEqual({ n: 0 });
  expect(await failure(session.execute("delete from pets"))).toMatchObject({
    code: "CONN_READ_ONLY",
  });
  await session.rollback();
  expect((await session.query("select count(*) as n from pets")).at(0)).toEqual({ n: 1 });
});

test("reading goes on while a session writes", async () => {
  const conn = await connect({ database: await temporaryFile(), lockTimeout: 0.2 });
  await conn.execute("create table pets (name text)");
  await using session = await conn.session();
  await session.execute("insert into pets values ('rex')");
  expect((await conn.query("select count(*) as n from pets")).at(0)).toEqual({ n: 0 });
  expect(await (await conn.manager()).query("select count(*) as n from pets")).toEqual([{ n: 0 }]);
  await session.commit();
  expect((await conn.query("select count(*) as n from pets")).at(0)).toEqual({ n: 1 });
});

test("calls of one session started together run one after the other", async () => {
  const conn = await connect();
  await conn.execute("create table pets (name text)");
  await using session = await conn.session();
  const calls = Array.from({ length: 20 }, (_, index) =>
    session.execute("insert into pets values (?)", [index]),
  );
  await Promise.all([...calls, session.commit()]);
  await session.rollback();
  expect((await conn.query("select count(*) as n from pets")).at(0)).toEqual({ n: 20 });
});

test("closing the connection rolls an open session back and does not wait for ever", async () => {
  const path = await temporaryFile();
  const conn = await connect({ database: path });
  await conn.execute("create table pets (name text)");
  const session = await conn.session();
  await session.execute("insert into pets values ('rex')");
  const closing = conn.close();
  await session.execute("insert into pets values ('tom')");
  await session[Symbol.asyncDispose]();
  await closing;
  expect(await failure(session.query("select 1"))).toMatchObject({ code: "CONN_CLOSED" });
  expect(
    (
      await (await connect({ database: path })).query("select count(*) as n from pets", { ttl: 0 })
    ).at(0),
  ).toEqual({ n: 0 });
});

test("aborting a session's signal rolls it back and lets the next one in", async () => {
  const conn = await connect();
  await conn.execute("create table pets (name text)");
  const controller = new AbortController();
  await using session = await conn.session({ signal: controller.signal });
  await session.execute("insert into pets values ('rex')");
  const next = conn.execute("insert into pets values ('tom')");
  controller.abort();
  await next;
  expect(await failure(session.query("select 1"))).toMatchObject({ code: "CONN_ABORTED" });
  expect((await conn.query("select name from pets")).rows()).toEqual([{ name: "tom" }]);
});

test("a DataSource refuses a transaction begun by a statement", async () => {
  const conn = await connect();
  expect(await failure((await conn.client()).query("BEGIN"))).toMatchObject({
    code: "CONN_UNSUPPORTED",
  });
});
