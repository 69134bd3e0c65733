import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import KeyvRedis from "@keyv/redis";
import { Keyv } from "keyv";
import { afterEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { type CacheStore, configure, Table } from "../src/index.ts";
import { RedisServer } from "./redis.ts";
import { start } from "./script.ts";
import { folder, PetConnection } from "./support.ts";

afterEach(() => {
  configure({ cache: { store: undefined as never } });
  vi.restoreAllMocks();
});

/** Another process, as far as the cache can tell: fresh memory, the same store and settings. */
function process2(store: CacheStore | string, config: Record<string, unknown>): PetConnection {
  configure({ cache: { store } });
  return new PetConnection({ config });
}

/** Another process that has nothing but what the store gives it, once the store has it. */
async function served(
  store: CacheStore | string,
  config: Record<string, unknown>,
): Promise<PetConnection> {
  const reader = process2(store, config);
  reader.answer = () => Promise.reject(new Error("not in the store yet"));
  await expect
    .poll(() =>
      reader.read("fish").then(
        () => "found",
        () => "missing",
      ),
    )
    .toBe("found");
  return reader;
}

const everyType = (): Table =>
  Table.fromRows(
    [
      {
        n: 1,
        big: 2n ** 63n - 1n,
        price: "12345678901234567890.10",
        born: new Date(5),
        day: "2024-02-29",
        picture: new Uint8Array([0, 255]),
        name: "žlutý 🐟",
        ok: true,
        none: null,
      },
      {
        n: null,
        big: null,
        price: null,
        born: null,
        day: null,
        picture: null,
        name: null,
        ok: null,
        none: null,
      },
    ],
    {
      columns: [
        { name: "n" },
        { name: "big" },
        { name: "price", type: "decimal" },
        { name: "born" },
        { name: "day", type: "date" },
        { name: "picture" },
        { name: "name" },
        { name: "ok" },
        { name: "none" },
      ],
    },
  );

describe.each([
  ["a directory", async () => folder()],
  ["a Keyv in memory", async () => new Keyv()],
  [
    "Redis",
    async () => {
      const server = await RedisServer.start();
      const keyv = new Keyv(new KeyvRedis(server.url));
      onTestFinished(() => keyv.disconnect());
      return keyv;
    },
  ],
])("%s as the second tier", (_name, makeStore) => {
  it("gives another process what this one loaded, type by type", async () => {
    const store = await makeStore();
    const config = { tier: "types" };
    const first = process2(store, config);
    first.answer = everyType;
    const loaded = (await first.read("fish")) as Table;
    const second = await served(store, config);
    const found = (await second.read("fish")) as Table;
    expect(found.rows()).toStrictEqual(loaded.rows());
    expect(found.columns).toStrictEqual(loaded.columns);
  });

  it("forgets what a write in any process made old", async () => {
    const store = await makeStore();
    const config = { tier: "writes" };
    const writer = process2(store, config);
    await writer.read("fish");
    await served(store, config);
    await writer.write("fish");
    await expect
      .poll(async () => {
        const third = process2(store, config);
        third.answer = () => "after";
        return third.read("fish", { ttl: "1h" });
      })
      .toBe("after");
  });

  it("keeps failures and other people's results out", async () => {
    const store = await makeStore();
    const first = process2(store, { tier: "a" });
    await first.read("fish");
    const other = process2(store, { tier: "b" });
    await other.read("fish");
    expect(other.loads).toBe(1);
  });
});

describe("a directory", () => {
  it("holds files that only their owner can read, whose names and texts tell no secret", async () => {
    const directory = join(await folder(), "cache");
    const conn = process2(directory, { password: "tiger-in-the-cache" });
    await conn.read("fish");
    await expect
      .poll(async () => (await readdir(directory).catch(() => [])).map((name) => name.length))
      // The result, and the mark of its generation.
      .toEqual([64, 64]);
    for (const name of await readdir(directory)) {
      expect(name).toMatch(/^[0-9a-f]{64}$/);
      expect(await readFile(join(directory, name), "latin1")).not.toContain("tiger");
      expect((await stat(join(directory, name))).mode & 0o777).toBe(0o600);
    }
  });

  it.each([
    ["truncated", (bytes: Buffer) => bytes.subarray(0, bytes.length / 2)],
    ["flipped in one bit of the head", (bytes: Buffer) => flip(bytes, 100)],
    ["flipped in one bit of the data", (bytes: Buffer) => flip(bytes, bytes.length - 12)],
    ["empty", () => Buffer.alloc(0)],
    ["foreign", () => Buffer.from("9999999999999\nsomething else")],
    [
      "expired",
      (bytes: Buffer) => Buffer.from(bytes.toString("latin1").replace(/^\d+/, "1"), "latin1"),
    ],
  ])("an entry that is %s is a miss, and is replaced", async (_what, damage) => {
    const directory = await folder();
    const config = { damaged: _what };
    const first = process2(directory, config);
    first.answer = () => ["x".repeat(200)];
    await first.read("fish");
    const file = await entryFile(directory);
    await writeFile(file, damage(await readFile(file)));
    const second = process2(directory, config);
    second.answer = () => "fresh";
    await expect(second.read("fish")).resolves.toBe("fresh");
    await expect
      .poll(async () => {
        const third = process2(directory, config);
        third.answer = () => "fresh";
        await third.read("fish");
        return third.loads;
      })
      .toBe(0);
  });

  it("that cannot be written costs a warning and no read", async () => {
    const warning = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    const file = join(await folder({ "not-a-directory": "" }), "not-a-directory");
    const conn = process2(file, { unwritable: true });
    await expect(conn.read("fish")).resolves.toEqual({ pet: "fish" });
    await expect(conn.read("cat")).resolves.toEqual({ pet: "cat" });
    await expect.poll(() => warning.mock.calls.length).toBe(1);
  });
});

describe("a store in trouble", () => {
  it.each([
    ["that never answers", { get: () => new Promise(() => {}), set: () => new Promise(() => {}) }],
    [
      "that throws",
      {
        get: () => {
          throw new Error("down");
        },
        set: () => {
          throw new Error("down");
        },
      },
    ],
    [
      "that rejects",
      {
        get: () => Promise.reject(new Error("down")),
        set: () => Promise.reject(new Error("down")),
      },
    ],
    ["that answers nonsense", { get: () => ({ value: 42 }), set: () => false }],
  ] as [string, CacheStore][])(
    "%s slows no read beyond its patience and fails none",
    async (name, store) => {
      vi.spyOn(process, "emitWarning").mockImplementation(() => {});
      const conn = process2(store, { trouble: name });
      const answers = await Promise.all(["fish", "cat", "puppy"].map((pet) => conn.read(pet)));
      expect(answers).toEqual([{ pet: "fish" }, { pet: "cat" }, { pet: "puppy" }]);
      expect(conn.loads).toBe(3);
    },
  );

  it("is no store without get and set", () => {
    expect(() => configure({ cache: { store: {} as CacheStore } })).toThrow(
      expect.objectContaining({ code: "CONN_ARGUMENT" }),
    );
  });
});

describe("two processes and one Redis", () => {
  const program = (url: string): string => `
    import { createInterface } from "node:readline";
    import KeyvRedis from "@keyv/redis";
    import { Keyv } from "keyv";
    import { configure } from "@conn/core";
    import { PetConnection } from "./pet-connection.ts";
    process.on("unhandledRejection", (error) => { console.log("unhandled", error); process.exit(9); });
    configure({ cache: { store: new Keyv(new KeyvRedis(${JSON.stringify(url)})) } });
    const conn = new PetConnection({ config: { shared: "redis" } });
    conn.answer = () => ["loaded by " + process.env.WHO];
    for await (const line of createInterface({ input: process.stdin })) {
      const [verb, argument] = line.split(" ");
      if (verb === "read") console.log(JSON.stringify(await conn.read(argument)));
      if (verb === "refresh") console.log(JSON.stringify(await conn.read(argument, { refresh: true })));
      if (verb === "write") { await conn.write(argument); console.log("written"); }
    }`;

  it("agree, and go on while Redis is frozen, killed and restarted", async () => {
    const server = await RedisServer.start();
    const [jerry, alex] = await Promise.all(
      ["jerry", "alex"].map((WHO) => start(program(server.url), { env: { WHO } })),
    );
    const ask = (who: typeof jerry, what: string): Promise<string> => (who!.say(what), who!.line());

    expect(await ask(jerry, "read fish")).toBe('["loaded by jerry"]');
    await expect.poll(() => ask(alex, "read fish")).toBe('["loaded by jerry"]');
    // What alex holds in memory is his until its ttl; what he asks Redis for is new.
    expect(await ask(jerry, "read cat")).toBe('["loaded by jerry"]');
    expect(await ask(alex, "write fish")).toBe("written");
    await expect.poll(() => ask(alex, "refresh cat")).toBe('["loaded by alex"]');
    expect(await ask(alex, "read cat")).toBe('["loaded by alex"]');

    server.freeze();
    expect(await ask(jerry, "read frozen")).toBe('["loaded by jerry"]');
    expect(await ask(alex, "read frozen")).toBe('["loaded by alex"]');
    server.thaw();
    await server.stop();
    expect(await ask(jerry, "read killed")).toBe('["loaded by jerry"]');
    expect(await ask(alex, "read killed")).toBe('["loaded by alex"]');
    await server.start();
    let round = 0;
    await expect
      .poll(
        async () => {
          const key = `again${round++}`;
          await ask(jerry, `read ${key}`);
          await new Promise((resolve) => setTimeout(resolve, 50));
          return ask(alex, `read ${key}`);
        },
        { timeout: 20_000, interval: 250 },
      )
      .toBe('["loaded by jerry"]');
  }, 40_000);
});

/** The one file that holds a result; a generation's mark is shorter. */
async function entryFile(directory: string): Promise<string> {
  const find = async (): Promise<string | undefined> => {
    for (const name of await readdir(directory)) {
      const file = join(directory, name);
      if (!name.includes(".") && (await stat(file)).size > 100) return file;
    }
    return undefined;
  };
  await expect.poll(find).toBeDefined();
  return (await find())!;
}

function flip(bytes: Buffer, position: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[position]! ^= 1;
  return copy;
}
