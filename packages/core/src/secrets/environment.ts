import { soundsSecret } from "../fields.ts";
import {
  emptyTable,
  isTable,
  mergeTables,
  type Origin,
  type RawSection,
  type Table,
} from "./merge.ts";

/** What the environment says: `CONN_PET_DB__URL` is the setting `url` of `pet_db`, further `__` go deeper. */
export interface EnvironmentSection extends RawSection {
  /** The texts that were read as another type, by dotted path. */
  readonly texts: ReadonlyMap<string, string>;
}

/**
 * The settings that environment variables give a connection, or `undefined`. A name without lower
 * case letters stands for the key of `known` that differs in case and underscores alone, else for its
 * lower-case form. Empty variables count as unset, since that is how container tools pass unset ones.
 */
export function environmentSection(
  name: string,
  env: NodeJS.ProcessEnv,
  known: Table,
): EnvironmentSection | undefined {
  const prefix = `${prefixOf(name)}__`;
  let values = emptyTable();
  const origins = new Map<string, Origin>();
  const texts = new Map<string, string>();
  for (const variable of Object.keys(env).sort()) {
    const text = env[variable];
    if (!variable.startsWith(prefix) || !text) continue;
    const segments = variable.slice(prefix.length).split("__");
    if (segments.includes("")) continue;
    const path = fit(segments, known);
    const key = path.at(-1)!;
    const value = scalarOf(key, text);
    values = mergeTables(values, nest(path, value));
    origins.set(path.join("."), { env: variable });
    if (value !== text) texts.set(path.join("."), text);
  }
  if (origins.size === 0) return undefined;
  // The first variable stands for the section as a whole, where no file has it.
  return { values, origins: new Map([["", [...origins.values()][0]!], ...origins]), texts };
}

/** Names of connections that only the environment has, as far as they can be told: in lower case. */
export function environmentNames(env: NodeJS.ProcessEnv, known: Iterable<string>): string[] {
  const prefixes = new Set([...known].map(prefixOf));
  const names = new Set<string>();
  for (const variable of Object.keys(env)) {
    const [, prefix, name] = /^(CONN_([A-Z0-9_]*?[A-Z0-9]))__[A-Za-z0-9]/.exec(variable) ?? [];
    if (prefix && name && env[variable] && !prefixes.has(prefix)) names.add(name.toLowerCase());
  }
  return [...names];
}

/**
 * The value that a text stands for: TOML's booleans and decimal integers are read as such, everything
 * else stays text, and so does what a password's or token's key holds.
 */
export function scalarOf(key: string, text: string): string | number | boolean {
  if (soundsSecret(key)) return text;
  if (text === "true" || text === "false") return text === "true";
  const number = /^[+-]?(?:0|[1-9](?:_?\d)*)$/.test(text)
    ? Number(text.replaceAll("_", ""))
    : Number.NaN;
  return Number.isSafeInteger(number) ? number : text;
}

function prefixOf(name: string): string {
  return `CONN_${name.toUpperCase().replace(/[^A-Z0-9]/g, "_")}`;
}

function fit(segments: readonly string[], known: Table): string[] {
  let table: Table | undefined = known;
  return segments.map((segment) => {
    const keys: string[] = table ? Object.keys(table) : [];
    const key = /[a-z]/.test(segment)
      ? segment
      : (keys.find((candidate) => plain(candidate) === plain(segment)) ?? segment.toLowerCase());
    const inner: unknown = table && Object.hasOwn(table, key) ? table[key] : undefined;
    table = isTable(inner) ? inner : undefined;
    return key;
  });
}

function plain(key: string): string {
  return key.replace(/[-_]/g, "").toUpperCase();
}

function nest(path: readonly string[], value: unknown): Table {
  let nested = value;
  for (const key of [...path].reverse()) {
    const table = emptyTable();
    table[key] = nested;
    nested = table;
  }
  return nested as Table;
}
