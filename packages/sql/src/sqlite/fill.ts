import type { ColumnType } from "@conn/core";
import { parseTimestamp } from "./timestamp.ts";

type Rows = readonly (readonly unknown[])[];

/** A column as the table keeps it, so that it needs no copy; `valid` is a bitmap, lowest bit first, where 0 is null. */
export interface FilledColumn {
  readonly values: Int32Array | Float64Array | Uint8Array;
  readonly valid: Uint8Array | undefined;
}

/**
 * Reads a column of a declared type straight into the memory of a table: a third of the time that
 * cell after cell takes. Undefined where the type has no such memory or a cell does not fit it.
 */
export function fillColumn(
  rows: Rows,
  index: number,
  type: ColumnType | undefined,
): FilledColumn | undefined {
  const { length } = rows;
  switch (type) {
    case "integer":
      return fill(rows, index, new Int32Array(length), toInt32);
    case "float":
      return fill(rows, index, new Float64Array(length), toFloat);
    case "boolean":
      return fill(rows, index, new Uint8Array(length), toBit);
    case "timestamp":
      return fill(rows, index, new Float64Array(length), toMilliseconds);
    default:
      return undefined;
  }
}

function fill(
  rows: Rows,
  index: number,
  values: FilledColumn["values"],
  convert: (cell: unknown) => number,
): FilledColumn | undefined {
  let valid: Uint8Array | undefined;
  for (let row = 0; row < rows.length; row++) {
    const cell = rows[row]![index];
    if (cell === null) {
      valid ??= new Uint8Array((rows.length + 7) >> 3).fill(255);
      valid[row >> 3]! &= ~(1 << (row & 7));
      continue;
    }
    const value = convert(cell);
    // What does not fit is NaN, which SQLite itself stores as NULL.
    if (Number.isNaN(value)) return undefined;
    values[row] = value;
  }
  return { values, valid };
}

function toInt32(cell: unknown): number {
  return typeof cell === "number" && (cell | 0) === cell && !Object.is(cell, -0) ? cell : NaN;
}

function toFloat(cell: unknown): number {
  return typeof cell === "number" ? cell : NaN;
}

function toBit(cell: unknown): number {
  return cell === 0 || cell === 1 ? cell : NaN;
}

function toMilliseconds(cell: unknown): number {
  return typeof cell === "string" ? parseTimestamp(cell) : NaN;
}
