import { Keyv } from "keyv";
import { afterEach, describe, expect, it, vi } from "vitest";
import { type CacheStore, configure } from "../src/index.ts";
import { deferred, PetConnection } from "./support.ts";

afterEach(() => {
  configure({ cache: { store: undefined as never } });
  vi.restoreAllMocks();
});

/** A store whose every `set` a test may hold up, refuse or fail. */
class WilfulStore implements CacheStore {
  readonly texts = new Map<string, string>();
  beforeSet: (key: string) => unknown = () => {};

  get(key: string): unknown {
    return this.texts.get(key);
  }

  async set(key: string, value: string): Promise<unknown> {
    const answer = await this.beforeSet(key);
    if (answer === false) return false;
    this.texts.set(key, value);
    return true;
  }

  get marks(): string[] {
    return [...this.texts].filter(([key]) => isMark(key)).map(([, text]) => text);
  }

  get entries(): number {
    return this.texts.size - this.marks.length;
  }
}

const isMark = (key: string): boolean => key.startsWith("conn:generation:");

/** A connection whose source answers with a number that each write raises, and which the store knows. */
async function counted(store: CacheStore): Promise<PetConnection> {
  configure({ cache: { store } });
  const conn = new PetConnection();
  let answer = 0;
  conn.answer = (pet) => (pet === "raise" ? ++answer : answer);
  await conn.read("fish");
  return conn;
}

describe("after a write of one's own", () => {
  it("no read takes from the store what the write made old, however slowly the store hears of it", async () => {
    const store = new WilfulStore();
    const conn = await counted(store);
    await expect.poll(() => store.entries).toBe(1);
    const hold = deferred();
    store.beforeSet = () => hold.promise;
    await conn.write("raise");
    setTimeout(hold.resolve, 50);
    expect(await conn.read("fish")).toBe(1);
    expect(await conn.read("fish")).toBe(1);
  });

  it("a store that fails gives no old result, and hears of the write when it is back", async () => {
    vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    const store = new WilfulStore();
    const conn = await counted(store);
    await expect.poll(() => store.entries).toBe(1);
    const [mark] = store.marks;
    store.beforeSet = () => Promise.reject(new Error("down"));
    await conn.write("raise");
    expect(await conn.read("fish")).toBe(1);
    store.beforeSet = () => {};
    expect(await conn.read("fish", { refresh: true })).toBe(1);
    await expect.poll(() => store.marks[0] === mark, { timeout: 8000, interval: 100 }).toBe(false);
  }, 10_000);

  it.each([
    ["refuses", () => false],
    ["hangs", () => new Promise(() => {})],
  ])("a store that %s gives no old result", async (_what, beforeSet) => {
    vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    const store = new WilfulStore();
    const conn = await counted(store);
    await expect.poll(() => store.entries).toBe(1);
    store.beforeSet = beforeSet;
    await conn.write("raise");
    expect(await conn.read("fish", { ttl: "1h" })).toBe(1);
    await conn.write("raise");
    expect(await conn.read("fish", { ttl: "1h" })).toBe(2);
  });

  it("a store with many writes pending hears of it all the same", async () => {
    const store = new WilfulStore();
    const conn = await counted(store);
    await expect.poll(() => store.entries).toBe(1);
    const [mark] = store.marks;
    store.beforeSet = (key) => (isMark(key) ? undefined : new Promise(() => {}));
    await Promise.all(Array.from({ length: 100 }, (_, index) => conn.read(`pet${index}`)));
    await conn.write("raise");
    await expect.poll(() => store.marks[0] === mark).toBe(false);
    expect(await conn.read("fish")).toBe(1);
  });

  it("no settings of the cache in between make it forgotten", async () => {
    const store = new WilfulStore();
    const conn = await counted(store);
    await expect.poll(() => store.entries).toBe(1);
    configure({ cache: { store: undefined as never } });
    await conn.write("raise");
    configure({ cache: { store } });
    expect(await conn.read("fish")).toBe(1);
  });

  it("a load that began before it is served to nobody who asks after it", async () => {
    const store = new WilfulStore();
    const conn = await counted(store);
    const old = deferred<string>();
    conn.answer = (pet) => (pet === "cat" ? old.promise : pet);
    const slow = conn.read("cat");
    await expect.poll(() => conn.loads).toBe(2);
    await conn.write("fish");
    const writes = store.entries;
    old.resolve("old");
    expect(await slow).toBe("old");
    await expect.poll(() => store.entries).toBe(writes + 1);
    conn.answer = () => "new";
    expect(await conn.read("cat")).toBe("new");
  });
});

describe("a generation that the store lost", () => {
  it("brings no older result back", async () => {
    const store = new WilfulStore();
    const conn = await counted(store);
    await expect.poll(() => store.entries).toBe(1);
    for (const key of store.texts.keys()) if (isMark(key)) store.texts.delete(key);
    configure({ cache: { store } });
    conn.answer = () => "loaded again";
    expect(await conn.read("fish")).toBe("loaded again");
  });
});

describe("a Keyv whose adapter fails", () => {
  it("gives no old result", async () => {
    vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    const texts = new Map<string, unknown>();
    let down = false;
    const adapter = {
      get: (key: string) => texts.get(key),
      set: (key: string, value: unknown) => {
        if (down) throw new Error("down");
        texts.set(key, value);
      },
      delete: (key: string) => texts.delete(key),
      clear: () => texts.clear(),
    };
    const conn = await counted(new Keyv({ store: adapter }));
    await expect.poll(() => texts.size).toBe(2);
    down = true;
    await conn.write("raise");
    expect(await conn.read("fish")).toBe(1);
  });
});
