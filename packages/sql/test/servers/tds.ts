import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Certificate } from "./certificates.ts";
import { end, freePort, freezeAll, type TestServer, thawAll } from "./server.ts";

/** The emulator is TypeScript, which only the workspace's own Node runs as it stands. */
const workspace = createRequire(new URL("../../../../package.json", import.meta.url));
const node = join(dirname(workspace.resolve("node/package.json")), "bin/node");
const program = fileURLToPath(new URL("../../../emulators/src/tds/main.ts", import.meta.url));

/** An emulated SQL Server on a temporary folder: it speaks TDS, over a DuckDB. */
export async function startTdsServer(certificate?: Certificate): Promise<TestServer> {
  const folder = await mkdtemp(join(tmpdir(), "conn-tds-"));
  const files: string[] = [];
  for (const [name, text] of Object.entries(certificate ?? {})) {
    await writeFile(join(folder, name), text as string);
    files.push(`--${name}=${join(folder, name)}`);
  }
  const port = await freePort();
  let child: ChildProcess | undefined;
  const start = async (): Promise<void> => {
    child = spawn(
      node,
      [program, `--port=${port}`, `--path=${join(folder, "pets.db")}`, ...files],
      {
        stdio: ["ignore", "pipe", "inherit"],
      },
    );
    await once(child.stdout!, "data");
  };
  await start();
  return {
    url: `mssql://sa:pets@127.0.0.1:${port}/pets`,
    port,
    socket: folder,
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
