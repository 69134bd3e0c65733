import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdir, readFile } from "node:fs/promises";
import type { Server } from "node:http";
import { join } from "node:path";
import { promisify } from "node:util";
import { runServer } from "verdaccio";

export interface Registry extends AsyncDisposable {
  readonly url: string;
}

/** A registry on 127.0.0.1 that keeps what is published, and fetches the rest from the host's own. */
export async function startRegistry(folder: string): Promise<Registry> {
  await mkdir(folder, { recursive: true });
  const cafile = await npmConfig("cafile");
  const ca = cafile === undefined ? undefined : await readFile(cafile, "utf8");
  const everybody = { access: "$all", publish: "$all" };
  const server: Server = await runServer({
    self_path: folder,
    storage: join(folder, "storage"),
    uplinks: {
      host: { url: await npmConfig("registry"), maxage: "1h", ...(ca && { ca }) },
    },
    packages: {
      "@conn/*": everybody,
      "create-conn-plugin": everybody,
      "conn-plugin-*": everybody,
      "@*/conn-plugin-*": everybody,
      "**": { access: "$all", proxy: "host" },
    },
    auth: { htpasswd: { file: join(folder, "htpasswd"), max_users: -1 } },
    middlewares: {},
    web: { enable: false },
    log: { type: "stdout", format: "json", level: "fatal" },
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  return {
    url: `http://127.0.0.1:${port}/`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function npmConfig(name: string): Promise<string | undefined> {
  const { stdout } = await promisify(execFile)("npm", ["config", "get", name]);
  const value = stdout.trim();
  return value === "null" || value === "undefined" || value === "" ? undefined : value;
}
