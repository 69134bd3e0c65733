import * as zlib from "node:zlib";
import { ConnError, Table } from "@conn/core";
import * as v from "valibot";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { FilesConnection, Progress, StreamOptions } from "../src/index.ts";
import { faultyServer } from "./faulty-server.ts";
import { type RunningStore, running, type StoreFacts } from "./stores/facts.ts";
import { gcs } from "./stores/gcs.ts";
import { local } from "./stores/local.ts";
import { s3 } from "./stores/s3.ts";
import { connect, failure, temporaryFolder } from "./support.ts";

const owners = "person,pet\njerry,fish\nbarbara,cat\nalex,puppy\n";
const stores: readonly StoreFacts[] = running(local, s3, gcs);

describe.each(stores)("tables on $title", (facts) => {
  let store: RunningStore;
  beforeAll(async () => void (store = await facts.start()), 60_000);
  afterAll(() => store[Symbol.asyncDispose]());
  const open = async (settings: object = {}): Promise<FilesConnection> =>
    connect({ ...(await store.place()), ...settings });

  it("reads CSV, whole and in part, and from the cache", async () => {
    const conn = await open();
    await conn.write("owners.csv", owners);
    const table = await conn.read<{ person: string; pet: string }>("owners.csv", {
      format: "csv",
      ttl: 600,
    });
    expect(table.rows()).toEqual([
      { person: "jerry", pet: "fish" },
      { person: "barbara", pet: "cat" },
      { person: "alex", pet: "puppy" },
    ]);
    expect(table.meta.cached).toBe(false);
    expect((await conn.read("owners.csv", { format: "csv", ttl: 600 })).meta.cached).toBe(true);
    const some = await conn.read("owners.csv", { columns: ["person"], where: { pet: "cat" } });
    expect(some.rows()).toEqual([{ person: "barbara" }]);
    expect(await conn.read("owners.csv", { limit: 2 })).toHaveLength(2);
  });

  it("reads what is compressed", async () => {
    const conn = await open();
    await conn.write("owners.csv.gz", zlib.gzipSync(owners));
    expect(await conn.read("owners.csv.gz")).toHaveLength(3);
    expect(await conn.readText("owners.csv.gz")).toBe(owners);
    await conn.write("encoded.csv", zlib.gzipSync(owners), { contentEncoding: "gzip" });
    if (facts.keepsTypes) expect(await conn.read("encoded.csv")).toHaveLength(3);
  });

  it("writes tables and rows in the format of the name", async () => {
    const conn = await open();
    const rows = [
      { pet: "fish", age: 2 },
      { pet: "cat", age: null },
    ];
    await conn.write("pets.jsonl", Table.fromRows(rows));
    await conn.write("pets.csv", rows);
    await conn.write("pets.csv.gz", rows);
    await conn.write("pets", rows, { format: "json" });
    for (const path of ["pets.jsonl", "pets.csv", "pets.csv.gz"])
      expect((await conn.read(path)).rows()).toEqual(rows);
    expect(await conn.readJson("pets")).toEqual(rows);
  });

  it("reads a large file in batches, and stops when the loop is left", async () => {
    const conn = await open({ partSize: 64 * 1024 });
    const lines = Array.from({ length: 200_000 }, (_, index) => `${index},pet ${index}`);
    await conn.write("large.csv", `id,name\n${lines.join("\n")}\n`);
    let rows = 0;
    for await (const batch of conn.stream("large.csv", { batchSize: 10_000 })) rows += batch.length;
    expect(rows).toBe(200_000);
    for await (const batch of conn.stream("large.csv")) {
      expect(batch.length).toBeGreaterThan(0);
      break;
    }
    const seen: Progress[] = [];
    const table = await conn.read("large.csv", { onProgress: (each) => seen.push(each) });
    expect(table.at(-1)).toEqual({ id: 199_999, name: "pet 199999" });
    expect(seen.at(-1)?.bytes).toBe(seen.at(-1)?.total);
  });

  it("streams several files one after the other, with a column for each partition", async () => {
    const conn = await open();
    await conn.write("v/year=2024/a.csv", "n\n1\n2\n");
    await conn.write("v/year=2025/a.jsonl", '{"n":3,"w":1.5}\n');
    await conn.write("v/year=2026/a.csv", "n,w\n4,2.5\n5,\n");
    const rowsOf = async (path: string, options?: StreamOptions): Promise<object[]> => {
      const rows: object[] = [];
      for await (const batch of conn.stream(path, options)) rows.push(...batch.rows());
      return rows;
    };
    expect(await rowsOf("v/", { columns: ["n", "year", "w"], limit: 4, batchSize: 1 })).toEqual([
      { n: 1, year: 2024, w: null },
      { n: 2, year: 2024, w: null },
      { n: 3, year: 2025, w: 1.5 },
      { n: 4, year: 2026, w: 2.5 },
    ]);
    const seen: Progress[] = [];
    const onProgress = (each: Progress): number => seen.push(each);
    const where = { year: { ">": 2024 }, w: { null: false } };
    expect(await rowsOf("v/*/a.{csv,jsonl}", { where, columns: ["n"], onProgress })).toEqual([
      { n: 3 },
      { n: 4 },
    ]);
    expect(seen.at(-1)).toEqual({ bytes: 29, total: 29 });
    const wrong = rowsOf("v/**", { columns: ["n", "ww"] });
    await expect(wrong).rejects.toMatchObject({ code: "CONN_ARGUMENT", hint: 'Did you mean "w"?' });
    await expect(rowsOf("none/*.csv")).rejects.toMatchObject({ code: "CONN_NOT_FOUND" });
  });

  it("tests each of several files by the types that it has", async () => {
    const conn = await open();
    await conn.write("w/a.csv", "a,n\n1,1\n2,2\n");
    await conn.write("w/b.csv", "a,n\nx,3\n");
    const both = [{ a: "x" }, { a: 2 }, { n: 1 }];
    for (const [where, numbers] of [
      [{ a: "x" }, [3]],
      [{ a: 2 }, [2]],
      [both, [1, 2, 3]],
    ] as const) {
      expect((await conn.read("w/", { where })).rows().map(({ n }) => n)).toEqual(numbers);
      const seen: unknown[] = [];
      for await (const batch of conn.stream("w/", { where }))
        seen.push(...batch.rows().map(({ n }) => n));
      expect(seen).toEqual(numbers);
    }
    const wrong = { where: { n: "x" } };
    expect((await failure(conn.read("w/", wrong))).hint).toBe("Give a number or bigint.");
    expect((await failure(conn.stream("w/", wrong).next())).hint).toBe("Give a number or bigint.");
  });

  it("streams the rows of a file once that tells at its end that it lacks a column", async () => {
    const conn = await open();
    const lines = Array.from({ length: 25 }, (_, n) => `{"n":${n}}\n`);
    await conn.write("v/a.jsonl", lines.join(""));
    await conn.write("v/b.jsonl", '{"n":25,"w":1}\n');
    const rows: object[] = [];
    const options = { columns: ["n", "w"], batchSize: 10 };
    for await (const batch of conn.stream("v/", options)) rows.push(...batch.rows());
    expect(rows).toEqual(Array.from({ length: 26 }, (_, n) => ({ n, w: n === 25 ? 1 : null })));
  });

  it("reads several files into one table, with a column for each partition", async () => {
    const conn = await open();
    await conn.write("v/year=2025/pet=cat%3F/a.csv", "n,w\n1,1\n");
    await conn.write("v/year=2026/pet=fish/a.csv", "n,w\n2,1.5\n");
    await conn.write("v/year=2026/pet=__HIVE_DEFAULT_PARTITION__/b.csv", "n,extra\n3,x\n");
    await conn.write("v/_SUCCESS", "");
    const all = await conn.read("v/");
    expect(all.columns.map(({ name, type }) => `${name} ${type}`).sort()).toEqual([
      "extra string",
      "n integer",
      "pet string",
      "w float",
      "year integer",
    ]);
    const sorted = all.rows().sort((left, right) => Number(left["n"]) - Number(right["n"]));
    expect(sorted).toEqual([
      { n: 1, w: 1, extra: null, year: 2025, pet: "cat?" },
      { n: 2, w: 1.5, extra: null, year: 2026, pet: "fish" },
      { n: 3, w: null, extra: "x", year: 2026, pet: null },
    ]);
    const fish = await conn.read("v/**/*.csv", {
      where: { year: { ">=": 2026 }, pet: "fish" },
      columns: ["pet", "n"],
    });
    expect(fish.rows()).toEqual([{ pet: "fish", n: 2 }]);
    expect(fish.columns.map(({ name }) => name)).toEqual(["pet", "n"]);
    const either = await conn.read("v/**/*.csv", {
      where: [{ year: 2025 }, { n: 3 }],
      columns: ["n"],
    });
    expect(new Set(either.column("n"))).toEqual(new Set([1, 3]));
    expect(await conn.read("v/**/*.csv", { where: { year: 1999 } })).toHaveLength(0);
    for (const where of [{ year: "2026" }, { pet: [1] }, { year: { ">": new Date() } }])
      expect(await failure(conn.read("v/", { where }))).toMatchObject({ code: "CONN_ARGUMENT" });
    const own = await conn.read("v/", { columns: ["n", "extra"], types: { extra: "string" } });
    expect(own.rows()).toContainEqual({ n: 1, extra: null });
    expect((await conn.read("v/", { where: { extra: "x" } })).rows()).toMatchObject([{ n: 3 }]);
    expect(await conn.read("v/", { where: { extra: { null: true } } })).toHaveLength(2);
    for (const options of [{ columns: ["nowhere"] }, { where: { nowhere: 1 } }])
      expect((await failure(conn.read("v/", options))).message).toContain('"nowhere"');
    expect(await conn.read("v/", { limit: 2 })).toHaveLength(2);
    expect(await failure(conn.read("v/*.nothing"))).toMatchObject({ code: "CONN_NOT_FOUND" });
  });

  it("writes no table by a name whose codec it cannot write", async () => {
    const conn = await open();
    const rows = [{ pet: "fish" }];
    for (const name of ["pets.csv.zz", "pets.json.gzip", "pets.jsonl.zstd", "pets.parquet.gzip"]) {
      if (name.endsWith("zstd") && !("createZstdCompress" in zlib)) continue;
      await conn.write(name, rows);
      expect((await conn.read(name)).rows()).toEqual(rows);
    }
    const { code, hint } = await failure(conn.write("pets.csv.bz2", rows));
    expect([code, hint]).toEqual(["CONN_UNSUPPORTED", 'Use { compression: "gzip" } or "zstd".']);
    expect(await conn.exists("pets.csv.bz2")).toBe(false);
  });

  it("types rows by a schema, and says which row does not fit", async () => {
    const conn = await open();
    await conn.write("owners.csv", owners);
    const schema = v.object({ person: v.string(), pet: v.string() });
    const table = await conn.read("owners.csv", { schema });
    expect(table.at(0)?.pet.toUpperCase()).toBe("FISH");
    const wrong = v.object({ person: v.number(), pet: v.string() });
    expect(await failure(conn.read("owners.csv", { schema: wrong }))).toMatchObject({
      code: "CONN_ROW_INVALID",
    });
  });

  it("says what is wrong with a file, and caches no failure", async () => {
    const conn = await open();
    await conn.write("bad.csv", "a,b\n1,2\n3\n");
    const error = await failure(conn.read("bad.csv"));
    expect(error).toBeInstanceOf(ConnError);
    expect(error.message).toContain("bad.csv");
    await conn.write("bad.csv", "a,b\n1,2\n3,4\n");
    expect(await conn.read("bad.csv")).toHaveLength(2);
  });
});

