import { Collector } from "./collector.ts";
import { makeTable, type Table } from "./table.ts";
import type { TableMeta } from "./types.ts";

/**
 * Collects rows into a table. A declared type is used while the values fit it; a column whose values
 * contradict it gets the narrowest type that holds them all, and no value is ever changed to fit.
 * Of columns with the same name the second becomes `name_2`, and so on.
 */
export class TableBuilder extends Collector {
  /** The table. The builder cannot be used afterwards. */
  finish<Row extends object = Record<string, unknown>>(meta?: Partial<TableMeta>): Table<Row> {
    return makeTable<Row>(this.finishCore(), meta);
  }
}
