import { execFile } from "node:child_process";

export interface Outcome {
  readonly code: number;
  /** What it printed, errors last. */
  readonly output: string;
}

/** Runs a program to its end, however it ends. */
export function run(
  command: string,
  args: readonly string[],
  { cwd, env = process.env }: { readonly cwd: string; readonly env?: NodeJS.ProcessEnv },
): Promise<Outcome> {
  return new Promise((resolve) => {
    const options = { cwd, env: { ...env, NO_COLOR: "1" }, maxBuffer: 1e8, timeout: 100_000 };
    const child = execFile(command, args, options, (error, stdout, stderr) => {
      resolve({ code: error ? (child.exitCode ?? 1) : 0, output: stdout + stderr });
    });
  });
}

/** How strictly what the documentation shows is compiled. */
export const strict: readonly string[] = [
  "--strict",
  "--module",
  "nodenext",
  "--target",
  "es2023",
  "--lib",
  "es2023,esnext.disposable",
  "--types",
  "node",
];
