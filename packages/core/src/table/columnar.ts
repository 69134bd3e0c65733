import { ConnError } from "../errors.ts";
import { withUniqueNames } from "./collector.ts";
import { type Column, countNulls, type Storage } from "./column.ts";
import { coreOf, makeTable, type Table } from "./table.ts";
import { instantText } from "./text.ts";
import type { ColumnType, TableMeta } from "./types.ts";

/** A column's memory, for those who read files into tables and write them out. */
export interface StoredColumn {
  readonly name: string;
  readonly type: ColumnType;
  readonly scale?: number | undefined;
  readonly storage: Storage;
}

/**
 * A table over columns as they are, without a copy: nothing of them may be changed afterwards.
 * The storage's kind has to be the one that a `TableBuilder` gives the type.
 * Errors: `CONN_ARGUMENT` where a column has fewer values than `length`.
 */
export function tableOfColumns<Row extends object = Record<string, unknown>>(
  columns: readonly StoredColumn[],
  length: number,
  meta?: Partial<TableMeta>,
): Table<Row> {
  const named = withUniqueNames(columns);
  const core = columns.map(({ type, scale, storage }, index): Column => {
    const { name } = named[index]!;
    if (storage.data.length < length) {
      throw new ConnError(
        "CONN_ARGUMENT",
        `Column ${index + 1} has ${storage.data.length} values where ${length} are due.`,
      );
    }
    const full = "valid" in storage && storage.valid === undefined;
    return { name, type, scale, storage, nulls: full ? 0 : countNulls(storage, length) };
  });
  return makeTable<Row>({ length, columns: core }, meta);
}

/** The columns that a table is made of: to read, for other tables share them. */
export function columnsOfTable(table: Table<object>): readonly Column[] {
  return coreOf(table).columns;
}

export { type Column, cellReader, isValid, type Storage } from "./column.ts";
export { instantText };
