import type { ColumnType } from "@conn/core";
import { parseTimestamp } from "./timestamp.ts";

export type Rows = readonly (readonly unknown[])[];

/**
 * Reads a column's cells into the memory that the table will keep. Each kind of column has a loop of
 * its own, so that the engine compiles it for that kind of cell.
 */
export interface Filler {
  /** Takes the cells of rows `from` to `to`; false where one of them is not what the column promises. */
  fill(rows: Rows, from: number, to: number): boolean;
  finish(): Filled;
}

/** A column's memory; `valid` is a bitmap, lowest bit first, where 0 means null. */
export interface Filled {
  readonly values: Int32Array | Float64Array | Uint8Array;
  readonly valid: Uint8Array | undefined;
}

/** The filler for cells of a type as numbers, 0 and 1, and texts of timestamps; undefined where the type has none. */
export function fillerFor(
  type: ColumnType | undefined,
): ((index: number, length: number) => Filler) | undefined {
  switch (type) {
    case "integer":
      return fillIntegers;
    case "float":
      return fillFloats;
    case "boolean":
      return fillBooleans;
    case "timestamp":
      return fillTimestamps;
    default:
      return undefined;
  }
}

function fillIntegers(index: number, length: number): Filler {
  return new IntegerFiller(index, new Int32Array(length));
}

function fillFloats(index: number, length: number): Filler {
  return new FloatFiller(index, new Float64Array(length));
}

function fillBooleans(index: number, length: number): Filler {
  return new BooleanFiller(index, new Uint8Array(length));
}

function fillTimestamps(index: number, length: number): Filler {
  return new TimestampFiller(index, new Float64Array(length));
}

/** What the fillers share; their loops they have for themselves. */
export abstract class NumberFiller<Values extends Filled["values"]> implements Filler {
  protected readonly index: number;
  protected readonly values: Values;
  #valid: Uint8Array | undefined;

  constructor(index: number, values: Values) {
    this.index = index;
    this.values = values;
  }

  abstract fill(rows: Rows, from: number, to: number): boolean;

  finish(): Filled {
    return { values: this.values, valid: this.#valid };
  }

  /** Whether the cell is null, and is now known as such. */
  protected takeNull(cell: unknown, row: number): boolean {
    if (cell !== null) return false;
    this.#valid = withNull(this.#valid, row, this.values.length);
    return true;
  }
}

/** Marks one of so many rows as null; the bitmap is made with the first of them. */
export function withNull(valid: Uint8Array | undefined, row: number, length: number): Uint8Array {
  const bits = valid ?? new Uint8Array((length + 7) >> 3).fill(255);
  bits[row >> 3]! &= ~(1 << (row & 7));
  return bits;
}

class IntegerFiller extends NumberFiller<Int32Array> {
  fill(rows: Rows, from: number, to: number): boolean {
    const { index, values } = this;
    for (let row = from; row < to; row++) {
      const cell = rows[row]![index];
      const fits = typeof cell === "number" && (cell | 0) === cell && !Object.is(cell, -0);
      if (fits) values[row] = cell;
      else if (!this.takeNull(cell, row)) return false;
    }
    return true;
  }
}

class FloatFiller extends NumberFiller<Float64Array> {
  fill(rows: Rows, from: number, to: number): boolean {
    const { index, values } = this;
    for (let row = from; row < to; row++) {
      const cell = rows[row]![index];
      if (typeof cell === "number") values[row] = cell;
      else if (!this.takeNull(cell, row)) return false;
    }
    return true;
  }
}

class BooleanFiller extends NumberFiller<Uint8Array> {
  fill(rows: Rows, from: number, to: number): boolean {
    const { index, values } = this;
    for (let row = from; row < to; row++) {
      const cell = rows[row]![index];
      if (cell === 0 || cell === 1) values[row] = cell;
      else if (!this.takeNull(cell, row)) return false;
    }
    return true;
  }
}

class TimestampFiller extends NumberFiller<Float64Array> {
  fill(rows: Rows, from: number, to: number): boolean {
    const { index, values } = this;
    for (let row = from; row < to; row++) {
      const cell = rows[row]![index];
      const value = typeof cell === "string" ? parseTimestamp(cell) : NaN;
      if (!Number.isNaN(value)) values[row] = value;
      else if (!this.takeNull(cell, row)) return false;
    }
    return true;
  }
}