it.runIf(running(s3).length)(
  "downloads no table again that has not changed, and every one that has",
  async () => {
    const store = await s3.start();
    const server = await faultyServer(store.endpoint!);
    const place = (await store.place(server.url)) as { endpoint: string };
    const conn = await connect(place);
    const other = await connect({ ...place, endpoint: store.endpoint! });
    const downloads = (): number => server.requests.filter(({ headers }) => headers.range).length;
    await other.write("d/a.csv", owners);
    await other.write("d/b.csv", owners);
    const first = await conn.read("d/*.csv", { ttl: 600 });
    expect([first.length, downloads()]).toEqual([6, 2]);
    expect((await conn.read("d/*.csv", { ttl: 600, refresh: true })).length).toBe(6);
    expect(downloads()).toBe(2);
    await other.write("d/b.csv", `${owners}nobody,snake\n`);
    expect((await conn.read("d/*.csv", { ttl: 600, refresh: true })).length).toBe(7);
    expect(downloads()).toBe(4);
    expect((await conn.read("d/*.csv", { ttl: 0 })).length).toBe(7);
    expect(downloads()).toBe(6);
    await server[Symbol.asyncDispose]();
    await store[Symbol.asyncDispose]();
  },
);

it.runIf(running(s3).length)("copies from one store to another", async () => {
  const store = await s3.start();
  const place = (await store.place()) as {
    endpoint: string;
    accessKeyId: string;
    secretAccessKey: string;
    root: string;
  };
  const inBucket = await connect(place);
  await inBucket.write("owners.csv", owners);
  const bucket = place.root.split("/")[2]!;
  // Credentials and the endpoint in a section make it one of S3; here they are in the environment.
  const saved = { ...process.env };
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: place.endpoint,
    AWS_ACCESS_KEY_ID: place.accessKeyId,
    AWS_SECRET_ACCESS_KEY: place.secretAccessKey,
  });
  try {
    const conn = await connect();
    const folder = await temporaryFolder();
    await conn.copy(`s3://${bucket}/in/side/owners.csv`, `${folder}/owners.csv`);
    expect((await conn.read(`${folder}/owners.csv`)).length).toBe(3);
    await conn.move(`${folder}/owners.csv`, `s3://${bucket}/in/side/back.csv`);
    expect(await conn.exists(`${folder}/owners.csv`)).toBe(false);
    expect(await inBucket.readText("back.csv")).toBe(owners);
  } finally {
    process.env = saved;
    await store[Symbol.asyncDispose]();
  }
});
