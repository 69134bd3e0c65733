import { execFile } from "node:child_process";
import { chmod, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build } from "esbuild";
import { onTestFinished } from "vitest";
import { Secrets, type SecretsOptions } from "../src/secrets.ts";

/** The seed of random tests; set CONN_SEED to repeat a run. */
export const seed: number = Number(process.env["CONN_SEED"] ?? Math.floor(Math.random() * 2 ** 31));

/** A project and a home of their own, on disk for as long as the test runs. */
export interface World {
  readonly project: string;
  readonly home: string;
  readonly warnings: string[];
  /** The path of a file, which begins with `project/` or `home/`. */
  path(name: string): string;
  write(name: string, content: string | Uint8Array, mode?: number): Promise<string>;
  link(name: string, target: string): Promise<void>;
  secrets(options?: SecretsOptions): Secrets;
}

/** Files are written with mode 0600; the project has a package.json. */
export async function world(files: Readonly<Record<string, string>> = {}): Promise<World> {
  const root = await realpath(await mkdtemp(join(tmpdir(), "conn-secrets-")));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  const path = (name: string): string => join(root, name);
  const write: World["write"] = async (name, content, mode = 0o600) => {
    await mkdir(dirname(path(name)), { recursive: true });
    await writeFile(path(name), content, { mode });
    // The mode of writeFile is subject to the umask, and to a file that exists.
    await chmod(path(name), mode);
    return path(name);
  };
  await write("project/package.json", "{}");
  await mkdir(path("home"), { recursive: true });
  for (const [name, content] of Object.entries(files)) await write(name, content);
  const warnings: string[] = [];
  return {
    project: path("project"),
    home: path("home"),
    warnings,
    path,
    write,
    link: async (name, target) => {
      await mkdir(dirname(path(name)), { recursive: true });
      await symlink(target, path(name));
    },
    secrets: (options = {}) => {
      const secrets = new Secrets({
        cwd: path("project"),
        home: path("home"),
        env: { PATH: process.env["PATH"] },
        warn: (message) => warnings.push(message),
        ...options,
      });
      onTestFinished(() => secrets.close());
      return secrets;
    },
  };
}

/** Waits until a condition holds; the test's own time limit ends the wait. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 10));
}

/** Runs a script, which may import core's sources, in a process of its own, in the project. */
export async function runScript(
  here: World,
  source: string,
): Promise<{ stdout: string; stderr: string }> {
  const { outputFiles } = await build({
    stdin: { contents: source, resolveDir: fileURLToPath(new URL("../src", import.meta.url)) },
    bundle: true,
    platform: "node",
    format: "esm",
    write: false,
  });
  const script = await here.write("project/script.mjs", outputFiles[0]!.contents, 0o644);
  return promisify(execFile)(process.execPath, [script], {
    cwd: here.project,
    env: { PATH: process.env["PATH"], HOME: here.home },
    timeout: 20_000,
  });
}
