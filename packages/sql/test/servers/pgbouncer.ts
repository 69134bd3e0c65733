import { spawn } from "node:child_process";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { end, freePort, untilReady } from "./server.ts";

/** A PgBouncer that gives a server of PostgreSQL to each transaction, and not to a client for good. */
export async function startPgBouncer(
  target: string,
): Promise<AsyncDisposable & { readonly url: string }> {
  const folder = await mkdtemp(join(tmpdir(), "conn-pgbouncer-"));
  const { hostname, port: targetPort, username, pathname } = new URL(target);
  const port = await freePort();
  const settings = join(folder, "pgbouncer.ini");
  await writeFile(
    settings,
    `[databases]
pets = host=${hostname} port=${targetPort} dbname=${pathname.slice(1)} user=${username}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
`,
  );
  // It refuses to run as root.
  await chmod(folder, 0o755);
  const user = process.getuid?.() === 0 ? ["-u", "nobody"] : [];
  const env = { ...process.env, PATH: `${process.env["PATH"]}:/usr/sbin` };
  const child = spawn("pgbouncer", ["-q", ...user, settings], { stdio: "ignore", env });
  child.on("error", () => {});
  const url = `postgres://${username}@127.0.0.1:${port}/pets`;
  await untilReady(async () => {
    const client = new pg.Client(url);
    client.on("error", () => {});
    await client.connect();
    await client.end();
  });
  return {
    url,
    async [Symbol.asyncDispose]() {
      await end(child, "SIGKILL");
      await rm(folder, { recursive: true, force: true });
    },
  };
}
