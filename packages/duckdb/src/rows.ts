import { ConnError, Table } from "@conn/core";
import type { Rows } from "./options.ts";

/**
 * Rows as a table, which they stay whatever is done to them afterwards.
 *
 * @throws CONN_ARGUMENT
 */
export function toTable(rows: Rows): Table<object> {
  if (rows instanceof Table) return rows;
  if (!Array.isArray(rows))
    throw new ConnError("CONN_ARGUMENT", "These are neither a Table nor an array of rows.", {
      hint: 'Pass what a query gave, or rows: [{ owner: "jerry", pet: "fish" }].',
    });
  return Table.fromRows(rows as readonly object[]);
}

export function readOnlyError(operation: string): ConnError {
  return new ConnError("CONN_READ_ONLY", `${operation} writes, and this only reads.`, {
    hint: "Open the database, or the session, without `readOnly`.",
  });
}
