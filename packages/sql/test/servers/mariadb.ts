import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import mysql from "mysql2/promise";
import type { Certificate } from "./certificates.ts";
import { end, freePort, freezeAll, type TestServer, thawAll, untilReady } from "./server.ts";

/** The server is where not everybody's PATH leads. */
const search = { ...process.env, PATH: `${process.env["PATH"]}:/usr/local/sbin:/usr/sbin:/sbin` };

/** A MariaDB on a temporary folder. */
export async function startMariadb(certificate?: Certificate): Promise<TestServer> {
  const folder = await mkdtemp(join(tmpdir(), "conn-mariadb-"));
  const data = join(folder, "data");
  const { username } = userInfo();
  // Servers that start together would take each other's temporary tables for their own.
  const env = { ...search, TMPDIR: folder };
  execFileSync(
    "mariadb-install-db",
    [
      "--no-defaults",
      `--datadir=${data}`,
      `--user=${username}`,
      "--auth-root-authentication-method=normal",
      "--skip-test-db",
      // The machine's places for asynchronous writing are few, and many tests run at once.
      "--innodb-use-native-aio=0",
    ],
    { stdio: "ignore", env },
  );
  if (certificate) {
    await writeFile(join(folder, "cert.pem"), certificate.cert);
    await writeFile(join(folder, "key.pem"), certificate.key, { mode: 0o600 });
  }
  const port = await freePort();
  const socket = join(folder, "mariadb.sock");
  let child: ChildProcess | undefined;
  const start = async (): Promise<void> => {
    child = spawn(
      "mariadbd",
      [
        "--no-defaults",
        `--datadir=${data}`,
        `--user=${username}`,
        `--port=${port}`,
        `--socket=${socket}`,
        "--innodb-use-native-aio=0",
        "--character-set-server=utf8mb4",
        "--bind-address=127.0.0.1",
        `--pid-file=${folder}/pid`,
        // To the operating system with each commit: what is acknowledged survives a kill.
        "--innodb-flush-log-at-trx-commit=2",
        "--skip-name-resolve",
        ...(certificate ? [`--ssl-cert=${folder}/cert.pem`, `--ssl-key=${folder}/key.pem`] : []),
      ],
      { stdio: "ignore", env },
    );
    await ready(port);
  };
  await start();
  return {
    url: `mysql://root@127.0.0.1:${port}/pets`,
    port,
    socket,
    start,
    kill: () => end(child, "SIGKILL"),
    freeze: () => freezeAll(child!.pid!),
    thaw: () => thawAll(child!.pid!),
    stop: async () => {
      await end(child, "SIGTERM");
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function ready(port: number): Promise<void> {
  return untilReady(async () => {
    const client = await mysql.createConnection({ host: "127.0.0.1", port, user: "root" });
    await client.query("create database if not exists pets");
    await client.end();
  });
}
