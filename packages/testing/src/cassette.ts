import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { ConnError, redactText } from "@conn/core";
import { type Encoded, encodeValue } from "./cassette-values.ts";

/** One call as the file has it. */
export interface Recorded {
  readonly method: string;
  readonly args: Encoded;
  readonly outcome: Outcome;
}

export type Outcome =
  | { readonly value: Encoded }
  | { readonly parts: readonly Encoded[] }
  | {
      readonly error: {
        readonly code: string;
        readonly message: string;
        readonly hint?: string;
        readonly operation?: string;
      };
    };

export interface Cassette {
  readonly cassette: 1;
  readonly type: string;
  readonly calls: readonly Recorded[];
}

export function pathOf(file: string | URL): string {
  return file instanceof URL || file.startsWith("file:") ? fileURLToPath(file) : file;
}

/** Beside the file first, so that no half of a cassette is ever read. */
export function writeCassette(path: string, cassette: Cassette): void {
  const beside = `${path}.${process.pid}.tmp`;
  writeFileSync(beside, `${redactText(JSON.stringify(cassette, undefined, 1))}\n`);
  renameSync(beside, path);
}

export function readCassette(path: string): Cassette {
  const parsed: unknown = JSON.parse(readFileSync(path, "utf8"));
  const { cassette, calls } = parsed as Partial<Cassette>;
  if (cassette === 1 && Array.isArray(calls)) return parsed as Cassette;
  throw new ConnError("CONN_ARGUMENT", `${path} is no cassette, or one of another version.`, {
    hint: "Record it again, with record(conn, file).",
  });
}

/** Options of reading calls that change how a result comes and not what it is. */
const aside = new Set(["ttl", "stale", "refresh", "timeout", "signal", "cacheIf", "schema"]);

export function encodeArguments(args: readonly unknown[]): Encoded[] {
  const kept = args.map((value, index) =>
    index === args.length - 1 && isPlain(value) ? withoutOptions(value) : value,
  );
  // `query(sql)` and `query(sql, {})` are one call.
  while (
    kept.length > 0 &&
    (kept.at(-1) === undefined ||
      (isPlain(kept.at(-1)) && Object.keys(kept.at(-1) as object).length === 0))
  )
    kept.pop();
  return kept.map((value) => encodeValue(value));
}

function withoutOptions(options: object): object {
  return Object.fromEntries(
    Object.entries(options).filter(([name, value]) => !aside.has(name) && value !== undefined),
  );
}

function isPlain(value: unknown): value is object {
  return (
    typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype
  );
}

/** Calls are told apart as the file tells them: with their secrets masked. */
export function keyOf({ method, args }: Pick<Recorded, "method" | "args">): string {
  return redactText(JSON.stringify([method, sorted(args)]));
}

function sorted(value: Encoded): Encoded {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(sorted);
  const entries = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
  return Object.fromEntries(entries.map(([key, item]) => [key, sorted(item)]));
}
