import assert from "node:assert/strict";
import { after, test } from "node:test";
import { connection } from "@conn/core";
import { MySourceConnection } from "../src/index.ts";
import { makeFiles } from "./source.ts";

const { folder, remove } = await makeFiles();
after(remove);

const config = { folder };
const type = MySourceConnection;

test("reads a file as a table", async () => {
  await using conn = await connection("pets", { type, config });
  const pets = await conn.read("pets.json");
  assert.deepEqual(pets.at(1), { person: "barbara", pet: "cat" });
});

test("reads what it has written", async () => {
  await using conn = await connection("pets", { type, config });
  await conn.write("copy.json", await conn.read("pets.json"));
  assert.deepEqual((await conn.read("copy.json")).rows(), (await conn.read("pets.json")).rows());
  assert.ok((await conn.browse()).some(({ name }) => name === "copy.json"));
});

test("says that a file is broken", async () => {
  await using conn = await connection("pets", { type, config });
  await assert.rejects(conn.read("broken.json"), { code: "CONN_QUERY" });
});

test("stays in its folder", async () => {
  await using conn = await connection("pets", { type, config });
  for (const path of ["../pets.json", "/etc/hostname", "a/../../pets.json", "pets.json\0"]) {
    await assert.rejects(conn.read(path), { code: "CONN_ARGUMENT" }, path);
    await assert.rejects(conn.write(path, []), { code: "CONN_ARGUMENT" }, path);
  }
  await assert.rejects(conn.read("link/secret.json"));
  await assert.rejects(conn.write("link/new.json", []));
  assert.ok((await conn.browse()).every(({ name }) => !name.includes("secret")));
});
