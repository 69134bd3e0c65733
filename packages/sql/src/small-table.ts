import type { ColumnChunk, ColumnSpec, ColumnType, Table, TableMeta } from "@conn/core";
import { type Storage, type StoredColumn, tableOfColumns } from "@conn/core/toolkit";
import { cellsOf } from "./columns.ts";

/** From so many rows on a table's texts are a dictionary's, which is the work of a builder. */
const many = 64;

/**
 * A table of a few rows, over its columns as they were read: for one row a builder, made for growing, costs
 * more than the reading. Undefined where there are many rows, or cells that need the builder's care.
 */
export function smallTable(
  specs: readonly ColumnSpec[],
  chunks: readonly ColumnChunk[],
  length: number,
  meta: Partial<TableMeta>,
): Table | undefined {
  if (length >= many) return undefined;
  const columns: StoredColumn[] = [];
  for (let index = 0; index < specs.length; index++) {
    const { name, type = "unknown", scale } = specs[index]!;
    const storage = storageOf(type, chunks[index]!);
    if (!storage) return undefined;
    columns.push({ name, type, scale, storage });
  }
  return tableOfColumns(columns, length, meta);
}

function storageOf(type: ColumnType, chunk: ColumnChunk): Storage | undefined {
  const kind = kinds[type];
  if (kind === "plain") return plain("rows" in chunk ? cellsOf(chunk.rows, chunk.index) : chunk);
  // Read by a filler, and so of the kind that goes with the type. Arrays have `values`, too.
  if (kind && !("length" in chunk) && "values" in chunk)
    return { kind, data: chunk.values, valid: chunk.valid } as Storage;
  return undefined;
}

/** The memory of each type, where it is no more than that. */
const kinds: Readonly<Partial<Record<ColumnType, Storage["kind"]>>> = {
  integer: "number",
  float: "number",
  boolean: "boolean",
  timestamp: "instant",
  string: "plain",
  decimal: "plain",
  date: "plain",
  time: "plain",
  datetime: "plain",
  interval: "plain",
  uuid: "plain",
};

/** What is no text either breaks the column's type, or is one that the builder puts into words. */
function plain(cells: Exclude<ColumnChunk, { rows: unknown }>): Storage | undefined {
  if (!Array.isArray(cells)) return undefined;
  const texts = cells.every((cell) => cell === null || typeof cell === "string");
  return texts ? { kind: "plain", data: cells as (string | null)[] } : undefined;
}
