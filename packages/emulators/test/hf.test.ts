import {
  commit,
  downloadFile,
  fileDownloadInfo,
  listDatasets,
  listFiles,
  modelInfo,
  pathsInfo,
  whoAmI,
} from "@huggingface/hub";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type HfServer, hfServer } from "../src/hf/server.ts";

let server: HfServer;
let hubUrl: string;
const pets = { type: "dataset", name: "jerry/pets" } as const;

beforeAll(async () => {
  server = await hfServer({ pageSize: 2 });
  hubUrl = server.url;
  const files = {
    "README.md": "# Pets",
    "data/a.csv": "name\nrex\n",
    "data/b c.bin": "0123456789",
  };
  server.add({ ...pets, files, lfs: ["data/b c.bin"] });
  server.add({ type: "model", name: "jerry/private", files: {}, token: "hf_right" });
  server.add({ type: "model", name: "jerry/gated", files: {}, token: "hf_right", gated: true });
});
afterAll(() => server[Symbol.asyncDispose]());

it("lists a tree page by page to Hugging Face's own client", async () => {
  const paths = [];
  for await (const { path } of listFiles({ repo: pets, recursive: true, hubUrl })) paths.push(path);
  expect(paths).toEqual(["README.md", "data", "data/a.csv", "data/b c.bin"]);
  expect(server.requests.filter((line) => line.includes("/tree/"))).toHaveLength(2);
});

it("serves a plain file whole and a file of LFS through a redirect, by ranges", async () => {
  const readme = await downloadFile({ repo: pets, path: "README.md", hubUrl });
  expect(await readme?.text()).toBe("# Pets");
  const address = `${hubUrl}/datasets/jerry/pets/resolve/main/data/b%20c.bin`;
  const part = await fetch(address, { headers: { Range: "bytes=2-4" } });
  expect([part.status, part.redirected, await part.text()]).toEqual([206, true, "234"]);
  const beyond = await fetch(address, { headers: { Range: "bytes=10-" } });
  expect(beyond.status).toBe(416);
});

it("answers for what is missing with the hub's error codes", async () => {
  expect(await fileDownloadInfo({ repo: pets, path: "none.csv", hubUrl })).toBeNull();
  const revision = await fetch(`${hubUrl}/api/datasets/jerry/pets/revision/old`);
  expect([revision.status, revision.headers.get("x-error-code")]).toEqual([
    404,
    "RevisionNotFound",
  ]);
});

it.each([
  ["jerry/private", undefined, 401],
  ["jerry/private", "hf_wrong", 404],
  ["jerry/gated", undefined, 401],
  ["jerry/gated", "hf_wrong", 403],
])("refuses %s to the token %s with %i", async (name, accessToken, statusCode) => {
  const asked = modelInfo({ name, hubUrl, ...(accessToken && { accessToken }) });
  await expect(asked).rejects.toMatchObject({ statusCode });
  expect(await modelInfo({ name, hubUrl, accessToken: "hf_right" })).toMatchObject({ name });
});

it("limits the rate on demand", async () => {
  server.limitRate(1, 3);
  const refused = await fetch(`${hubUrl}/api/datasets/jerry/pets`);
  expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "3"]);
  expect((await fetch(`${hubUrl}/api/datasets/jerry/pets`)).status).toBe(200);
});

it("keeps several revisions of a repository whose name has one part", async () => {
  const repo = { type: "dataset", name: "squad" } as const;
  server.add({ ...repo, files: { "a.txt": "new" } });
  server.add({ ...repo, files: { "a.txt": "old" }, revision: "v1/old" });
  const newest = await downloadFile({ repo, path: "a.txt", hubUrl });
  expect(await newest?.text()).toBe("new");
  const address = `${hubUrl}/datasets/squad/resolve/v1%2Fold/a.txt`;
  expect(await (await fetch(address)).text()).toBe("old");
  const paths = [];
  for await (const { path } of listFiles({ repo, hubUrl })) paths.push(path);
  expect(paths).toEqual(["a.txt"]);
});

