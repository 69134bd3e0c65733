import { Table } from "./table.ts";
import { isPlain, sizeOf as sizeOfData } from "./table/values.ts";

/** How a cached value is handed to several callers without one being able to change another's. */
export type Sharing = "table" | "shared" | "copied" | "refused";

/** Freezes plain data so that it can be shared; tells what else a value needs. */
export function prepare(value: unknown): Sharing {
  if (value instanceof Table) return "table";
  return freeze(value, new Set());
}

/** About how many bytes a value keeps alive. */
export function sizeOf(value: unknown): number {
  return value instanceof Table ? value.byteLength + 200 : sizeOfData(value);
}

function freeze(value: unknown, seen: Set<object>): Sharing {
  if (typeof value === "function" || typeof value === "symbol") return "refused";
  if (typeof value !== "object" || value === null || seen.has(value) || value instanceof Table)
    return "shared";
  seen.add(value);
  // Dates, bytes, maps and sets cannot be frozen: every caller gets a copy of the whole.
  if (!Array.isArray(value) && !isPlain(value)) return isCloneable(value) ? "copied" : "refused";
  let worst: Sharing = "shared";
  for (const item of Object.values(value)) {
    const sharing = freeze(item, seen);
    if (sharing === "refused") return "refused";
    if (sharing === "copied") worst = "copied";
  }
  if (worst === "shared") Object.freeze(value);
  return worst;
}

function isCloneable(value: object): boolean {
  return (
    value instanceof Date ||
    value instanceof Map ||
    value instanceof Set ||
    ArrayBuffer.isView(value) ||
    value instanceof ArrayBuffer ||
    value instanceof RegExp
  );
}
