import type { ColumnType, Table, TableMeta } from "@conn/core";
import { type Storage, type StoredColumn, tableOfColumns } from "@conn/core/toolkit";
import type { ColumnPlan, Convert } from "./columns.ts";
import type { Filler, Rows } from "./fill.ts";

/** From so many rows on a table's texts are a dictionary's, which is the work of a builder. */
const many = 64;

/**
 * A table of a few rows, each column's memory made at once: for one row a builder, made for growing, costs
 * more than the reading. Undefined where there are many rows, or cells that need the builder's care.
 */
export function smallTable(
  plans: readonly ColumnPlan[],
  rows: Rows,
  meta: Partial<TableMeta>,
): Table | undefined {
  if (rows.length === 0 || rows.length >= many) return undefined;
  const columns: StoredColumn[] = [];
  for (let index = 0; index < plans.length; index++) {
    const { spec, convert, filler } = plans[index]!;
    const { name, type = "unknown", scale } = spec;
    const kind = kinds[type];
    let storage: Storage | undefined;
    if (kind && filler) storage = filled(kind, filler(index, rows.length), rows);
    else if (texts.has(type)) storage = textsOf(rows, index, convert);
    if (!storage) return undefined;
    columns.push({ name, type, scale, storage });
  }
  return tableOfColumns(columns, rows.length, meta);
}

/** The memory of columns that are read as numbers. */
const kinds: Readonly<Partial<Record<ColumnType, "number" | "boolean" | "instant">>> = {
  integer: "number",
  float: "number",
  boolean: "boolean",
  timestamp: "instant",
};

function filled(
  kind: "number" | "boolean" | "instant",
  filler: Filler,
  rows: Rows,
): Storage | undefined {
  if (!filler.fill(rows, 0, rows.length)) return undefined;
  const { values, valid } = filler.finish();
  return { kind, data: values, valid } as Storage;
}

const texts: ReadonlySet<ColumnType> = new Set<ColumnType>([
  "string",
  "decimal",
  "date",
  "time",
  "datetime",
  "interval",
  "uuid",
]);

function textsOf(rows: Rows, index: number, convert: Convert | undefined): Storage | undefined {
  const data: (string | null)[] = [];
  for (const row of rows) {
    const cell = row[index];
    const text = cell === null || !convert ? cell : convert(cell);
    // What is no text either breaks the column's type, or is one that the builder puts into words.
    if (text !== null && typeof text !== "string") return undefined;
    data.push(text);
  }
  return { kind: "plain", data };
}
