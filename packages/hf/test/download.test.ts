import { lstat, mkdir, readdir, readFile, readlink, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { bytes, connect, failure, hub, nobody, pets, temporaryFolder } from "./support.ts";

const root = "hf://datasets/jerry/pets";

it("keeps a file where Python's library does, and downloads it once", async () => {
  const server = await hub();
  const cache = await temporaryFolder();
  const conn = await connect(server, { cache });
  const path = await conn.download(`${root}/data/big.bin`);
  const own = join(cache, "datasets--jerry--pets");
  const commit = await readFile(join(own, "refs/main"), "utf8");
  expect(path).toBe(join(own, "snapshots", commit, "data/big.bin"));
  const { version } = await conn.stat(`${root}/data/big.bin`);
  expect(await readlink(path)).toBe(`../../../blobs/${version}`);
  expect(await readFile(path)).toEqual(Buffer.from(bytes(300_000)));
  const sent = server.bytesSent;
  expect(await conn.download(`${root}/data/big.bin`)).toBe(path);
  expect(server.bytesSent).toBe(sent);
  const asked = server.requests.length;
  expect(await conn.download(`${root}@${commit}/data/big.bin`)).toBe(path);
  expect(server.requests).toHaveLength(asked);
  expect(await readdir(join(own, "blobs"))).toEqual([version]);
});

it("finds what Python has downloaded, also without the hub", async () => {
  const server = await hub();
  const cache = await temporaryFolder();
  const commit = "a".repeat(40);
  const own = join(cache, "datasets--jerry--pets");
  for (const folder of ["refs", "blobs", `snapshots/${commit}`])
    await mkdir(join(own, folder), { recursive: true });
  await writeFile(join(own, "refs/main"), commit);
  await writeFile(join(own, "blobs/0123"), "from python");
  await symlink("../../blobs/0123", join(own, "snapshots", commit, "a.txt"));
  const conn = await connect(server, { cache, endpoint: await nobody() });
  expect(await readFile(await conn.download(`${root}/a.txt`), "utf8")).toBe("from python");
  expect((await failure(conn.download(`${root}/b.txt`))).code).toBe("CONN_OPEN");
});

it("downloads a folder as of one commit, and files to a path of their own", async () => {
  const server = await hub();
  const cache = await temporaryFolder();
  const conn = await connect(server, { cache });
  const told: (number | undefined)[] = [];
  const folder = await conn.download(`${root}/data/`, {
    onProgress: ({ bytes: got }) => told.push(got),
  });
  expect((await readdir(folder)).sort()).toEqual(["big.bin", "pets.csv"]);
  expect(told.at(-1)).toBe(300_000 + pets.length);
  const to = await temporaryFolder();
  const file = await conn.download(`${root}/data/pets.csv`, { to: join(to, "own/pets.csv") });
  expect([file, await readFile(file, "utf8")]).toEqual([join(to, "own/pets.csv"), pets]);
  const into = await conn.download(`${root}/data/pets.csv`, { to: `${to}/folder/` });
  expect([into, await readFile(into, "utf8")]).toEqual([join(to, "folder/pets.csv"), pets]);
  await conn.download(`${root}/data/`, { to: join(to, "all") });
  expect((await lstat(join(to, "all/big.bin"))).isFile()).toBe(true);
});

it("keeps no bytes that are not those of their hash, and none of half a file", async () => {
  const server = await hub();
  const cache = await temporaryFolder();
  const conn = await connect(server, { cache });
  const { content } = server
    .add({
      type: "dataset",
      name: "jerry/pets",
      files: { "a.bin": "right" },
      lfs: ["a.bin"],
    })
    .files.get("a.bin")!;
  content.write("wrong");
  const error = await failure(conn.download(`${root}/a.bin`));
  expect(error.code).toBe("CONN_CHANGED");
  expect(await readdir(join(cache, "datasets--jerry--pets/blobs"))).toEqual([]);
  server.add({ type: "dataset", name: "jerry/pets", files: { "b.txt": "whole" } });
  server.play(["truncate"], /resolve/);
  expect(await readFile(await conn.download(`${root}/b.txt`), "utf8")).toBe("whole");
});

it("ends the download of a folder with its first failure", async () => {
  const server = await hub();
  const cache = await temporaryFolder();
  const conn = await connect(server, { cache });
  const names = Array.from({ length: 30 }, (_, index) => `${index}.txt`);
  const files = Object.fromEntries(names.map((name) => [name, name]));
  server.add({ type: "dataset", name: "jerry/pets", files });
  server.play([403], /resolve/);
  expect((await failure(conn.download(`${root}/`))).code).toBe("CONN_FORBIDDEN");
  const blobs = join(cache, "datasets--jerry--pets/blobs");
  const stored = await readdir(blobs).catch(() => []);
  // Whatever still went on would be beside these.
  for (let turn = 0; turn < names.length; turn++) await conn.exists(`${root}/0.txt`);
  expect(await readdir(blobs).catch(() => [])).toEqual(stored);
  expect(stored.length).toBeLessThan(names.length);
});

it.each(["../outside.txt", "a/../../outside.txt", "/etc/pets", ".git/config"])(
  "writes no file of a folder that is called %s",
  async (name) => {
    const server = await hub();
    server.add({ type: "dataset", name: "jerry/pets", files: { [name]: "x", "a.txt": "a" } });
    const cache = await temporaryFolder();
    const conn = await connect(server, { cache });
    const error = await failure(conn.download(`${root}/`));
    expect(error.code).toBe("CONN_QUERY");
    expect((await readdir(cache)).every((entry) => entry.startsWith("datasets--"))).toBe(true);
  },
);
