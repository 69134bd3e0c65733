import type { ExecuteResult } from "../engine.ts";
import type { Statement } from "../params.ts";
import { bindValue } from "./bind.ts";
import { changesOf } from "./changes.ts";
import type { SqliteDatabase } from "./driver.ts";
import { tableOfRows } from "./read.ts";

/** Runs any one statement, once. */
export function runStatement(
  database: SqliteDatabase,
  statement: Statement,
  verb: string,
): ExecuteResult {
  const prepared = database.prepare(statement.text);
  const values = statement.values.map(bindValue);
  // As bigints at once: what writes is never run a second time to read its rows again.
  const rows =
    prepared.columns.length > 0 ? prepared.all(values, true) : (prepared.run(values), []);
  const table = tableOfRows(prepared, rows);
  if (!changing.has(verb)) return { rowCount: rows.length, rows: table };
  const { changes, lastInsertRowid } = changesOf(database);
  const inserted = changes > 0 && lastInsertRowid !== 0 && inserting.has(verb);
  return { rowCount: changes, ...(inserted ? { lastId: lastInsertRowid } : {}), rows: table };
}

/** SQLite keeps the last count through every other statement, such as CREATE TABLE. */
const changing: ReadonlySet<string> = new Set(["INSERT", "UPDATE", "DELETE", "REPLACE", "WITH"]);
const inserting: ReadonlySet<string> = new Set(["INSERT", "REPLACE", "WITH"]);
