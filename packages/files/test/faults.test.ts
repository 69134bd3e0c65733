import { configure } from "@conn/core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { FilesConnection, Progress } from "../src/index.ts";
import { retryAfter } from "../src/failure.ts";
import { type FaultyServer, faultyServer, type Seen } from "./faulty-server.ts";
import { azure } from "./stores/azure.ts";
import { type RunningStore, running } from "./stores/facts.ts";
import { gcs } from "./stores/gcs.ts";
import { s3 } from "./stores/s3.ts";
import { connect, drained, failure, manyBytes } from "./support.ts";

const partSize = 64 * 1024;
const large = manyBytes(partSize * 4);

/** Downloads, and not what asks for size and version, or for what there is. */
const isDownload = ({ method, path, headers }: Omit<Seen, "status">): boolean =>
  method === "GET" &&
  (/x-id=GetObject|alt=media/.test(path) ||
    (headers["x-ms-version"] !== undefined && !/[?&](?:comp|restype)=/.test(path)));
const isRange = (request: Omit<Seen, "status">): boolean =>
  isDownload(request) && (request.headers.range ?? request.headers["x-ms-range"]) !== undefined;
const isWhole = (request: Omit<Seen, "status">): boolean =>
  isDownload(request) && !isRange(request);

it("reads Retry-After as seconds and as a date", () => {
  expect(retryAfter("7")).toBe(7);
  expect(retryAfter(new Date(Date.now() + 60_000).toUTCString())).toBeGreaterThan(50);
  expect(retryAfter(new Date(0).toUTCString())).toBe(0);
  expect([retryAfter("soon"), retryAfter(""), retryAfter(undefined)]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});

describe.each(running(s3, gcs, azure))("$title, disturbed", (facts) => {
  let store: RunningStore;
  let server: FaultyServer;
  let conn: FilesConnection;
  let straight: FilesConnection;
  beforeAll(async () => {
    store = await facts.start();
    server = await faultyServer(store.endpoint!);
  }, 60_000);
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    await store[Symbol.asyncDispose]();
  });
  beforeEach(async () => {
    server.forget();
    const place = (await store.place(server.url)) as { readonly endpoint: string };
    const endpoint = place.endpoint.replace(server.url, store.endpoint!);
    conn = await connect({ ...place, partSize, idleTimeout: 0.5 });
    straight = await connect({ ...place, endpoint, partSize });
    await straight.write("large", large);
    configure({ retry: { base: 0.001 } });
  });
  afterEach(() => void configure({ retry: {} }));

  const downloaded = (): Promise<Uint8Array> => conn.readBytes("large", { ttl: 0 });

  it.each([
    ["503", "503"],
    ["500 without a body", "500"],
    ["429 with Retry-After in seconds", "429 0"],
    ["a cut connection", "reset"],
    ["a body that ends early", "truncated"],
    ["a body that stalls", "stalled"],
    ["silence", "silent"],
  ])("goes on after %s", async (_name, fault) => {
    server.play([fault, "ok", fault], isDownload);
    expect(Buffer.compare(await downloaded(), large)).toBe(0);
    server.play([fault], isDownload);
    expect(Buffer.compare(await drained(await conn.open("large")), large)).toBe(0);
  });

  it("waits as long as a Retry-After date says, and not longer than its deadline", async () => {
    const soon = new Date(Date.now() + 500).toUTCString().replaceAll(" ", "_");
    server.play(
      [
        (_forward, response) =>
          void response.writeHead(503, { "retry-after": soon.replaceAll("_", " ") }).end(),
      ],
      isDownload,
    );
    expect(Buffer.compare(await downloaded(), large)).toBe(0);
    server.play(["429 3600"], isDownload);
    const { code, message } = await failure(downloaded());
    expect(code).toBe("CONN_QUERY");
    expect(message).toContain("slow down");
    expect(message).toContain("429");
  });

  it("gives up on a body that ends early again and again, and gives no part of it", async () => {
    server.play(
      Array.from({ length: 100 }, () => "truncated"),
      isDownload,
    );
    const { code } = await failure(downloaded());
    expect(["CONN_TRUNCATED", "CONN_LOST"]).toContain(code);
  });

  it("gives up on silence, and says where", async () => {
    server.play(
      Array.from({ length: 100 }, () => "silent"),
      isDownload,
    );
    const { code, message } = await failure(downloaded());
    expect(code).toBe("CONN_TIMEOUT");
    expect(message).toContain("large");
  });

  it("rejects at the caller's timeout, and stops asking", async () => {
    server.play(Array.from({ length: 4 }, () => "silent"));
    expect(await failure(conn.stat("large", { timeout: 0.1 }))).toMatchObject({
      code: "CONN_TIMEOUT",
    });
    expect(await failure(conn.readBytes("large", { timeout: 0.1 }))).toMatchObject({
      code: "CONN_TIMEOUT",
    });
    // No whole number of milliseconds.
    expect(await failure(conn.stat("large", { timeout: 0.1005 }))).toMatchObject({
      code: "CONN_TIMEOUT",
    });
  });

  it("follows no redirect, and sends no credentials along", async () => {
    await using thief = await faultyServer(store.endpoint!);
    for (const status of [301, 302, 307, 308]) {
      server.play([`${status} ${thief.url}/stolen`]);
      const { code, message } = await failure(conn.stat("large"));
      expect(code).toBe("CONN_QUERY");
      expect(message).toContain("did not follow");
    }
    expect(thief.requests).toEqual([]);
  });

  it("repeats no write without a condition", async () => {
    const before = server.requests.filter(({ method }) => method !== "GET").length;
    server.play(["503"]);
    expect(await failure(conn.write("new", "fish"))).toMatchObject({ code: "CONN_QUERY" });
    expect(server.requests.filter(({ method }) => method !== "GET").length).toBe(before + 1);
    expect(await straight.exists("new")).toBe(false);
  });

  // Where the server ignores conditions, as its facts say, none can be proven.
  it.runIf(facts.conditions)("repeats a write that has one", async () => {
    server.play(["503", "503"]);
    await conn.write("new", "fish", { ifAbsent: true });
    expect(await straight.readText("new")).toBe("fish");
  });

  it("reads anew what is replaced meanwhile, and says so when that is replaced too", async () => {
    const other = large.toReversed();
    const replaced = async (forward: () => void, bytes: Uint8Array): Promise<void> => {
      // Writers that meet on Azure stand in each other's way; one of them wins.
      await straight.write("large", bytes).catch(() => {});
      forward();
    };
    server.play(["slow"], isWhole);
    server.play([(forward) => replaced(forward, other)], isRange);
    expect(Buffer.compare(await downloaded(), other)).toBe(0);

    const again = Array.from(
      { length: 50 },
      (_, index) => (forward: () => void) => replaced(forward, manyBytes(partSize * 4 + index)),
    );
    server.play(["slow", "slow"], isWhole);
    server.play(again, isRange);
    expect(await failure(downloaded())).toMatchObject({ code: "CONN_CHANGED" });
  });

  it("downloads nothing twice that has not changed", async () => {
    const asked = (): (number | undefined)[] =>
      server.requests.splice(0).map(({ status }) => status);
    asked();
    await conn.readBytes("large", { ttl: "1h" });
    expect(asked()).toEqual([200]);
    await conn.readBytes("large", { ttl: "1h" });
    expect(asked()).toEqual([]);
    await conn.readBytes("large", { refresh: true });
    expect(asked()).toEqual([304]);
    await straight.write("large", large.toReversed());
    expect(
      Buffer.compare(await conn.readBytes("large", { refresh: true }), large.toReversed()),
    ).toBe(0);
    expect(asked()).toEqual([200]);
  });

  it("asks once for a file, whatever is made of it", async () => {
    await straight.write("pets.csv", "pet\nfish\n");
    await straight.write("pets.json", '["fish"]');
    server.requests.length = 0;
    await conn.read("pets.csv");
    await conn.readText("pets.csv");
    await conn.readJson("pets.json");
    await drained(await conn.open("large"));
    for await (const batch of conn.stream("pets.csv")) expect(batch.length).toBe(1);
    expect(server.requests.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
  });

  it("has others bring the rest where the line is slow, and none twice", async () => {
    server.play(["slow"], isWhole);
    const seen: Progress[] = [];
    const bytes = await conn.readBytes("large", { ttl: 0, onProgress: (each) => seen.push(each) });
    expect(Buffer.compare(bytes, large)).toBe(0);
    expect(server.requests.filter(isRange).length).toBeGreaterThan(0);
    expect(seen.at(-1)).toEqual({ bytes: large.length, total: large.length });
    expect(seen.every((each, index) => each.bytes > (seen[index - 1]?.bytes ?? 0))).toBe(true);

    const place = await store.place(server.url);
    const inLargeParts = await connect(place);
    await inLargeParts.write("small", large);
    server.requests.length = 0;
    server.play(["slow"], isWhole);
    await inLargeParts.readBytes("small");
    expect(server.requests).toHaveLength(1);

    server.requests.length = 0;
    server.play(["slow"], isWhole);
    expect(Buffer.compare(await drained(await conn.open("large")), large)).toBe(0);
    expect(server.requests.filter(isRange).length).toBeGreaterThan(0);
  });

  it("keeps nobody waiting for the repetition of what another failure has ended", async () => {
    for (const name of ["a", "b"]) await straight.write(`pets/${name}.csv`, "pet\nfish\n");
    // Longer than this test may take.
    server.play(["429 20", "403"], isDownload);
    expect((await failure(conn.read("pets/"))).code).toBe("CONN_FORBIDDEN");
  });

  it("leaves the rest of a folder alone once one of its files failed", async () => {
    const names = Array.from({ length: 30 }, (_, index) => `pets/${index}.csv`);
    for (const name of names) await straight.write(name, "pet,owner\nfish,alex\n");
    const isDeletion = ({ method }: Pick<Seen, "method">): boolean => method === "DELETE";
    const calls = [
      [() => conn.read("pets/"), isDownload],
      [() => conn.delete("pets/", { recursive: true }), isDeletion],
    ] as const;
    for (const [call, matches] of calls) {
      const count = (): number => server.requests.filter(matches).length;
      const before = count();
      server.play(["ok", "403"], matches);
      expect((await failure(call())).code).toBe("CONN_FORBIDDEN");
      // Whatever still went on would be beside these.
      for (let turn = 0; turn < names.length; turn++) await conn.exists("large");
      expect(count() - before).toBeLessThan(names.length);
    }
  });

  it("says what, where and which request", async () => {
    const { code, message, hint } = await failure(conn.readText("dragons.csv"));
    expect(code).toBe("CONN_NOT_FOUND");
    expect(message).toMatch(/key in\/side\/dragons\.csv/);
    expect(message).toMatch(/status 404/);
    expect(hint).toContain("list()");
  });
});
