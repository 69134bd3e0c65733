import assert from "node:assert/strict";
import { after, test } from "node:test";
import { connection } from "@conn/core";
import { MySourceConnection } from "../src/index.ts";
import { startServer, token } from "./source.ts";

const server = await startServer();
after(() => server.close());

const config = { url: server.url, token };
const type = MySourceConnection;

test("reads a list as a table", async () => {
  await using conn = await connection("pets", { type, config });
  const pets = await conn.read("pets");
  assert.deepEqual(pets.at(1), { person: "barbara", pet: "cat" });
});

test("says that the token is wrong", async () => {
  await using conn = await connection("pets", { type, config: { ...config, token: "outdated" } });
  await assert.rejects(conn.read("pets"), { code: "CONN_AUTH" });
});

test("sends its token to no other host", async () => {
  await using conn = await connection("pets", { type, config });
  for (const path of ["https://example.org/pets", "///example.org/pets", "\\\\example.org\\pets"])
    await assert.rejects(conn.read(path), { code: "CONN_ARGUMENT" }, path);
});
