import type { Reader } from "./statement.ts";

/** Whether a PRAGMA of SQLite's does more than tell something. */
export function pragmaWrites({ tokens, word, sign }: Reader, pragma: number): boolean {
  const at = sign(pragma + 2) === "." ? pragma + 3 : pragma + 1;
  const name = word(at);
  if (readingPragmas.has(name)) return false;
  const bare = at + 1 >= tokens.length || sign(at + 1) === ";";
  return !bare || name === "" || actingPragmas.has(name);
}

/** https://sqlite.org/pragma.html: those whose argument names what to look at. */
const readingPragmas: ReadonlySet<string> = new Set([
  "FOREIGN_KEY_CHECK",
  "FOREIGN_KEY_LIST",
  "INDEX_INFO",
  "INDEX_LIST",
  "INDEX_XINFO",
  "INTEGRITY_CHECK",
  "QUICK_CHECK",
  "TABLE_INFO",
  "TABLE_LIST",
  "TABLE_XINFO",
]);

/** Those that do something without any argument. */
const actingPragmas: ReadonlySet<string> = new Set([
  "INCREMENTAL_VACUUM",
  "OPTIMIZE",
  "SHRINK_MEMORY",
  "WAL_CHECKPOINT",
]);
