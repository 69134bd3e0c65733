import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

/** One line of the benchmark table. */
export interface Result {
  readonly measure: string;
  readonly unit: string;
  readonly ours: number;
  readonly peer: number | null;
  readonly peerName: string | null;
  /** What must hold, in words: `ratio <= 0.5`, `ours <= 10`. */
  readonly target: string;
  readonly met: boolean;
}

export interface Target {
  readonly of: "ours" | "ratio";
  readonly most?: number;
  readonly least?: number;
}

/** Builds a line; without the peer, a target that is a ratio is not met, and says why. */
export function result(
  measure: string,
  unit: string,
  ours: number,
  peer: { readonly name: string; readonly value: number | undefined } | undefined,
  { of, most, least }: Target,
): Result {
  const value = of === "ours" ? ours : peer?.value === undefined ? NaN : ours / peer.value;
  const target = most === undefined ? `${of} >= ${least}` : `${of} <= ${most}`;
  return {
    measure,
    unit,
    ours,
    peer: peer?.value ?? null,
    peerName: peer ? (peer.value === undefined ? `${peer.name} (not installed)` : peer.name) : null,
    target,
    met: most === undefined ? value >= least! : value <= most,
  };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.floor(sorted.length / 2)]!;
}

/** Runs the contestants in turn, so that a slow minute of the machine falls on all of them, and takes medians. */
export async function alternate<K extends string>(
  rounds: number,
  contestants: Readonly<Record<K, () => Promise<number | undefined>>>,
): Promise<Record<K, number | undefined>> {
  const entries = Object.entries(contestants) as [K, () => Promise<number | undefined>][];
  const samples = new Map<K, number[]>(entries.map(([name]) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [name, contestant] of entries) {
      const sample = await contestant();
      if (sample !== undefined) samples.get(name)!.push(sample);
    }
  }
  return Object.fromEntries(
    [...samples].map(([name, values]) => [name, values.length > 0 ? median(values) : undefined]),
  ) as Record<K, number | undefined>;
}

/** The one number that a program prints on its last line; `undefined` where the program cannot run here. */
function numberFrom(command: string, args: readonly string[]): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
    let [stdout, stderr] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    child.on("error", () => resolve(undefined));
    child.on("close", (code) => {
      const value = Number(stdout.trim().split("\n").at(-1));
      if (code === 0 && stdout.trim() !== "" && !Number.isNaN(value)) resolve(value);
      else if (/No module named/.test(stderr)) resolve(undefined);
      else reject(new Error(`${command} ${args.join(" ")} failed with ${code}: ${stderr}`));
    });
  });
}

/** A program of this package that prints one number, on this Node. */
export function script(name: string, ...args: string[]): Promise<number | undefined> {
  return numberFrom(process.execPath, [
    "--expose-gc",
    fileURLToPath(new URL(`programs/${name}.ts`, import.meta.url)),
    ...args,
  ]);
}

/** The same in Python, where pandas lives: Debian's, or the one that BENCH_PYTHON names. */
export function python(...args: string[]): Promise<number | undefined> {
  return pythonProgram("pandas_peer", ...args);
}

export function pythonProgram(name: string, ...args: string[]): Promise<number | undefined> {
  return numberFrom(process.env["BENCH_PYTHON"] ?? "/usr/bin/python3", [
    fileURLToPath(new URL(`programs/${name}.py`, import.meta.url)),
    ...args,
  ]);
}
