import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { Storage } from "@google-cloud/storage";
import { afterAll, beforeAll, expect, it } from "vitest";
import { crc32c } from "../src/gcs/crc32c.ts";
import { type GcsServer, gcsServer } from "../src/gcs/server.ts";

let server: GcsServer;
let storage: Storage;

beforeAll(async () => {
  server = await gcsServer();
  storage = new Storage({ apiEndpoint: server.url, projectId: "pets" });
  await storage.createBucket("pets");
});
afterAll(() => server[Symbol.asyncDispose]());

it("has buckets that Google's own client makes, lists and deletes", async () => {
  await storage.createBucket("more");
  const [buckets] = await storage.getBuckets();
  expect(buckets.map(({ name }) => name)).toEqual(["more", "pets"]);
  await storage.bucket("more").delete();
  expect(await storage.bucket("more").exists()).toEqual([false]);
  await expect(storage.createBucket("pets")).rejects.toMatchObject({ code: 409 });
});

it("takes uploads in one request and in pieces, checked by the client", async () => {
  const bucket = storage.bucket("pets");
  await bucket.file("a/ä b?#").save("fish", {
    resumable: false,
    validation: "crc32c",
    metadata: { contentType: "text/plain", metadata: { owner: "jerry" } },
  });
  const [metadata] = await bucket.file("a/ä b?#").getMetadata();
  expect(metadata).toMatchObject({
    size: "4",
    contentType: "text/plain",
    metadata: { owner: "jerry" },
  });
  const pieces = Array.from({ length: 5 }, (_, index) => Buffer.alloc(300_000, index));
  const file = bucket.file("pieces");
  const target = file.createWriteStream({ chunkSize: 256 * 1024, validation: "md5" });
  await pipeline(Readable.from(pieces), target);
  const [bytes] = await file.download();
  expect(Buffer.compare(bytes, Buffer.concat(pieces))).toBe(0);
});

it("gives ranges, and one generation at a time", async () => {
  const file = storage.bucket("pets").file("ranges");
  await file.save("0123456789", { resumable: false });
  const { generation } = file.metadata;
  const read = async (options: object, of = file): Promise<string> =>
    (await buffer(of.createReadStream({ validation: false, ...options }))).toString();
  expect(await read({ start: 2, end: 4 })).toBe("234");
  expect(await read({ start: 8 })).toBe("89");
  expect(await read({ end: -3 })).toBe("789");
  await expect(read({ start: 20, end: 30 })).rejects.toMatchObject({ code: 416 });
  await storage.bucket("pets").file("ranges").save("new", { resumable: false });
  const old = storage.bucket("pets").file("ranges", { generation: generation! });
  await expect(read({}, old)).rejects.toMatchObject({ code: 404 });
});

it("heeds conditions, for the first upload too", async () => {
  const save = (
    text: string,
    ifGenerationMatch: string | number,
    resumable = false,
  ): Promise<void> =>
    storage
      .bucket("pets")
      .file("guarded")
      .save(text, { resumable, preconditionOpts: { ifGenerationMatch } });
  await save("one", 0);
  await expect(save("two", 0)).rejects.toMatchObject({ code: 412 });
  await expect(save("two", 0, true)).rejects.toMatchObject({ code: 412 });
  const [{ generation }] = await storage.bucket("pets").file("guarded").getMetadata();
  await save("two", generation!, true);
  expect((await storage.bucket("pets").file("guarded").download()).toString()).toBe("two");
});

it("lists by prefix and delimiter, page by page", async () => {
  await storage.createBucket("many");
  const bucket = storage.bucket("many");
  for (const name of ["a/1", "a/2", "b", "c/1", "d"])
    await bucket.file(name).save("x", { resumable: false });
  const [all] = await bucket.getFiles();
  expect(all.map(({ name }) => name)).toEqual(["a/1", "a/2", "b", "c/1", "d"]);
  const prefixes: string[] = [];
  let query: object | null = { delimiter: "/", maxResults: 1, autoPaginate: false };
  while (query) {
    const [files, next, page] = (await bucket.getFiles(query)) as unknown as [
      { name: string }[],
      object | null,
      { prefixes?: string[] },
    ];
    prefixes.push(...files.map(({ name }) => name), ...(page.prefixes ?? []));
    query = next;
  }
  expect(prefixes).toEqual(["a/", "b", "c/", "d"]);
});

it("copies and deletes", async () => {
  const bucket = storage.bucket("pets");
  await bucket.file("from").save("fish", { resumable: false, contentType: "text/x-pet" });
  await bucket.file("from").copy(bucket.file("to"));
  expect((await bucket.file("to").getMetadata())[0]).toMatchObject({ contentType: "text/x-pet" });
  await bucket.file("to").delete();
  expect(await bucket.file("to").exists()).toEqual([false]);
  await expect(bucket.file("to").delete()).rejects.toMatchObject({ code: 404 });
});

it("knows its checksum", () => {
  // https://www.rfc-editor.org/rfc/rfc3720#appendix-B.4
  expect(Buffer.from(crc32c(Buffer.alloc(32)), "base64").toString("hex")).toBe("8a9136aa");
  expect(crc32c(Buffer.from("123456789"))).toBe("4waSgw==");
});
