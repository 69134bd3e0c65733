import { afterEach, describe, expect, it } from "vitest";
import { configure, counters, Table } from "../src/index.ts";
import { deferred, PetConnection } from "./support.ts";

afterEach(() => configure({ cache: { ttl: "10m" } }));

describe("a cached read", () => {
  it("loads once and answers from memory after that", async () => {
    const conn = new PetConnection();
    const before = counters();
    for (let call = 0; call < 3; call++) await conn.read("fish");
    expect(conn.loads).toBe(1);
    expect(counters().hit - before.hit).toBe(2);
  });

  interface Change {
    readonly pet?: string;
    readonly extra?: unknown;
    readonly scope?: string;
    readonly config?: { readonly host: string };
  }

  it.each<[string, Change]>([
    ["another argument", { pet: "cat" }],
    ["another option", { extra: 1 }],
    ["an option of another type", { extra: "1" }],
    ["another scope", { scope: "jerry" }],
    ["another setting", { config: { host: "b" } }],
  ])("loads anew for %s", async (_what, { pet = "fish", extra, scope, config = { host: "a" } }) => {
    const first = new PetConnection({ config: { host: "a" } });
    const second = new PetConnection({ config, scope });
    await first.read("fish", { extra: 0 });
    await second.read(pet, { extra: extra ?? 0 });
    expect(second.loads).toBe(1);
  });

  it("is shared by two instances of the same settings", async () => {
    const config = { host: "shared" };
    await new PetConnection({ config }).read("fish");
    const second = new PetConnection({ config });
    await second.read("fish");
    expect(second.loads).toBe(0);
  });

  it("loads once for two hundred callers, and gives all of them the result", async () => {
    const conn = new PetConnection({ config: { stampede: true } });
    const results = await Promise.all(Array.from({ length: 200 }, () => conn.read("fish")));
    expect(conn.loads).toBe(1);
    expect(new Set(results.map((result) => JSON.stringify(result)))).toEqual(
      new Set(['{"pet":"fish"}']),
    );
  });

  it("never keeps a failure: all who wait hear of it, and the next call tries again", async () => {
    const conn = new PetConnection({ config: { failing: true } });
    conn.answer = () => Promise.reject(new Error("no"));
    const outcomes = await Promise.allSettled(Array.from({ length: 10 }, () => conn.read("fish")));
    expect(outcomes.every(({ status }) => status === "rejected")).toBe(true);
    expect(conn.loads).toBe(1);
    conn.answer = () => "yes";
    await expect(conn.read("fish")).resolves.toBe("yes");
  });

  it("ends with its time to live", async () => {
    const conn = new PetConnection({ config: { ttl: true } });
    await conn.read("fish", { ttl: 0.02 });
    await new Promise((resolve) => setTimeout(resolve, 40));
    await conn.read("fish", { ttl: 0.02 });
    expect(conn.loads).toBe(2);
  });

  it("ttl 0 neither reads nor fills the cache", async () => {
    const conn = new PetConnection({ config: { zero: true } });
    await conn.read("fish", { ttl: 0 });
    await conn.read("fish");
    await conn.read("fish", { ttl: 0 });
    expect(conn.loads).toBe(3);
  });

  it("refresh loads anew and keeps what came", async () => {
    const conn = new PetConnection({ config: { refresh: true } });
    await conn.read("fish");
    conn.answer = () => "new";
    await expect(conn.read("fish", { refresh: true })).resolves.toBe("new");
    await expect(conn.read("fish")).resolves.toBe("new");
    expect(conn.loads).toBe(2);
  });

  it("cacheIf decides what is kept", async () => {
    const conn = new PetConnection({ config: { cacheIf: true } });
    conn.answer = () => [];
    const cacheIf = (value: readonly unknown[]): boolean => value.length > 0;
    await conn.read("fish", { cacheIf });
    await conn.read("fish", { cacheIf });
    expect(conn.loads).toBe(2);
  });

  it("a write drops what the connection had cached", async () => {
    const conn = new PetConnection({ config: { writes: true } });
    await conn.read("fish");
    await conn.write("fish");
    await conn.read("fish");
    expect(conn.loads).toBe(2);
  });

  it("what one instance wrote, a later instance of the same settings knows", async () => {
    const config = { written: "by another" };
    const first = new PetConnection({ config });
    await first.read("fish");
    await first.write("fish");
    const second = new PetConnection({ config });
    await second.read("fish");
    expect(second.loads).toBe(1);
  });

  it("a load that began before a write is not served after it", async () => {
    const conn = new PetConnection({ config: { race: true } });
    const slow = deferred<string>();
    conn.answer = (pet) => (pet === "cat" ? slow.promise : "written");
    const early = conn.read("cat");
    await expect.poll(() => conn.loads).toBe(1);
    await conn.write("fish");
    slow.resolve("before the write");
    await expect(early).resolves.toBe("before the write");
    conn.answer = () => "after the write";
    await expect(conn.read("cat")).resolves.toBe("after the write");
  });

  it("reset drops cached results", async () => {
    const conn = new PetConnection({ config: { reset: true } });
    await conn.read("fish");
    await conn.reset();
    await conn.read("fish");
    expect(conn.loads).toBe(2);
  });
});

