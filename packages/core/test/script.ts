import { spawn } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";
import { onTestFinished } from "vitest";
import { folder } from "./support.ts";

export interface Outcome {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Script {
  /** The next line of the script's output. */
  line(): Promise<string>;
  say(text: string): void;
  kill(signal: NodeJS.Signals): void;
  readonly outcome: Promise<Outcome>;
}

export interface ScriptOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Options of Node itself. */
  readonly nodeOptions?: readonly string[];
}

/** Runs a program in a process of its own, bundled as an application would be: `@conn/core` included. */
export async function start(
  code: string,
  { cwd, env = {}, nodeOptions = [] }: ScriptOptions = {},
): Promise<Script> {
  const home = await folder();
  const file = join(home, "script.mjs");
  const { outputFiles } = await build({
    stdin: { contents: code, resolveDir: import.meta.dirname, loader: "ts" },
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20.19",
    conditions: ["conn:source"],
    alias: { "@conn/core": join(import.meta.dirname, "../src/index.ts") },
    external: ["@uwdata/flechette"],
    // What is CommonJS among the dependencies calls `require`, which a module has not.
    banner: {
      js: 'import { createRequire as makeRequire } from "node:module"; const require = makeRequire(import.meta.url);',
    },
    write: false,
    logLevel: "silent",
  });
  await writeFile(file, outputFiles[0]!.text);
  const child = spawn(process.execPath, [...nodeOptions, file], {
    cwd: cwd ?? home,
    env: { ...process.env, NODE_OPTIONS: "", npm_config_user_agent: "", HOME: home, ...env },
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  let [stdout, stderr] = ["", ""];
  const unread: string[] = [];
  const readers: ((line: string) => void)[] = [];
  let rest = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    for (const line of lines) {
      const reader = readers.shift();
      if (reader) reader(line);
      else unread.push(line);
    }
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const outcome = new Promise<Outcome>((resolve) => {
    child.on("close", (exit, signal) => {
      resolve({ code: exit, signal, stdout, stderr });
      for (const reader of readers) reader(`[ended: ${exit ?? signal}] ${stderr}`);
    });
  });
  return {
    line: async () => unread.shift() ?? new Promise((resolve) => readers.push(resolve)),
    say: (text) => void child.stdin.write(`${text}\n`),
    kill: (signal) => void child.kill(signal),
    outcome,
  };
}

/** Runs a program to its end. */
export async function run(code: string, options?: ScriptOptions): Promise<Outcome> {
  return (await start(code, options)).outcome;
}
