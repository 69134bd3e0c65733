import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, chown, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import type { Certificate } from "./certificates.ts";
import { end, freePort, freezeAll, type TestServer, thawAll, untilReady } from "./server.ts";

const superuser = "postgres";

/** A PostgreSQL on a temporary folder. It refuses to run as root, so that root lends it another user. */
export async function startPostgres(certificate?: Certificate): Promise<TestServer> {
  const bin = await binaries();
  const folder = await mkdtemp(join(tmpdir(), "conn-postgres-"));
  const data = join(folder, "data");
  const user = process.getuid?.() === 0 ? idsOf("nobody") : undefined;
  if (user) await chown(folder, user.uid, user.gid);
  await chmod(folder, 0o700);
  execFileSync(
    join(bin, "initdb"),
    ["-D", data, "-U", superuser, "--auth=trust", "--no-sync", "-E", "UTF8", "--locale=C"],
    { stdio: "ignore", ...user },
  );
  const secure = certificate ? await tlsArguments(folder, certificate, user) : [];
  const port = await freePort();
  let child: ChildProcess | undefined;
  const start = async (): Promise<void> => {
    child = spawn(
      join(bin, "postgres"),
      [
        "-D",
        data,
        "-k",
        folder,
        `--port=${port}`,
        "--listen_addresses=127.0.0.1",
        "--fsync=off",
        "--full_page_writes=off",
        "--max_connections=60",
        ...secure,
      ],
      { stdio: "ignore", ...user },
    );
    await ready(port);
  };
  await start();
  return {
    url: `postgres://${superuser}@127.0.0.1:${port}/postgres`,
    port,
    socket: folder,
    start,
    // At once and without tidying up: the next start recovers from the log.
    kill: () => end(child, "SIGQUIT"),
    freeze: () => freezeAll(child!.pid!),
    thaw: () => thawAll(child!.pid!),
    stop: async () => {
      await end(child, "SIGINT");
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The server takes no key that another user owns. */
async function tlsArguments(
  folder: string,
  { cert, key }: Certificate,
  user: { uid: number; gid: number } | undefined,
): Promise<string[]> {
  const files = { ssl_cert_file: cert, ssl_key_file: key };
  for (const [name, text] of Object.entries(files)) {
    await writeFile(join(folder, name), text, { mode: 0o600 });
    if (user) await chown(join(folder, name), user.uid, user.gid);
  }
  return ["--ssl=on", ...Object.keys(files).map((name) => `--${name}=${join(folder, name)}`)];
}

function ready(port: number): Promise<void> {
  return untilReady(async () => {
    const client = new pg.Client({ host: "127.0.0.1", port, user: superuser });
    client.on("error", () => {});
    await client.connect();
    await client.end();
  });
}

/** Debian keeps the server's programs out of the PATH. */
async function binaries(): Promise<string> {
  const root = "/usr/lib/postgresql";
  const versions = existsSync(root) ? await readdir(root) : [];
  const [newest] = versions.toSorted((a, b) => Number(b) - Number(a));
  if (newest !== undefined) return join(root, newest, "bin");
  const found = execFileSync("sh", ["-c", "command -v initdb"], { encoding: "utf8" }).trim();
  return join(found, "..");
}

function idsOf(name: string): { uid: number; gid: number } {
  const id = (flag: string): number =>
    Number(execFileSync("id", [flag, name], { encoding: "utf8" }));
  return { uid: id("-u"), gid: id("-g") };
}
