import { readFile } from "node:fs/promises";
import { connection } from "@conn/core";
import { expect, it } from "vitest";
import { HfConnection } from "../src/index.ts";
import { bytes, connect, failure, hub, pets, writer } from "./support.ts";

const root = "hf://datasets/jerry/pets";

it("reads a file as a table, as text, as bytes and as JSON", async () => {
  const server = await hub();
  server.add({ type: "model", name: "jerry/bot", files: { "config.json": '{"layers":3}' } });
  const conn = await connect(server);
  const table = await conn.read(`${root}/data/pets.csv`);
  expect(table.rows()).toEqual([
    { name: "rex", species: "dog" },
    { name: "tom", species: "cat" },
  ]);
  expect(await conn.readText(`${root}/data/pets.csv`)).toBe(pets);
  expect(await conn.readBytes(`${root}/data/big.bin`)).toEqual(bytes(300_000));
  expect(await conn.readJson("hf://jerry/bot/config.json")).toEqual({ layers: 3 });
});

it("caches, and asks for nothing but the version once the time is up", async () => {
  const server = await hub();
  const conn = await connect(server);
  const first = await conn.read(`${root}/data/pets.csv`);
  const asked = server.requests.length;
  expect((await conn.read(`${root}/data/pets.csv`)).rows()).toEqual(first.rows());
  expect(server.requests).toHaveLength(asked);
  const sent = server.bytesSent;
  const again = await conn.read(`${root}/data/pets.csv`, { refresh: true });
  expect(again.rows()).toEqual(first.rows());
  expect(server.requests.slice(asked)).toEqual(["POST /api/datasets/jerry/pets/paths-info/main"]);
  expect(server.bytesSent).toBe(sent);
});

it("lists, finds, and tells size, time and version", async () => {
  const conn = await connect(await hub({ pageSize: 1 }));
  expect((await conn.list(`${root}/`)).map(({ kind, path }) => [kind, path])).toEqual([
    ["file", `${root}/README.md`],
    ["folder", `${root}/data/`],
  ]);
  expect(await conn.list(`${root}/`, { recursive: true })).toHaveLength(3);
  expect((await conn.glob(`${root}/**/*.csv`)).map(({ path }) => path)).toEqual([
    `${root}/data/pets.csv`,
  ]);
  expect(await conn.stat(`${root}/data/pets.csv`)).toEqual({
    kind: "file",
    path: `${root}/data/pets.csv`,
    name: "pets.csv",
    size: pets.length,
    modified: new Date("2026-01-01"),
    version: expect.stringMatching(/^[0-9a-f]{40}$/) as string,
  });
  expect(await conn.exists(`${root}/data/dogs.csv`)).toBe(false);
});

it("reads revisions, names of one part, pages of the web, and paths below a root", async () => {
  const server = await hub();
  server.add({
    type: "dataset",
    name: "jerry/pets",
    revision: "v1/old",
    files: { "a.txt": "old" },
  });
  server.add({
    type: "dataset",
    name: "jerry/pets",
    revision: "refs/pr/2",
    files: { "a.txt": "pr" },
  });
  server.add({ type: "dataset", name: "squad", files: { "a.txt": "one" } });
  const conn = await connect(server);
  expect(await conn.readText(`${root}@v1%2Fold/a.txt`)).toBe("old");
  expect(await conn.readText(`${root}@refs/pr/2/a.txt`)).toBe("pr");
  expect(await conn.readText("datasets/squad@main/a.txt")).toBe("one");
  expect(await conn.readText(`${server.url}/datasets/jerry/pets/blob/main/README.md`)).toBe(
    "# Pets",
  );
  const rooted = await connect(server, { root: "datasets/jerry/pets@main/data" });
  expect(await rooted.readText("pets.csv")).toBe(pets);
  expect((await rooted.list()).map(({ path }) => path)).toEqual(["pets.csv", "big.bin"]);
  const old = await connect(server, { root: "datasets/jerry/pets", revision: "v1/old" });
  expect(await old.readText("a.txt")).toBe("old");
});

it("sends the token to the hub, and never to the host of its large files", async () => {
  const server = await hub();
  server.add({
    type: "dataset",
    name: "jerry/secret",
    files: { "a.bin": "0123" },
    lfs: ["a.bin"],
    token: writer,
  });
  const conn = await connect(server, { token: writer });
  expect(await conn.readText("hf://datasets/jerry/secret/a.bin")).toBe("0123");
  expect(server.cdn.requests).toHaveLength(1);
  expect(server.cdn.requests[0]!.authorized).toBe(false);
  expect(JSON.stringify(conn)).not.toContain(writer);
});

