import { cellReader, type Column } from "./column.ts";
import { jsonValue } from "./text.ts";
import type { ColumnInfo, ColumnType } from "./types.ts";

/** What libraries that read Arrow look at in a type: its number in Arrow's format, and the unit of times. */
export interface ArrowTypeLike {
  readonly typeId: number;
  readonly unit?: number;
}

/**
 * One column of a table, read-only. It has the shape of an Arrow vector (`type`, `get`, `toArray`), so that
 * libraries which read Arrow take it as it is. Every value that it gives is the caller's own.
 */
export class ColumnView<Value = unknown> implements Iterable<Value> {
  readonly info: ColumnInfo;
  readonly length: number;
  readonly nullCount: number;
  readonly #column: Column;
  readonly #read: (row: number) => unknown;

  constructor(column: Column, info: ColumnInfo, length: number) {
    this.info = info;
    this.length = length;
    this.nullCount = column.nulls;
    this.#column = column;
    this.#read = cellReader(column.storage);
  }

  get type(): ArrowTypeLike {
    return arrowType(this.info.type);
  }

  /** The value of a row, counted from 0; null beyond the end. */
  get(row: number): Value | null {
    return row >= 0 && row < this.length ? (this.#read(Math.trunc(row)) as Value) : null;
  }

  /** The value of a row; a negative number counts from the end. Undefined beyond either. */
  at(row: number): Value | undefined {
    const index = row < 0 ? this.length + Math.trunc(row) : Math.trunc(row);
    return index >= 0 && index < this.length ? (this.#read(index) as Value) : undefined;
  }

  /** A copy of all values: a typed array where they are numbers or 64-bit integers without a null, else an array. */
  toArray(): ArrayLike<Value> & Iterable<Value> {
    const { storage } = this.#column;
    if ((storage.kind === "number" || storage.kind === "bigint") && !storage.valid) {
      return storage.data.slice(0, this.length) as unknown as ArrayLike<Value> & Iterable<Value>;
    }
    const values: Value[] = [];
    for (let row = 0; row < this.length; row++) values.push(this.#read(row) as Value);
    return values;
  }

  /** All values for JSON, which is how Observable Plot reads a column that has nulls. */
  toJSON(): unknown[] {
    return Array.from(this, jsonValue);
  }

  *[Symbol.iterator](): Generator<Value> {
    for (let row = 0; row < this.length; row++) yield this.#read(row) as Value;
  }
}

/** Numbers of Arrow's types: https://github.com/apache/arrow/blob/main/format/Schema.fbs */
export function arrowType(type: ColumnType): ArrowTypeLike {
  switch (type) {
    case "integer":
      return { typeId: 2 };
    case "float":
      return { typeId: 3 };
    case "bytes":
      return { typeId: 4 };
    case "boolean":
      return { typeId: 6 };
    case "timestamp":
      // Unit 1 is milliseconds: the values are Dates, and that is what readers make of it.
      return { typeId: 10, unit: 1 };
    case "list":
      return { typeId: 12 };
    case "json":
    case "unknown":
    case "string":
    case "decimal":
    case "date":
    case "time":
    case "datetime":
    case "interval":
    case "uuid":
      return { typeId: 5 };
  }
}
