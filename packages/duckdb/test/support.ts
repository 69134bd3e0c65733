import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { connection } from "@conn/core";
import { afterAll } from "vitest";
import { DuckDBConnection } from "../src/index.ts";

/** A folder of this test file's own, removed at its end. */
export const folder: string = await mkdtemp(join(tmpdir(), "conn-duckdb-"));
let count = 0;

export function file(name = "pets.db"): string {
  return join(folder, `${count++}-${name}`);
}

export function open(config: object = {}): Promise<DuckDBConnection> {
  return connection(`duck_${count++}`, { type: DuckDBConnection, config });
}

setFlagsFromString("--expose-gc");
const gc = runInNewContext("gc") as () => void;

/** Collects garbage until something comes of it. */
export async function collectUntil<T>(done: Promise<T>): Promise<T> {
  const waiting = new Set([done]);
  const settled = done.finally(() => waiting.clear());
  while (waiting.size > 0) {
    gc();
    await sleep(10);
  }
  return settled;
}

afterAll(() => rm(folder, { recursive: true }));
