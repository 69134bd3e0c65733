import { execFile } from "node:child_process";
import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { collectTemplate } from "../src/collect.ts";
import type { Template } from "../src/template.ts";

export const workspace = join(import.meta.dirname, "../../..");
export const program = join(import.meta.dirname, "../dist/main.js");

export function template(): Promise<Template> {
  return collectTemplate(workspace);
}

/** A folder that goes with the end of its block. */
export async function temporary(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await realpath(await mkdtemp(join(tmpdir(), "create-conn-plugin-")));
  return {
    path,
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true, maxRetries: 3 }),
  };
}

export interface Outcome {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly output: string;
}

/** Runs a program without a terminal. */
export function run(
  command: string,
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = execFile(
      command,
      args,
      { cwd, env: { ...process.env, NO_COLOR: "1", ...env }, maxBuffer: 1e8 },
      (_error, stdout, stderr) =>
        resolve({ code: child.exitCode, signal: child.signalCode, output: stdout + stderr }),
    );
    child.stdin?.end();
  });
}

export function create(
  cwd: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  // Whichever manager runs the tests: npm calls it, unless a test says otherwise.
  const npm = { npm_config_user_agent: "npm/11.0.0 node/v24.0.0" };
  return run(process.execPath, [program, ...args], cwd, { ...npm, ...env });
}
