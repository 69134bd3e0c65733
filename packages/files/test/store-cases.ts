import { afterAll, beforeAll, expect, it } from "vitest";
import type { FilesConnection, Progress } from "../src/index.ts";
import type { RunningStore, StoreFacts } from "./stores/facts.ts";
import { bytesOf, connect, drained, failure, manyBytes } from "./support.ts";

/** Parts as small as the settings allow, so that a file of a megabyte has many. */
const partSize = 64 * 1024;
const large = manyBytes(partSize * 9 + 77);

/** What is demanded of every store: call it where its tests are described. */
export function storeCases(facts: StoreFacts): void {
  let store: RunningStore;
  beforeAll(async () => void (store = await facts.start()), 60_000);
  afterAll(() => store[Symbol.asyncDispose]());

  const open = async (settings: object = {}): Promise<FilesConnection> =>
    connect({ ...(await store.place()), ...settings });

  it("reads what it wrote: text, bytes, JSON", async () => {
    const conn = await open();
    const { path, size, version } = await conn.write("a/pets.txt", "zoë 🐟");
    expect({ path, size }).toEqual({ path: "a/pets.txt", size: 9 });
    expect(await conn.readText("a/pets.txt")).toBe("zoë 🐟");
    expect(await conn.readBytes("a/pets.txt")).toEqual(bytesOf("zoë 🐟"));
    expect((await conn.stat("a/pets.txt")).version).toBe(version);
    await conn.write("pets.json", '{"pet":["fish"]}');
    expect(await conn.readJson("pets.json")).toEqual({ pet: ["fish"] });
  });

  it("reads an empty file", async () => {
    const conn = await open();
    await conn.write("empty", "");
    expect(await conn.readBytes("empty")).toEqual(new Uint8Array());
    expect(await conn.readText("empty")).toBe("");
    expect(await drained(await conn.open("empty"))).toHaveLength(0);
  });

  it("reads a large file in parts, into one buffer, and tells how far it is", async () => {
    const conn = await open({ partSize });
    await conn.write("large", large);
    const seen: Progress[] = [];
    const bytes = await conn.readBytes("large", { onProgress: (progress) => seen.push(progress) });
    expect(Buffer.compare(bytes, large)).toBe(0);
    expect(seen.at(-1)).toEqual({ bytes: large.length, total: large.length });
    expect(seen.length).toBeGreaterThan(9);
    expect(seen.every(({ bytes }, index) => index === 0 || bytes > seen[index - 1]!.bytes)).toBe(
      true,
    );
  });

  it("streams a large file in its order, and a range of it", async () => {
    const conn = await open({ partSize, concurrency: 3 });
    await conn.write("large", large);
    expect(Buffer.compare(await drained(await conn.open("large")), large)).toBe(0);
    const range = await conn.open("large", { start: partSize - 3, end: partSize * 2 + 5 });
    expect(
      Buffer.compare(await drained(range), large.subarray(partSize - 3, partSize * 2 + 5)),
    ).toBe(0);
    expect(await drained(await conn.open("large", { start: large.length + 5 }))).toHaveLength(0);
  });

  it("lets go of a stream that is left", async () => {
    const conn = await open({ partSize });
    await conn.write("large", large);
    for await (const _chunk of await conn.open("large")) break;
    const reader = (await conn.open("large")).getReader();
    await reader.read();
    await reader.cancel();
    await conn.close();
  });

  it("writes a stream, and nothing of one that is aborted or fails", async () => {
    const conn = await open({ partSize });
    const progress: Progress[] = [];
    const writer = (
      await conn.open("streamed", { mode: "write", onProgress: (each) => progress.push(each) })
    ).getWriter();
    await writer.write("first ");
    await writer.write(large);
    await writer.close();
    const whole = await conn.readBytes("streamed");
    expect(Buffer.compare(whole, Buffer.concat([Buffer.from("first "), large]))).toBe(0);
    expect(progress.at(-1)).toEqual({ bytes: whole.length, total: undefined });

    const aborted = (await conn.open("aborted", { mode: "write" })).getWriter();
    await aborted.write(large);
    await aborted.abort(new Error("enough"));
    expect(await conn.exists("aborted")).toBe(false);

    const failing = async function* (): AsyncGenerator<Uint8Array> {
      yield large;
      throw new Error("the source broke");
    };
    expect((await failure(conn.write("failed", failing()))).message).toContain("the source broke");
    expect(await conn.exists("failed")).toBe(false);
    expect(await conn.list()).toHaveLength(1);
  });

  it("writes a Blob, and refuses conditions that exclude each other", async () => {
    const conn = await open();
    const blob = new Blob([large, "the end"], { type: "image/x-fish" });
    const { version } = await conn.write("blob", blob);
    expect((await conn.readBytes("blob")).length).toBe(blob.size);
    const both = { ifAbsent: true, ifMatch: version };
    for (const call of [() => conn.write("blob", "x", both), () => conn.copy("blob", "two", both)])
      expect(await failure(call())).toMatchObject({ code: "CONN_ARGUMENT" });
    const misspelt = { ifAbsnet: true } as object;
    for (const call of [
      () => conn.write("blob", "x", misspelt),
      () => conn.copy("blob", "two", misspelt),
      () => conn.open("blob", { mode: "write", ...misspelt }),
    ])
      expect((await failure(call())).hint).toBe("Did you mean `ifAbsent`?");
    expect((await failure(conn.delete("blob", { ifmatch: "1" } as object))).hint).toContain(
      "ifMatch",
    );
    const answer = new Response("fish") as unknown as Blob;
    expect((await failure(conn.write("blob", answer))).hint).toContain("`body`");
    expect((await conn.stat("blob")).version).toBe(version);
  });

  // Where the server ignores conditions, as its facts say, none can be proven.
  it.runIf(facts.conditions)(
    "writes only where nothing is, or over the version that was read",
    async () => {
      const conn = await open();
      const first = await conn.write("pets", "fish", { ifAbsent: true });
      expect(await failure(conn.write("pets", "cat", { ifAbsent: true }))).toMatchObject({
        code: "CONN_CONFLICT",
      });
      const second = await conn.write("pets", "puppy", { ifMatch: first.version });
      expect(await failure(conn.write("pets", "cat", { ifMatch: first.version }))).toMatchObject({
        code: "CONN_CONFLICT",
      });
      expect(await conn.readText("pets")).toBe("puppy");
      expect(await failure(conn.delete("pets", { ifMatch: first.version }))).toMatchObject({
        code: "CONN_CONFLICT",
      });
      await conn.delete("pets", { ifMatch: second.version });
      expect(await conn.exists("pets")).toBe(false);
      const { code } = await failure(conn.write("pets", "cat", { ifMatch: second.version }));
      expect(["CONN_CONFLICT", "CONN_NOT_FOUND"]).toContain(code);
    },
  );

  // As above: that one alone wins is a condition.
  it.runIf(facts.conditions)("lets one of many writers win", async () => {
    const conn = await open();
    const writers = Array.from({ length: 8 }, (_, index) =>
      conn.write("winner", `writer ${index}`, { ifAbsent: true }).then(
        () => index,
        () => undefined,
      ),
    );
    const winners = (await Promise.all(writers)).filter((index) => index !== undefined);
    expect(winners).toHaveLength(1);
    expect(await conn.readText("winner")).toBe(`writer ${winners[0]}`);
  });

  it("lists a folder, all folders, and no more than asked", async () => {
    const conn = await open();
    for (const path of ["b.txt", "a/1.txt", "a/2.txt", "a/deep/3.txt", "c.txt"])
      await conn.write(path, path);
    const kinds = (await conn.list()).map(({ kind, path }) => `${kind} ${path}`);
    expect(kinds.sort()).toEqual(["file b.txt", "file c.txt", "folder a/"]);
    expect((await conn.list("a")).map(({ path }) => path)).toEqual([
      "a/1.txt",
      "a/2.txt",
      "a/deep/",
    ]);
    expect((await conn.list("", { recursive: true })).map(({ path }) => path)).toEqual([
      "a/1.txt",
      "a/2.txt",
      "a/deep/3.txt",
      "b.txt",
      "c.txt",
    ]);
    expect(await conn.list("a", { limit: 2 })).toHaveLength(2);
    expect(await conn.list("a", { limit: 0 })).toEqual([]);
    expect(await conn.glob("a/*", { limit: 0 })).toEqual([]);
    for (const limit of [-1, 0.5])
      expect(await failure(conn.list("a", { limit }))).toMatchObject({ code: "CONN_ARGUMENT" });
    const info = (await conn.list("a"))[0]!;
    expect(info).toMatchObject({ kind: "file", name: "1.txt", size: 7 });
    expect(info).toMatchObject(await conn.stat("a/1.txt").then(({ version }) => ({ version })));
  });

  it("finds files by a pattern", async () => {
    const conn = await open();
    for (const path of ["x/1.csv", "x/2.csv", "x/3.json", "x/y/4.csv", "z[1].csv"])
      await conn.write(path, "x");
    const found = async (pattern: string): Promise<string[]> =>
      (await conn.glob(pattern)).map(({ path }) => path);
    expect(await found("x/*.csv")).toEqual(["x/1.csv", "x/2.csv"]);
    expect(await found("x/**/*.csv")).toEqual(["x/1.csv", "x/2.csv", "x/y/4.csv"]);
    expect(await found("x/[2-3].{csv,json}")).toEqual(["x/2.csv", "x/3.json"]);
    expect(await found("z[1].csv")).toEqual([]);
    expect(await found("z[[]1].csv")).toEqual(["z[1].csv"]);
    expect(await found("nothing*")).toEqual([]);
  });

  it("copies, moves and deletes", async () => {
    const conn = await open();
    await conn.write("one", "fish");
    await conn.copy("one", "deep/two");
    expect(await conn.readText("deep/two")).toBe("fish");
    await conn.move("one", "three");
    expect(await conn.exists("one")).toBe(false);
    expect(await conn.readText("three")).toBe("fish");
    if (facts.conditions)
      expect(await failure(conn.copy("three", "deep/two", { ifAbsent: true }))).toMatchObject({
        code: "CONN_CONFLICT",
      });
    expect(await failure(conn.copy("three", "three"))).toMatchObject({ code: "CONN_ARGUMENT" });
    expect(await failure(conn.copy("nothing", "x"))).toMatchObject({ code: "CONN_NOT_FOUND" });
    await conn.delete("three");
    await conn.delete("three");
    await conn.write("deep/a/b", "x");
    await conn.delete("deep", { recursive: true });
    expect(await conn.list("", { recursive: true })).toEqual([]);
    expect(await failure(conn.delete("", { recursive: true }))).toMatchObject({
      code: "CONN_ARGUMENT",
    });
  });

  it("says what is not there", async () => {
    const conn = await open();
    const { code, message } = await failure(conn.readText("nothing.csv"));
    expect(code).toBe("CONN_NOT_FOUND");
    expect(message).toContain("nothing.csv");
    expect(await conn.exists("nothing.csv")).toBe(false);
    if (facts.knowsFolders)
      expect(await failure(conn.list("nowhere"))).toMatchObject({ code: "CONN_NOT_FOUND" });
    else expect(await conn.list("nowhere")).toEqual([]);
  });

  it("serves reads from the cache, and forgets them when it writes", async () => {
    const conn = await open();
    await conn.write("pets", "fish");
    expect(await conn.readText("pets")).toBe("fish");
    await conn.write("pets", "cat");
    expect(await conn.readText("pets")).toBe("cat");
    await conn.move("pets", "moved");
    expect(await failure(conn.readText("pets"))).toMatchObject({ code: "CONN_NOT_FOUND" });
    const bytes = await conn.readBytes("moved");
    bytes.fill(0);
    expect(await conn.readBytes("moved")).toEqual(bytesOf("cat"));
  });

  it("keeps names apart that seem to be one", async () => {
    const conn = await open();
    for (const name of facts.names) await conn.write(`n/${name}`, name);
    for (const name of facts.names) expect(await conn.readText(`n/${name}`)).toBe(name);
    const paths = (await conn.list("n", { recursive: true })).map(({ path }) => path.slice(2));
    expect(paths.sort()).toEqual([...facts.names].sort());
  });

  it.runIf(facts.keepsTypes)("keeps types and metadata, over a copy too", async () => {
    const conn = await open();
    await conn.write("pets.csv", "pet", { metadata: { owner: "jerry" } });
    await conn.write("raw", "x", { contentType: "text/x-pet", contentEncoding: "identity" });
    await conn.copy("pets.csv", "copy.csv");
    for (const path of ["pets.csv", "copy.csv"])
      expect(await conn.stat(path)).toMatchObject({
        contentType: "text/csv",
        metadata: { owner: "jerry" },
      });
    expect(await conn.stat("raw")).toMatchObject({ contentType: "text/x-pet" });
  });

  it("signs a URL, or says that it cannot", async () => {
    const conn = await open();
    await conn.write("pets.csv", "pet\nfish\n");
    if (!facts.signs) {
      const { code } = await failure(conn.sign("pets.csv"));
      expect(["CONN_UNSUPPORTED", "CONN_AUTH"]).toContain(code);
      return;
    }
    const url = await conn.sign("pets.csv", { expires: "5m" });
    expect(await (await fetch(url)).text()).toBe("pet\nfish\n");
    const put = await conn.sign("put.txt", { method: "PUT", contentType: "text/plain" });
    const headers = { "content-type": "text/plain", "x-ms-blob-type": "BlockBlob" };
    expect((await fetch(put, { method: "PUT", body: "cat", headers })).ok).toBe(true);
    expect(await conn.readText("put.txt")).toBe("cat");
  });

  it("waits for the source of what it writes, which is no silence", async () => {
    const conn = await open({ partSize, idleTimeout: 0.2 });
    const slow = async function* (): AsyncGenerator<Uint8Array> {
      yield large;
      await new Promise((resolve) => setTimeout(resolve, 600));
      yield bytesOf("more");
    };
    expect((await conn.write("slow", slow())).size).toBe(large.length + 4);
  });

  it("stops when its signal does, and at its timeout", async () => {
    const conn = await open();
    const signal = AbortSignal.abort();
    expect(await failure(conn.stat("pets", { signal }))).toMatchObject({ code: "CONN_ABORTED" });
    const endless = async function* (): AsyncGenerator<Uint8Array> {
      yield bytesOf("x");
      await new Promise(() => {});
    };
    const { code } = await failure(conn.write("endless", endless(), { timeout: 0.1 }));
    expect(code).toBe("CONN_TIMEOUT");
    expect(await conn.exists("endless")).toBe(false);
  });

  it("browses and is found healthy", async () => {
    const conn = await open();
    await conn.write("folder/pets.csv", "pet");
    expect(await conn.browse()).toEqual([{ name: "folder", kind: "folder", path: ["folder"] }]);
    expect(await conn.browse(["folder"])).toEqual([
      { name: "pets.csv", kind: "file", path: ["folder", "pets.csv"] },
    ]);
    expect((await conn.check()).ok).toBe(true);
  });
}
