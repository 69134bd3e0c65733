import { Table } from "./table.ts";

/** How a cached value is handed to several callers without one being able to change another's. */
export type Sharing = "table" | "shared" | "copied" | "refused";

/** Freezes plain data so that it can be shared; tells what else a value needs. */
export function prepare(value: unknown): Sharing {
  if (value instanceof Table) return "table";
  return freeze(value, new Set());
}

/** About how many bytes a value keeps alive. */
export function sizeOf(value: unknown): number {
  if (value instanceof Table) return value.byteLength + 200;
  switch (typeof value) {
    case "string":
      return 2 * value.length + 16;
    case "object": {
      if (value === null) return 8;
      if (ArrayBuffer.isView(value)) return value.byteLength + 64;
      let size = 64;
      const items = value instanceof Map ? [...value].flat() : value instanceof Set ? value : Object.values(value);
      for (const item of items) size += 8 + sizeOf(item);
      return size;
    }
    default:
      return 16;
  }
}

function freeze(value: unknown, seen: Set<object>): Sharing {
  if (typeof value === "function" || typeof value === "symbol") return "refused";
  if (typeof value !== "object" || value === null || seen.has(value) || value instanceof Table) return "shared";
  seen.add(value);
  const prototype: unknown = Object.getPrototypeOf(value);
  const plain = Array.isArray(value) || prototype === Object.prototype || prototype === null;
  // Dates, bytes, maps and sets cannot be frozen: every caller gets a copy of the whole.
  if (!plain) return isCloneable(value) ? "copied" : "refused";
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
  return value instanceof Date || value instanceof Map || value instanceof Set || ArrayBuffer.isView(value) || value instanceof ArrayBuffer || value instanceof RegExp;
}
