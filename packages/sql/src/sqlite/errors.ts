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
  for (let depth = 0; depth < 5 && typeof error === "object" && error !== null; depth++) {
    const { code, errcode, driverError, cause } = error as {
      code?: unknown;
      errcode?: unknown;
      driverError?: unknown;
      cause?: unknown;
    };
    if (typeof code === "string" && code.startsWith("SQLITE_")) return code;
    if (typeof errcode === "number")
      return names[errcode] ?? names[errcode & 0xff] ?? "SQLITE_ERROR";
    error = driverError ?? cause;
  }
  return undefined;
}

/** Another handle holds the lock, and the same statement may pass a moment later. */
export function isBusy(error: unknown): boolean {
  return /^SQLITE_(BUSY|LOCKED)/.test(sqliteCode(error) ?? "");
}

/** SQLite's own words, out of a driver's or TypeORM's error. */
export function sqliteMessage(error: unknown): string {
  const { driverError } = error as { driverError?: unknown };
  const inner = driverError ?? error;
  return inner instanceof Error ? inner.message : String(inner);
}
