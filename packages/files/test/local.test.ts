import { spawnSync } from "node:child_process";
import {
  appendFile,
  chmod,
  mkdir,
  readdir,
  readFile,
  stat,
  symlink,
  writeFile,
} from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { bytesOf, connect, drained, failure, manyBytes, temporaryFolder } from "./support.ts";

it("leaves the root by no symbolic link, and follows those that stay inside", async () => {
  const folder = await temporaryFolder();
  const root = join(folder, "root");
  await mkdir(join(root, "pets"), { recursive: true });
  await writeFile(join(folder, "secret.txt"), "secret");
  await writeFile(join(root, "pets/fish.txt"), "fish");
  await symlink(join(folder, "secret.txt"), join(root, "out.txt"));
  await symlink(folder, join(root, "out"));
  await symlink("../../secret.txt", join(root, "pets/relative.txt"));
  await symlink("pets/fish.txt", join(root, "in.txt"));
  await symlink("circle.txt", join(root, "circle.txt"));
  const conn = await connect({ root });
  for (const call of [
    () => conn.readText("out.txt"),
    () => conn.readText("out/secret.txt"),
    () => conn.readText("pets/relative.txt"),
    () => conn.stat("out/secret.txt"),
    () => conn.list("out"),
    () => conn.write("out/new.txt", "x"),
    () => conn.write("out.txt", "x"),
    () => conn.copy("out.txt", "copy.txt"),
    () => conn.copy("in.txt", "out/copy.txt"),
    () => conn.delete("out/secret.txt"),
    () => conn.delete("out/root", { recursive: true }),
    () => conn.open("out.txt"),
  ]) {
    expect(await failure(call())).toMatchObject({ code: "CONN_FORBIDDEN" });
  }
  expect(await conn.readText("in.txt")).toBe("fish");
  expect((await failure(conn.readText("circle.txt"))).message).toContain("circle");
  expect((await conn.list("", { recursive: true })).map(({ path }) => path)).toEqual([
    "in.txt",
    "pets/fish.txt",
  ]);
  // The link goes, and not what it leads to.
  await conn.delete("out.txt");
  expect(await readFile(join(folder, "secret.txt"), "utf8")).toBe("secret");
  expect(await readdir(folder)).toEqual(["root", "secret.txt"]);
});

it("reads no pipe, no device and no folder", async () => {
  const folder = await temporaryFolder();
  expect(spawnSync("mkfifo", [join(folder, "pipe")]).status).toBe(0);
  await mkdir(join(folder, "folder"));
  const conn = await connect({ root: folder });
  expect((await failure(conn.readText("pipe"))).message).toContain("pipe or a device");
  expect((await failure(conn.read("folder"))).hint).toContain("ends with a slash");
  const { message, hint } = await failure(conn.delete("folder"));
  expect(message).toContain("it is a folder");
  expect(hint).toContain("recursive");
  expect((await failure(conn.write("folder", "x"))).message).toContain("folder");
  const open = await connect();
  expect((await failure(open.readText("/dev/zero"))).message).toContain("pipe or a device");
  expect((await conn.list()).map(({ name }) => name)).toEqual(["folder"]);
});

it("says what the system says: permissions, long names", async () => {
  const folder = await temporaryFolder();
  const conn = await connect({ root: folder });
  expect((await failure(conn.write("x".repeat(300), "x"))).message).toContain("too long");
  expect(await failure(conn.readText("x/y"))).toMatchObject({ code: "CONN_NOT_FOUND" });
  await conn.write("x", "a file");
  expect(await failure(conn.readText("x/y"))).toMatchObject({ code: "CONN_NOT_FOUND" });
});

it("keeps the old file whole until the new one is", async () => {
  const folder = await temporaryFolder();
  const conn = await connect({ root: folder });
  await conn.write("pets.txt", "fish");
  await chmod(join(folder, "pets.txt"), 0o640);
  const writer = (await conn.open("pets.txt", { mode: "write" })).getWriter();
  await writer.write(manyBytes(9_000_000));
  expect(await readFile(join(folder, "pets.txt"), "utf8")).toBe("fish");
  await writer.close();
  const { size, mode } = await stat(join(folder, "pets.txt"));
  expect([size, mode & 0o777]).toEqual([9_000_000, 0o640]);
  expect(await readdir(folder)).toEqual(["pets.txt"]);
});

it("notices a file that is written to in place", async () => {
  const folder = await temporaryFolder();
  const conn = await connect({ root: folder, partSize: 64 * 1024, concurrency: 1 });
  await writeFile(join(folder, "log"), manyBytes(1_000_000));
  const stream = await conn.open("log");
  let first = true;
  const read = async (): Promise<void> => {
    for await (const _chunk of stream) {
      if (first) await appendFile(join(folder, "log"), "more");
      first = false;
    }
  };
  expect(await failure(read())).toMatchObject({ code: "CONN_CHANGED" });
  expect(await drained(await conn.open("log"))).toHaveLength(1_000_004);
});

it("reads paths as the system has them where there is no root", async () => {
  const folder = await temporaryFolder();
  const conn = await connect();
  const path = join(folder, "a[1]/pets {x}.txt");
  await conn.write(path, "fish");
  expect(await conn.readText(`file://${folder}/a%5B1%5D/pets%20%7Bx%7D.txt`)).toBe("fish");
  expect((await conn.list(join(folder, "a[1]")))[0]).toMatchObject({ path });
  await conn.delete(path);
});

it("reads text in its encoding, and JSON with the place of a mistake", async () => {
  const conn = await connect({ root: await temporaryFolder() });
  await conn.write("latin.txt", Uint8Array.of(0x7a, 0x6f, 0xeb));
  expect(await conn.readText("latin.txt", { encoding: "windows-1252" })).toBe("zoë");
  expect((await failure(conn.readText("latin.txt"))).message).toContain("latin.txt");
  expect(await failure(conn.readText("latin.txt", { encoding: "klingon" }))).toMatchObject({
    code: "CONN_ARGUMENT",
  });
  await conn.write("utf16.txt", Uint8Array.of(0xff, 0xfe, 0x7a, 0, 0xeb, 0));
  expect(await conn.readText("utf16.txt")).toBe("zë");
  await conn.write("bom.json", bytesOf('\ufeff{"a":1}'));
  expect(await conn.readJson("bom.json")).toEqual({ a: 1 });
  await conn.write("bad.json", '{\n "secret": hunter2 }');
  const { message } = await failure(conn.readJson("bad.json"));
  expect(message).toContain("bad.json");
  expect(message).not.toContain("hunter2");
});
