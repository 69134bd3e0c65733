import type { Statement } from "@conn/core/sql";
import type { ExecuteResult } from "../engine.ts";
import { bindValue } from "./bind.ts";
import type { Changes } from "./changes.ts";
import type { SqliteDatabase } from "./driver.ts";
import { tableOfRows } from "./read.ts";

/**
 * Runs any one statement, once.
 *
 * @param writer The word of the statement that writes, such as the UPDATE of `WITH … UPDATE`.
 */
export function runStatement(
  database: SqliteDatabase,
  changes: Changes,
  statement: Statement,
  writer: string,
): ExecuteResult {
  const prepared = database.prepare(statement.text);
  const values = statement.values.map(bindValue);
  if (inserting.has(writer)) changes.forgetId();
  // As bigints at once: what writes is never run a second time to read its rows again.
  const rows =
    prepared.columns.length > 0 ? prepared.all(values, true) : (prepared.run(values), []);
  const table = tableOfRows(prepared, rows);
  if (!changing.has(writer)) return { rowCount: rows.length, rows: table };
  const { changes: rowCount, lastId } = changes.read();
  const inserted = inserting.has(writer) && lastId !== undefined;
  return { rowCount, ...(inserted ? { lastId } : {}), rows: table };
}

/** SQLite keeps the last count through every other statement, such as CREATE TABLE. */
const changing: ReadonlySet<string> = new Set(["INSERT", "UPDATE", "DELETE", "REPLACE"]);
const inserting: ReadonlySet<string> = new Set(["INSERT", "REPLACE"]);
