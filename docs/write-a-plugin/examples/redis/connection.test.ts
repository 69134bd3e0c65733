import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { conform, values } from "@conn/testing";
import { createClient } from "redis";
import { afterAll, test } from "vitest";
import { RedisConnection } from "./connection.ts";

const password = "only-for-this-test";
const { port, url, stop } = await redisServer();
afterAll(stop);

const admin = createClient({ url });
await admin.connect();
await admin.sendCommand([
  "ACL",
  "SETUSER",
  "jerry",
  "on",
  `>${password}`,
  "~pet:*",
  "~crowd:*",
  "+@all",
]);
await admin.hSet("pet:jerry", { pet: "fish", name: values.text });
await admin.hSet("pet:barbara", { pet: "cat" });
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
  const [row] = (await conn.read("pet:jerry")).rows();
  return [{ name: row?.["name"] }];
}

/** A Redis of this file's own, on a free port. */
async function redisServer(): Promise<{ port: number; url: string; stop: () => Promise<void> }> {
  const dir = await mkdtemp(join(tmpdir(), "conn-redis-"));
  const port = await freePort();
  const options = ["--port", String(port), "--bind", "127.0.0.1", "--dir", dir, "--save", ""];
  const server = spawn("redis-server", options, { stdio: "ignore" });
  await once(server, "spawn");
  const url = `redis://127.0.0.1:${port}`;
  const stop = async (): Promise<void> => {
    server.kill();
    await rm(dir, { recursive: true, force: true });
  };
  for (let attempt = 0; ; attempt++) {
    const client = createClient({ url, socket: { reconnectStrategy: false } });
    const ready = await client
      .on("error", () => {})
      .connect()
      .then(
        () => true,
        () => false,
      );
    if (ready) return (client.destroy(), { port, url, stop });
    if (attempt > 100) throw new Error("redis-server does not start.");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
