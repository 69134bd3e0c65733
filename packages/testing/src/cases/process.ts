import { spawn } from "node:child_process";
import { type Case, group } from "../case.ts";
import { demand, settled } from "../demand.ts";

const make = group("process");

export const processCases: readonly Case[] = [
  make(
    "strays",
    "left no rejection unhandled and no exception uncaught in any of the cases before",
    [],
    async ({ run }) => {
      const [stray] = run.strays;
      demand(
        !stray,
        `In ${stray?.where} an error reached the process: ${describe(stray?.error)}. Await or catch every promise, and listen to every emitter's "error".`,
      );
    },
  ),
  make("ends", "lets the process end by itself", ["script"], async ({ subject, defer }) => {
    const child = spawn(process.execPath, subject.script!, {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, NODE_OPTIONS: "" },
    });
    defer(() => void child.kill("SIGKILL"));
    let output = "";
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (text: string) => (output += text));
    const code = await settled(
      new Promise((resolve) => child.once("close", resolve)),
      "the script: it uses a connection, does not close it, and",
    );
    demand(code === 0, `The script ends with code ${String(code)}:\n${output}`);
  }),
];

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