it("asks the hub once for a large file, and its host for each range", async () => {
  const server = await hub();
  const conn = await connect(server, { partSize: 64 * 1024 });
  const chunks: Uint8Array[] = [];
  for await (const chunk of await conn.open(`${root}/data/big.bin`)) chunks.push(chunk);
  expect(Buffer.concat(chunks)).toEqual(Buffer.from(bytes(300_000)));
  const resolved = server.requests.filter((line) => line.includes("/resolve/"));
  // The first ranges start together.
  expect(resolved.length).toBeLessThanOrEqual(5);
  const before = server.requests.length;
  await conn.readBytes(`${root}/data/big.bin`);
  expect(server.requests.slice(before)).toEqual(["POST /api/datasets/jerry/pets/paths-info/main"]);
});

it("mends what is cut off, refused for a while, or signed for too long", async () => {
  const server = await hub();
  const conn = await connect(server);
  server.play(["truncate", 503, "reset", "truncate"]);
  expect(await conn.readBytes(`${root}/data/big.bin`)).toEqual(bytes(300_000));
  server.play([403], /^\/[0-9a-f]{64}$/);
  expect(await conn.readBytes(`${root}/data/big.bin`, { refresh: true, ttl: 0 })).toEqual(
    bytes(300_000),
  );
  server.limitRate(1, 0);
  expect(await conn.readText(`${root}/README.md`)).toBe("# Pets");
});

it("reads no mixture of two versions", async () => {
  const server = await hub();
  const conn = await connect(server);
  const text = "x".repeat(3_000_000);
  const files = { "a.txt": text };
  server.add({ type: "dataset", name: "jerry/pets", files });
  const stream = await conn.open(`${root}/a.txt`, { start: 0 });
  server.add({
    type: "dataset",
    name: "jerry/pets",
    files: { "a.txt": text.replaceAll("x", "y") },
  });
  const error = await failure(
    (async () => {
      for await (const chunk of stream) expect(chunk.length).toBeGreaterThan(0);
    })(),
  );
  expect(error.code).toBe("CONN_CHANGED");
});

it("gives Hugging Face's own library, with what its functions take", async () => {
  const server = await hub();
  const conn = await connect(server, { token: writer });
  const { hub: library, ...options } = await conn.client();
  server.play([503]);
  const repo = { type: "dataset", name: "jerry/pets" } as const;
  expect(await library.fileExists({ ...options, repo, path: "README.md" })).toBe(true);
  expect(await library.fileExists({ ...options, repo, path: "none.md" })).toBe(false);
  const request = new Request(`${server.url}/api/whoami-v2`, { headers: { Accept: "text/plain" } });
  expect((await options.fetch(request)).status).toBe(200);
});

it("checks the login and the repository in steps", async () => {
  const server = await hub();
  const good = await connect(server, { token: writer, root: "datasets/jerry/pets" });
  const report = await good.check();
  expect(report.stages.map(({ name, ok }) => [name, ok])).toEqual([
    ["open", true],
    ["ping", true],
    ["repository", true],
  ]);
  const bad = await connect(server, { token: "hf_wrong" });
  const { stages } = await bad.check();
  expect(stages.at(-1)).toMatchObject({ name: "ping", ok: false, error: { code: "CONN_AUTH" } });
  expect((await (await connect(server)).check()).ok).toBe(true);
});

it("browses the account's repositories", async () => {
  const server = await hub();
  server.add({ type: "space", name: "jerry/show", files: { "app.py": "" } });
  const conn = await connect(server, { token: writer });
  expect(await conn.browse()).toEqual([
    { name: "datasets/jerry/pets", kind: "repository", path: ["datasets/jerry/pets"] },
    { name: "spaces/jerry/show", kind: "repository", path: ["spaces/jerry/show"] },
  ]);
  const inside = await conn.browse(["datasets/jerry/pets", "data"]);
  expect(inside.map(({ name, kind }) => [name, kind])).toEqual([
    ["pets.csv", "file"],
    ["big.bin", "file"],
  ]);
});

it("is found by its type", async () => {
  const server = await hub();
  const conn = await connection("anything", {
    type: HfConnection,
    secrets: { connections: { anything: { endpoint: server.url, anonymous: true } } },
  } as never);
  expect(conn).toBeInstanceOf(HfConnection);
  const manifest = JSON.parse(
    await readFile(new URL("../package.json", import.meta.url), "utf8"),
  ) as { conn: { connections: object } };
  expect(Object.keys(manifest.conn.connections)).toEqual(["hf"]);
});
