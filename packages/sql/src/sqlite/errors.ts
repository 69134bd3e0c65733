import { type DialectErrors, layersOf } from "../dialect-errors.ts";

/** Result codes of https://sqlite.org/rescode.html that mean something to a caller. */
const names: Readonly<Record<number, string>> = {
  1: "SQLITE_ERROR",
  3: "SQLITE_PERM",
  4: "SQLITE_ABORT",
  5: "SQLITE_BUSY",
  6: "SQLITE_LOCKED",
  7: "SQLITE_NOMEM",
  8: "SQLITE_READONLY",
  9: "SQLITE_INTERRUPT",
  10: "SQLITE_IOERR",
  11: "SQLITE_CORRUPT",
  13: "SQLITE_FULL",
  14: "SQLITE_CANTOPEN",
  15: "SQLITE_PROTOCOL",
  17: "SQLITE_SCHEMA",
  18: "SQLITE_TOOBIG",
  19: "SQLITE_CONSTRAINT",
  20: "SQLITE_MISMATCH",
  21: "SQLITE_MISUSE",
  23: "SQLITE_AUTH",
  25: "SQLITE_RANGE",
  26: "SQLITE_NOTADB",
  261: "SQLITE_BUSY_RECOVERY",
  275: "SQLITE_CONSTRAINT_CHECK",
  517: "SQLITE_BUSY_SNAPSHOT",
  773: "SQLITE_BUSY_TIMEOUT",
  787: "SQLITE_CONSTRAINT_FOREIGNKEY",
  1299: "SQLITE_CONSTRAINT_NOTNULL",
  1555: "SQLITE_CONSTRAINT_PRIMARYKEY",
  1811: "SQLITE_CONSTRAINT_TRIGGER",
  2067: "SQLITE_CONSTRAINT_UNIQUE",
  2579: "SQLITE_CONSTRAINT_ROWID",
  3091: "SQLITE_CONSTRAINT_DATATYPE",
};

/**
 * The name of SQLite's result code, such as `SQLITE_CONSTRAINT_UNIQUE`, from any driver's error or one
 * that wraps it; undefined for an error that SQLite did not make.
 */
export function sqliteCode(error: unknown): string | undefined {
  for (const layer of layersOf(error)) {
    const { code, errcode } = layer as { code?: unknown; errcode?: unknown };
    if (typeof code === "string" && code.startsWith("SQLITE_")) return code;
    if (typeof errcode === "number")
      return names[errcode] ?? names[errcode & 0xff] ?? "SQLITE_ERROR";
  }
  return undefined;
}

/** Another handle holds the lock, and the same statement may pass a moment later. */
export function isBusy(error: unknown): boolean {
  return /^SQLITE_(BUSY|LOCKED)/.test(sqliteCode(error) ?? "");
}

/** A handle that was closed under us, or a file that fails or was put aside. */
const lost = /database (connection )?is not open|disk I\/O error|file has been moved/i;

export const sqliteErrors: DialectErrors = {
  code: sqliteCode,
  message: messageOf,
  connCode(code) {
    if (code.startsWith("SQLITE_READONLY")) return "CONN_READ_ONLY";
    return code.startsWith("SQLITE_CANTOPEN") || code === "SQLITE_NOTADB"
      ? "CONN_OPEN"
      : "CONN_QUERY";
  },
  hint(code) {
    if (/^SQLITE_(BUSY|LOCKED)/.test(code))
      return "Another process holds the database: end its transaction, or raise `lockTimeout`.";
    if (code.startsWith("SQLITE_READONLY"))
      return "The file, its folder or the connection is read-only: check permissions, `readOnly` and `mode`.";
    if (code.startsWith("SQLITE_CANTOPEN"))
      return "Check the path and the permissions of the file and its folder.";
    if (code === "SQLITE_NOTADB") return "The file is no SQLite database, or an encrypted one.";
    if (code.startsWith("SQLITE_FULL")) return "The disk is full: make room, and run it again.";
    if (code.startsWith("SQLITE_CORRUPT"))
      return "The file is damaged: restore a copy, or try the sqlite3 tool's .recover.";
    return undefined;
  },
  missing(_code, message) {
    const [, kind, name] = /^no such (table|column): (?:.*\.)?([^.]+)$/.exec(message) ?? [];
    return name === undefined ? undefined : { kind: kind as "table" | "column", name };
  },
  lost(error) {
    return [...layersOf(error)].some((layer) => layer instanceof Error && lost.test(layer.message));
  },
  // The engine has waited already.
  transient: () => false,
  mayPassAgain: isBusy,
};

function messageOf(error: unknown): string {
  const { driverError } = error as { driverError?: unknown };
  const inner = driverError ?? error;
  return inner instanceof Error ? inner.message : String(inner);
}
