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

/** The same, for DuckDB to make a table of. */
export function toColumns(rows: Rows): Table<object> {
  const table = toTable(rows);
  if (table.columns.length > 0) return table;
  throw new ConnError("CONN_ARGUMENT", "These rows have no columns, and DuckDB no table without.", {
    hint: 'Pass a Table, which has columns also where it has no rows: Table.fromArrays([], ["owner"])',
  });
}

export function readOnlyError(operation: string): ConnError {
  return new ConnError("CONN_READ_ONLY", `${operation} writes, and this only reads.`, {
    hint: "Open the database, or the session, without `readOnly`.",
  });
}