describe("callers that give up", () => {
  it("do not end a load that others wait for", async () => {
    const conn = new PetConnection({ config: { shared: "abort" } });
    const slow = deferred<string>();
    let aborted = false;
    conn.answer = (_pet, signal) => {
      signal.addEventListener("abort", () => (aborted = true));
      return slow.promise;
    };
    const controller = new AbortController();
    const impatient = conn.read("fish", { signal: controller.signal });
    const patient = conn.read("fish");
    await expect.poll(() => conn.loads).toBe(1);
    controller.abort();
    await expect(impatient).rejects.toMatchObject({ code: "CONN_ABORTED" });
    slow.resolve("fish");
    await expect(patient).resolves.toBe("fish");
    expect([aborted, conn.loads]).toEqual([false, 1]);
  });

  it("end the load when nobody is left, and the next caller starts another", async () => {
    const conn = new PetConnection({ config: { shared: "all gone" } });
    const stopped = deferred();
    conn.answer = (_pet, signal) => {
      signal.addEventListener("abort", () => stopped.resolve());
      return new Promise(() => {});
    };
    const controller = new AbortController();
    const reads = [
      conn.read("fish", { signal: controller.signal }),
      conn.read("fish", { signal: controller.signal }),
    ];
    await expect.poll(() => conn.loads).toBe(1);
    controller.abort();
    const outcomes = await Promise.allSettled(reads);
    expect(outcomes.every(({ status }) => status === "rejected")).toBe(true);
    await expect(stopped.promise).resolves.toBeUndefined();
    conn.answer = () => "fish";
    await expect(conn.read("fish")).resolves.toBe("fish");
  });
});

describe("stale answers", () => {
  it("are served and marked while a refresh runs behind them", async () => {
    const conn = new PetConnection({ config: { stale: 1 } });
    const table = (pet: string) => Table.fromRows([{ pet }]);
    conn.answer = () => table("old");
    await conn.read("fish");
    conn.answer = () => table("new");
    const stale = (await conn.read("fish", { ttl: 0, stale: true })) as Table;
    expect([stale.toJSON(), stale.meta]).toMatchObject([
      [{ pet: "old" }],
      { cached: true, stale: true },
    ]);
    await expect
      .poll(async () => ((await conn.read("fish")) as Table).toJSON())
      .toEqual([{ pet: "new" }]);
  });

  it("go on while the source is down", async () => {
    const conn = new PetConnection({ config: { stale: 2 } });
    await conn.read("fish");
    conn.answer = () => Promise.reject(new Error("down"));
    for (let call = 0; call < 3; call++) {
      await expect(conn.read("fish", { ttl: 0, stale: "1h" })).resolves.toEqual({ pet: "fish" });
      await new Promise(setImmediate);
    }
    await expect(conn.read("fish", { refresh: true })).rejects.toMatchObject({
      code: "CONN_QUERY",
    });
  });

  it("end with their grace", async () => {
    const conn = new PetConnection({ config: { stale: 3 } });
    await conn.read("fish");
    await new Promise((resolve) => setTimeout(resolve, 40));
    conn.answer = () => Promise.reject(new Error("down"));
    await expect(conn.read("fish", { ttl: 0.01, stale: 0.01 })).rejects.toMatchObject({
      code: "CONN_QUERY",
    });
  });
});

describe("what a caller does to a result", () => {
  it("cannot change a table that others get", async () => {
    const conn = new PetConnection({ config: { mutate: "table" } });
    conn.answer = () => Table.fromRows([{ pet: "fish", born: new Date(0) }]);
    const first = (await conn.read("fish")) as Table<{ pet: string; born: Date }>;
    const row = first.at(0)!;
    row.pet = "shark";
    row.born.setFullYear(1066);
    const second = (await conn.read("fish")) as Table<{ pet: string; born: Date }>;
    expect(second.rows()).toEqual([{ pet: "fish", born: new Date(0) }]);
    expect([first.meta.cached, second.meta.cached]).toEqual([false, true]);
  });

  it("cannot change plain data, which is frozen", async () => {
    const conn = new PetConnection({ config: { mutate: "plain" } });
    const result = (await conn.read("fish")) as { pet: string };
    expect(() => (result.pet = "shark")).toThrow(TypeError);
  });

  it("cannot change dates, bytes and maps, which are copied", async () => {
    const conn = new PetConnection({ config: { mutate: "copied" } });
    conn.answer = () => ({
      born: new Date(0),
      picture: new Uint8Array([1]),
      names: new Map([["a", 1]]),
    });
    for (let call = 0; call < 2; call++) {
      const result = (await conn.read("fish")) as {
        born: Date;
        picture: Uint8Array;
        names: Map<string, number>;
      };
      expect(result).toEqual({
        born: new Date(0),
        picture: new Uint8Array([1]),
        names: new Map([["a", 1]]),
      });
      result.born.setFullYear(1066);
      result.picture[0] = 9;
      result.names.clear();
    }
    expect(conn.loads).toBe(1);
  });

  it("that cannot be shared is not cached", async () => {
    const conn = new PetConnection({ config: { mutate: "refused" } });
    conn.answer = () => ({ feed: () => "fed" });
    await conn.read("fish");
    await conn.read("fish");
    expect(conn.loads).toBe(2);
  });
});

it("memory is bounded by bytes, and the least recently used result goes first", async () => {
  configure({ cache: { maxBytes: 5000 } });
  const conn = new PetConnection({ config: { bounded: true } });
  conn.answer = () => "x".repeat(1000);
  for (const pet of ["fish", "cat", "fish", "puppy"]) await conn.read(pet);
  expect(conn.loads).toBe(3);
  await conn.read("fish");
  expect(conn.loads).toBe(3);
  await conn.read("cat");
  expect(conn.loads).toBe(4);
});

it("configure refuses a ttl without a unit", () => {
  expect(() => configure({ cache: { ttl: "600" as never } })).toThrow(
    expect.objectContaining({ code: "CONN_ARGUMENT" }),
  );
});
