import type { SqliteDatabase } from "./driver.ts";

/** What the last statement changed. Read through SQL, which tells it for statements with RETURNING too. */
export function changesOf(database: SqliteDatabase): {
  changes: number;
  lastInsertRowid: number | bigint;
} {
  const [row] = database.prepare("select changes(), last_insert_rowid()").all([], true);
  const [changes, id] = row as [bigint, bigint];
  return { changes: Number(changes), lastInsertRowid: narrowInteger(id) as number | bigint };
}

/** An integer as a number where numbers hold it exactly. */
export function narrowInteger(value: unknown): unknown {
  if (typeof value !== "bigint") return value;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