it("redirects to a second host, which tells what it was sent and what it cost", async () => {
  const oid = "84d89877f0d4041efb6bf91a16f0248f2fd573e6af05c19f96bedb9f882f7882";
  const before = server.bytesSent;
  const address = `${hubUrl}/datasets/jerry/pets/resolve/main/data/b%20c.bin`;
  const headers = { Range: "bytes=0-3", Authorization: "Bearer hf_any" };
  expect((await fetch(address, { headers })).url).toBe(`${server.cdn.url}/${oid}`);
  // Node's fetch drops the token at another origin; a client that does not is recorded here.
  expect(server.cdn.requests.at(-1)).toEqual({ path: `/${oid}`, authorized: false });
  expect((await fetch(`${server.cdn.url}/${oid}`, { headers })).status).toBe(206);
  expect(server.cdn.requests.at(-1)).toEqual({ path: `/${oid}`, authorized: true });
  expect(server.bytesSent - before).toBe(8);
});

it("lists a dataset's Parquet files by configuration and split", async () => {
  const files = { "default/train/0000.parquet": "PAR1a", "default/train/0001.parquet": "PAR1b" };
  const repo = { ...pets, revision: "refs/convert/parquet", files, lfs: Object.keys(files) };
  server.add(repo);
  const answer = await fetch(`${hubUrl}/api/datasets/jerry/pets/parquet`);
  const { default: splits } = (await answer.json()) as { default: { train: string[] } };
  expect(splits.train).toHaveLength(2);
  expect(await (await fetch(splits.train[1]!)).text()).toBe("PAR1b");
});

it("takes commits of small files and of large ones, whole or in parts, from Hugging Face's own client", async () => {
  const repo = { type: "dataset", name: "jerry/written" } as const;
  server.add({ ...repo, files: { "old.txt": "old" } });
  server.account("hf_jerry", { name: "jerry", role: "write" });
  server.account("hf_alex", { name: "alex", role: "read" });
  const large = Buffer.alloc(600_000, "pets");
  const operations = [
    { operation: "addOrUpdate", path: "a.txt", content: new Blob(["a"]) },
    { operation: "addOrUpdate", path: "b.bin", content: new Blob(["b"]) },
    { operation: "addOrUpdate", path: "c.bin", content: new Blob([large]) },
    { operation: "delete", path: "old.txt" },
  ] as const;
  const options = { repo, title: "Pets", operations: [...operations], hubUrl };
  await expect(commit({ ...options, accessToken: "hf_alex" })).rejects.toMatchObject({
    statusCode: 403,
  });
  const made = await commit({ ...options, accessToken: "hf_jerry" });
  const stale = { ...options, accessToken: "hf_jerry", parentCommit: "0".repeat(40) };
  await expect(commit(stale)).rejects.toMatchObject({ statusCode: 412 });
  const paths = ["a.txt", "b.bin", "c.bin", "old.txt"];
  const infos = await pathsInfo({ repo, paths, hubUrl, revision: made!.commit.oid });
  expect(infos.map(({ path, size, lfs }) => [path, size, lfs !== undefined])).toEqual([
    ["a.txt", 1, false],
    ["b.bin", 1, true],
    ["c.bin", 600_000, true],
  ]);
  const address = `${hubUrl}/datasets/jerry/written/resolve/main/c.bin`;
  expect(Buffer.from(await (await fetch(address)).arrayBuffer())).toEqual(large);
});

it("says who a token is of, and finds by name and owner", async () => {
  server.account("hf_jerry", { name: "jerry", role: "write" });
  expect(await whoAmI({ accessToken: "hf_jerry", hubUrl })).toMatchObject({ name: "jerry" });
  const nobody = whoAmI({ accessToken: "hf_nobody", hubUrl });
  await expect(nobody).rejects.toMatchObject({ statusCode: 401 });
  const found = [];
  const search = { query: "pets", owner: "jerry" };
  for await (const { name } of listDatasets({ search, hubUrl })) found.push(name);
  expect(found).toEqual(["jerry/pets"]);
});

it("plays faults in their order", async () => {
  const address = `${hubUrl}/datasets/jerry/pets/resolve/main/README.md`;
  server.play([503, "reset", "truncate"], /README/);
  expect((await fetch(address)).status).toBe(503);
  await expect(fetch(address)).rejects.toThrow("fetch failed");
  const headers = { "Accept-Encoding": "identity" };
  const cut = fetch(address, { headers }).then((answer) => answer.text());
  await expect(cut).rejects.toThrow("terminated");
  expect(await (await fetch(address)).text()).toBe("# Pets");
});
