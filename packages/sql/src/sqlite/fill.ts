import type { ColumnChunk, ColumnType } from "@conn/core";
import { parseTimestamp } from "./timestamp.ts";

export type Rows = readonly (readonly unknown[])[];

/**
 * Reads a column's cells into the memory that the table will keep. Each kind of column has a loop of
 * its own, so that the engine compiles it for that kind of cell.
 */
export interface Filler {
  /** Takes the cells of rows `from` to `to`; false where one of them is not what the column promises. */
  fill(rows: Rows, from: number, to: number): boolean;
  finish(): ColumnChunk;
}

/** The filler of a declared type; undefined where cells of the type need a conversion of their own. */
export function fillerFor(
  type: ColumnType | undefined,
  index: number,
  length: number,
): Filler | undefined {
  switch (type) {
    case "integer":
      return new IntegerFiller(index, length);
    case "float":
      return new FloatFiller(index, length);
    case "boolean":
      return new BooleanFiller(index, length);
    case "timestamp":
      return new TimestampFiller(index, length);
    default:
      return undefined;
  }
}

/** Which rows have a value, as a bitmap: lowest bit first, 0 is null. Made with the first null. */
class Validity {
  bits: Uint8Array | undefined;
  readonly #length: number;

  constructor(length: number) {
    this.#length = length;
  }

  setNull(row: number): void {
    this.bits ??= new Uint8Array((this.#length + 7) >> 3).fill(255);
    this.bits[row >> 3]! &= ~(1 << (row & 7));
  }
}

class IntegerFiller implements Filler {
  readonly #index: number;
  readonly #values: Int32Array;
  readonly #validity: Validity;

  constructor(index: number, length: number) {
    this.#index = index;
    this.#values = new Int32Array(length);
    this.#validity = new Validity(length);
  }

  fill(rows: Rows, from: number, to: number): boolean {
    const [index, values] = [this.#index, this.#values];
    for (let row = from; row < to; row++) {
      const cell = rows[row]![index];
      if (typeof cell === "number" && (cell | 0) === cell && !Object.is(cell, -0))
        values[row] = cell;
      else if (cell === null) this.#validity.setNull(row);
      else return false;
    }
    return true;
  }

  finish(): ColumnChunk {
    return { values: this.#values, valid: this.#validity.bits };
  }
}

class FloatFiller implements Filler {
  readonly #index: number;
  readonly #values: Float64Array;
  readonly #validity: Validity;

  constructor(index: number, length: number) {
    this.#index = index;
    this.#values = new Float64Array(length);
    this.#validity = new Validity(length);
  }

  fill(rows: Rows, from: number, to: number): boolean {
    const [index, values] = [this.#index, this.#values];
    for (let row = from; row < to; row++) {
      const cell = rows[row]![index];
      if (typeof cell === "number") values[row] = cell;
      else if (cell === null) this.#validity.setNull(row);
      else return false;
    }
    return true;
  }

  finish(): ColumnChunk {
    return { values: this.#values, valid: this.#validity.bits };
  }
}

class BooleanFiller implements Filler {
  readonly #index: number;
  readonly #values: Uint8Array;
  readonly #validity: Validity;

  constructor(index: number, length: number) {
    this.#index = index;
    this.#values = new Uint8Array(length);
    this.#validity = new Validity(length);
  }

  fill(rows: Rows, from: number, to: number): boolean {
    const [index, values] = [this.#index, this.#values];
    for (let row = from; row < to; row++) {
      const cell = rows[row]![index];
      if (cell === 0 || cell === 1) values[row] = cell;
      else if (cell === null) this.#validity.setNull(row);
      else return false;
    }
    return true;
  }

  finish(): ColumnChunk {
    return { values: this.#values, valid: this.#validity.bits };
  }
}

class TimestampFiller implements Filler {
  readonly #index: number;
  readonly #values: Float64Array;
  readonly #validity: Validity;

  constructor(index: number, length: number) {
    this.#index = index;
    this.#values = new Float64Array(length);
    this.#validity = new Validity(length);
  }

  fill(rows: Rows, from: number, to: number): boolean {
    const [index, values] = [this.#index, this.#values];
    for (let row = from; row < to; row++) {
      const cell = rows[row]![index];
      if (typeof cell === "string") {
        const value = parseTimestamp(cell);
        if (Number.isNaN(value)) return false;
        values[row] = value;
      } else if (cell === null) this.#validity.setNull(row);
      else return false;
    }
    return true;
  }

  finish(): ColumnChunk {
    return { values: this.#values, valid: this.#validity.bits };
  }
}
