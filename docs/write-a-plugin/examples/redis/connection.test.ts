import { fileURLToPath } from "node:url";
import { conform, values } from "@conn/testing";
import { createClient } from "redis";
import { afterAll, test } from "vitest";
import { RedisConnection } from "./connection.ts";
import { redisServer } from "./server.ts";

const password = "only-for-this-test";
const server = await redisServer();
afterAll(() => server[Symbol.asyncDispose]());
const { port, url } = server;

const admin = createClient({ url });
await admin.connect();
const may = ["~pet:*", "~crowd:*", "~text", "+@all"];
await admin.sendCommand(["ACL", "SETUSER", "jerry", "on", `>${password}`, ...may]);
await admin.hSet("pet:jerry", { pet: "fish" });
await admin.hSet("pet:barbara", { pet: "cat" });
await admin.hSet("text", { value: values.text });
await admin.hSet("dragon:alex", { pet: "dragon" });
await Promise.all(
  Array.from({ length: 3000 }, (_, each) => admin.hSet(`crowd:${each}`, { pet: "fish" })),
);
admin.destroy();

const login = { username: "jerry", password };
// What the process of app.ts reads in place of a secrets file.
Object.assign(process.env, {
  CONN_PETS__URL: url,
  CONN_PETS__USERNAME: login.username,
  CONN_PETS__PASSWORD: login.password,
});

conform<RedisConnection>(
  {
    type: RedisConnection,
    config: { url, ...login },
    package: import.meta.url,
    sample: (conn, options) => conn.read("pet:*", options),
    variants: [(conn, options) => conn.read("pet:jerry", options)],
    fails: (conn, options) => conn.read("dragon:*", options),
    writes: (conn) => conn.write("pet:barbara", { legs: 4 }),
    streams: (conn, options) => conn.stream("crowd:*", options),
    network: {
      port,
      config: (address) => ({ url: `redis://${address.host}:${address.port}`, ...login }),
    },
    values: { empty: (conn) => conn.read("unicorn:*"), text: (conn) => text(conn) },
    script: ["--conditions=conn:source", fileURLToPath(new URL("app.ts", import.meta.url))],
  },
  { test },
);

async function text(conn: RedisConnection): Promise<unknown> {
  const table = await conn.read("text");
  return table.rows().map(({ key: _key, ...row }) => row);
}
