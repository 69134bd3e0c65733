import { type Table, TableBuilder } from "@conn/core";
import { breathe, outOfBreath } from "./breathe.ts";
import { type ColumnPlan, Columns } from "./columns.ts";
import type { Rows } from "./fill.ts";

const chunkSize = 8192;

/**
 * A table of rows that are all there, with pauses for the event loop. A column whose cells break its
 * plan is found under way, and the rows are then gone through again.
 */
export async function tableOfRows(
  plans: readonly ColumnPlan[],
  rows: Rows,
  meta: { readonly ms: number; readonly truncated?: boolean },
): Promise<Table> {
  const columns = new Columns(plans);
  for (;;) {
    const table = await build(columns, rows);
    if (table) return table.finish(meta);
  }
}

async function build(columns: Columns, rows: Rows): Promise<TableBuilder | undefined> {
  if (rows.length <= chunkSize) {
    // In one go the columns' memory becomes the table's.
    const { chunks } = columns.read(rows);
    const table = new TableBuilder(columns.specs());
    table.appendColumns(chunks, rows.length);
    return table;
  }
  let table: TableBuilder | undefined;
  let kept = true;
  for (let from = 0; from < rows.length; from += chunkSize) {
    const part = rows.slice(from, from + chunkSize);
    const read = columns.read(part);
    // After the first misfit the rest is only looked through for others, so that two passes suffice.
    if (!read.kept && table) kept = false;
    table ??= new TableBuilder(columns.specs());
    if (kept) table.appendColumns(read.chunks, part.length);
    if (outOfBreath()) await breathe();
  }
  return kept ? table : undefined;
}
