import type { Location } from "../errors.ts";

/** A table of settings: no prototype, so that no look-up finds what nobody wrote. */
export type Table = Record<string, unknown>;

/** Where a value stands. */
export type Origin = Location | { readonly env: string };

/** A connection's settings as one source has them; the paths of origins are dotted, "" is the section itself. */
export interface RawSection {
  readonly values: Table;
  readonly origins: ReadonlyMap<string, Origin>;
}

export function emptyTable(): Table {
  return Object.create(null) as Table;
}

export function isTable(value: unknown): value is Table {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

const referenceKeys = new Set(["env", "file", "cmd", "default"]);

/** Whether a table stands for a value from elsewhere; it may still be malformed. */
export function isReference(value: unknown): value is Table {
  if (!isTable(value)) return false;
  const keys = Object.keys(value);
  return (
    keys.some((key) => key !== "default" && referenceKeys.has(key)) &&
    keys.every((key) => referenceKeys.has(key))
  );
}

/** Both tables in one: the later wins key by key, table by table. Neither argument is changed. */
export function mergeTables(base: Table, over: Table): Table {
  const merged = emptyTable();
  for (const key of Object.keys(base)) merged[key] = base[key];
  for (const key of Object.keys(over)) {
    const value = over[key];
    merged[key] = isInner(value)
      ? mergeTables(isInner(merged[key]) ? merged[key] : emptyTable(), value)
      : value;
  }
  return merged;
}

/** Sections of one name in one; each value keeps its own origin. */
export function mergeSections(base: RawSection, over: RawSection): RawSection {
  const origins = new Map(base.origins);
  for (const path of replaced(base.values, over.values, "")) {
    // What hung on a value that is replaced whole is gone with it.
    for (const known of origins.keys()) if (known.startsWith(`${path}.`)) origins.delete(known);
  }
  for (const [path, origin] of over.origins) origins.set(path, origin);
  return { values: mergeTables(base.values, over.values), origins };
}

/** A reference merges as a value: half of one and half of another would be neither. */
function isInner(value: unknown): value is Table {
  return isTable(value) && !isReference(value);
}

function* replaced(base: Table, over: Table, prefix: string): Iterable<string> {
  for (const key of Object.keys(over)) {
    const before = Object.hasOwn(base, key) ? base[key] : undefined;
    if (typeof before !== "object" || before === null) continue;
    const after = over[key];
    if (isInner(before) && isInner(after)) yield* replaced(before, after, `${prefix}${key}.`);
    else yield prefix + key;
  }
}
