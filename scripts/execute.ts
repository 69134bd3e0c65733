import { spawn } from "node:child_process";

interface ExecuteOptions {
  readonly env?: NodeJS.ProcessEnv;
  /** Shows what the command printed only where it failed. */
  readonly quiet?: boolean;
}

/** Runs a command; resolves to its exit code, 1 where it could not start. */
export function execute(
  command: string,
  args: readonly string[],
  { env, quiet = false }: ExecuteOptions = {},
): Promise<number> {
  return new Promise((resolve) => {
    const output = quiet ? "pipe" : "inherit";
    const child = spawn(command, args, {
      stdio: ["ignore", output, output],
      env: { ...process.env, DO_NOT_TRACK: "1", TURBO_TELEMETRY_DISABLED: "1", ...env },
    });
    let held = "";
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding("utf8").on("data", (text: string) => (held += text));
    child.on("error", (error) => {
      console.error(error.message);
      resolve(1);
    });
    child.on("close", (code) => {
      if (code !== 0) process.stderr.write(held);
      resolve(code ?? 1);
    });
  });
}

/** Builds the packages: all of them, or what the filters name. */
export function build(...filters: string[]): Promise<number> {
  return execute(
    "turbo",
    ["run", "build", "--output-logs=errors-only", ...filters.map((name) => `--filter=${name}`)],
    { quiet: true },
  );
}
