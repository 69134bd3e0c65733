import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Table } from "@conn/core";
import { expect, it } from "vitest";
import { bytes, connect, failure, hub, pets, reader, temporaryFolder, writer } from "./support.ts";

const root = "hf://datasets/jerry/pets";

it("writes tables, text, bytes and streams, small ones in git and large ones outside", async () => {
  const server = await hub();
  const conn = await connect(server, { token: writer });
  const written = await conn.write(`${root}/owners.csv`, [{ person: "jerry", pet: "fish" }]);
  expect(written).toEqual({
    path: `${root}/owners.csv`,
    version: expect.stringMatching(/^[0-9a-f]{40}$/) as string,
    size: 24,
  });
  expect(await conn.readText(`${root}/owners.csv`)).toBe("person,pet\r\njerry,fish\r\n");
  const table = Table.fromRows([{ person: "alex", pet: "puppy" }]);
  await conn.write(`${root}/owners.parquet`, table);
  expect((await conn.read(`${root}/owners.parquet`)).rows()).toEqual(table.rows());
  const told: number[] = [];
  async function* parts(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < 700_000; at += 100_000) yield bytes(700_000).subarray(at, at + 100_000);
  }
  const large = await conn.write(`${root}/large.bin`, parts(), {
    onProgress: (progress) => told.push(progress.bytes),
  });
  expect(large).toMatchObject({
    size: 700_000,
    version: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
  });
  expect(await conn.readBytes(`${root}/large.bin`)).toEqual(bytes(700_000));
  expect(told.at(-1)).toBe(700_000);
  expect(server.cdn.requests.every(({ authorized }) => !authorized)).toBe(true);
});

it("uploads several files as one commit, from memory and from this machine", async () => {
  const server = await hub();
  const conn = await connect(server, { token: writer });
  const folder = await temporaryFolder();
  await mkdir(join(folder, "sub"));
  await writeFile(join(folder, "a.txt"), "a");
  await writeFile(join(folder, "sub/b.txt"), "b");
  const { commit } = await conn.upload(
    { [`${root}/x.csv`]: pets, [`${root}/local`]: pathToFileURL(`${folder}/`) },
    { message: "Add pets" },
  );
  expect(commit).toMatch(/^[0-9a-f]{40}$/);
  expect(server.requests.filter((line) => line.includes("/commit/"))).toHaveLength(1);
  const pinned = `hf://datasets/jerry/pets@${commit}`;
  expect(await conn.readText(`${pinned}/x.csv`)).toBe(pets);
  expect(await conn.readText(`${pinned}/local/a.txt`)).toBe("a");
  expect(await conn.readText(`${pinned}/local/sub/b.txt`)).toBe("b");
  const error = await failure(
    conn.upload({ [`${root}/y.csv`]: pets }, { parentCommit: "0".repeat(40) }),
  );
  expect(error.code).toBe("CONN_CONFLICT");
  expect((await failure(conn.upload({}))).code).toBe("CONN_ARGUMENT");
  const two = { [`${root}/x.csv`]: pets, "hf://jerry/bot/x.csv": pets };
  expect((await failure(conn.upload(two))).code).toBe("CONN_ARGUMENT");
});

it("opens a pull request, and leaves the branch as it is", async () => {
  const server = await hub();
  const conn = await connect(server, { token: writer });
  const { pullRequestUrl } = await conn.upload({ [`${root}/x.csv`]: pets }, { pullRequest: true });
  expect(pullRequestUrl).toBe(`${server.url}/datasets/jerry/pets/discussions/1`);
  expect(await conn.exists(`${root}/x.csv`)).toBe(false);
  expect(await conn.readText(`${root}@refs/pr/1/x.csv`)).toBe(pets);
  await conn.write(`${root}/z.csv`, pets, { pullRequest: true });
  expect(await conn.exists(`${root}@refs/pr/2/z.csv`)).toBe(true);
});

it("holds a condition against other commits, and not against those to other files", async () => {
  const server = await hub();
  const conn = await connect(server, { token: writer });
  const first = await conn.write(`${root}/a.txt`, "one", { ifAbsent: true });
  expect((await failure(conn.write(`${root}/a.txt`, "two", { ifAbsent: true }))).code).toBe(
    "CONN_CONFLICT",
  );
  await conn.write(`${root}/b.txt`, "other");
  await conn.write(`${root}/a.txt`, "two", { ifMatch: first.version });
  expect(
    (await failure(conn.write(`${root}/a.txt`, "three", { ifMatch: first.version }))).code,
  ).toBe("CONN_CONFLICT");
  expect(await conn.readText(`${root}/a.txt`)).toBe("two");
  const names = Array.from({ length: 4 }, (_, at) => `${root}/many/${at}.txt`);
  await Promise.all(names.map((name) => conn.write(name, "x", { ifAbsent: true })));
  expect(await conn.glob(`${root}/many/*`)).toHaveLength(4);
});

it("copies, moves and deletes files and folders", async () => {
  const server = await hub();
  const conn = await connect(server, { token: writer });
  await conn.copy(`${root}/data/pets.csv`, `${root}/copy.csv`);
  await conn.move(`${root}/copy.csv`, `${root}/moved.csv`);
  expect(await conn.exists(`${root}/copy.csv`)).toBe(false);
  expect(await conn.readText(`${root}/moved.csv`)).toBe(pets);
  const { version } = await conn.stat(`${root}/README.md`);
  const late = await failure(conn.delete(`${root}/moved.csv`, { ifMatch: version }));
  expect(late.code).toBe("CONN_CONFLICT");
  await conn.delete(`${root}/moved.csv`, { message: "Remove it" });
  await conn.delete(`${root}/moved.csv`);
  await conn.delete(`${root}/data/`, { recursive: true });
  expect((await conn.list(`${root}/`, { recursive: true })).map(({ name }) => name)).toEqual([
    "README.md",
  ]);
  expect((await failure(conn.delete(`${root}/`, { recursive: true }))).code).toBe("CONN_ARGUMENT");
});

it("repeats the parts of an upload, and never the commit itself", async () => {
  const server = await hub();
  const conn = await connect(server, { token: writer });
  server.play([503, "reset"], /preupload|^\/upload/);
  await conn.write(`${root}/large.bin`, bytes(600_000));
  expect(await conn.readBytes(`${root}/large.bin`)).toEqual(bytes(600_000));
  server.play(["reset"], /\/commit\//);
  const error = await failure(conn.write(`${root}/once.txt`, "x"));
  expect(error.code).toBe("CONN_LOST");
  expect(server.requests.filter((line) => line.includes("/commit/"))).toHaveLength(2);
});

it.each([
  ["without a token", undefined, "CONN_AUTH", /HF_TOKEN/],
  ["with a token that reads", reader, "CONN_FORBIDDEN", /write access/],
])("explains a write %s", async (_title, token, code, hint) => {
  const server = await hub();
  const conn = await connect(server, token === undefined ? {} : { token });
  const error = await failure(conn.write(`${root}/a.txt`, "x"));
  expect(error).toMatchObject({ code, hint: expect.stringMatching(hint) as string });
});

it("writes to no commit, and drops what was read before", async () => {
  const server = await hub();
  const conn = await connect(server, { token: writer });
  const error = await failure(conn.write(`${root}@${"a".repeat(40)}/a.txt`, "x"));
  expect(error.message).toMatch(/commit|revision/);
  await conn.write(`${root}/a.txt`, "old");
  expect(await conn.readText(`${root}/a.txt`)).toBe("old");
  await conn.write(`${root}/a.txt`, "new");
  expect(await conn.readText(`${root}/a.txt`)).toBe("new");
});
