import assert from "node:assert/strict";
import { after, test } from "node:test";
import { connection } from "@conn/core";
import { MySourceConnection } from "../src/index.ts";
import { password, startServer } from "./source.ts";

const server = await startServer();
after(() => server.close());

const config = { host: "127.0.0.1", port: server.port, password };
const type = MySourceConnection;

test("finds rows by a parameter", async () => {
  await using conn = await connection("pets", { type, config });
  const pets = await conn.query("find pets where person = ?", { params: ["barbara"] });
  assert.deepEqual(pets.rows(), [{ person: "barbara", pet: "cat" }]);
});

test("tells how many rows were written", async () => {
  await using conn = await connection("pets", { type, config });
  assert.deepEqual(await conn.execute("add pet ?", ["cat"]), { rowCount: 1 });
});

test("writes nothing through query", async () => {
  await using conn = await connection("pets", { type, config });
  await assert.rejects(conn.query("add pet ?", { params: ["cat"] }), { code: "CONN_READ_ONLY" });
});

test("says that the password is wrong", async () => {
  await using conn = await connection("pets", { type, config: { ...config, password: "old" } });
  await assert.rejects(conn.query("find pets"), { code: "CONN_AUTH" });
});
