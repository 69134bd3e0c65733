import { Table } from "@conn/core";
import { encodeValue } from "./cassette-values.ts";

/** One text for equal results, of whatever a reading call gives; types count, `meta` does not. */
export function textOf(result: unknown): string {
  try {
    return JSON.stringify(encodeValue(result));
  } catch {
    return `unencodable ${typeof result}`;
  }
}

/** The rows of a result: of a table, or of an array of objects. */
export function rowsOf(result: unknown): Record<string, unknown>[] {
  if (result instanceof Table) return result.rows();
  return Array.isArray(result) ? (result as Record<string, unknown>[]) : [];
}

/** Changes everything in a result that lets itself be changed. */
export function scribble(value: unknown, seen: Set<unknown> = new Set()): void {
  if (typeof value !== "object" || value === null || seen.has(value)) return;
  seen.add(value);
  if (value instanceof Table) {
    for (const row of value.rows()) scribble(row, seen);
    attempt(() => Reflect.set(value, "length", 0));
    return;
  }
  if (value instanceof Date) return void value.setTime(0);
  if (value instanceof Uint8Array) return void value.fill(0);
  if (value instanceof Map || value instanceof Set) return value.clear();
  for (const [key, item] of Object.entries(value)) {
    scribble(item, seen);
    attempt(() => Reflect.set(value, key, "scribbled"));
  }
  if (Array.isArray(value)) attempt(() => value.push("scribbled"));
}

function attempt(change: () => unknown): void {
  try {
    change();
  } catch {
    // Frozen, as it should be.
  }
}
