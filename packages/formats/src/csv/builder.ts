import type { ColumnType } from "@conn/core";
import type { Storage } from "@conn/core/toolkit";
import type { Kind } from "./kinds.ts";
import type { Nulls } from "./nulls.ts";
import type { Block } from "./scan.ts";

/** Collects one column of a CSV file. */
export interface Builder {
  readonly kind: Kind;
  readonly length: number;
  /**
   * Adds the cells of one column, from a row on. Answers the row whose cell does not fit, up to which all were
   * added, or the number of rows where all fit.
   */
  parse(block: Block, column: number, from: number): number;
  finish(): { readonly type: ColumnType; readonly storage: Storage };
}

/** Node's own, without the look at its arguments that `toString` takes for each cell. */
interface Slices {
  latin1Slice(start: number, end: number): string;
  utf8Slice(start: number, end: number): string;
}

/** The text of a cell. */
export function cellText(block: Block, start: number, end: number): string {
  const bytes = block.bytes as unknown as Slices;
  return block.ascii ? bytes.latin1Slice(start, end) : bytes.utf8Slice(start, end);
}

const smallest = 1024;

/** A growing typed array with a bitmap of nulls, lowest bit first. */
export abstract class ArrayBuilder<Data extends Float64Array | BigInt64Array | Uint8Array> {
  length = 0;
  /** Whether a null was an empty cell in quotes, which in a column of text is the empty text. */
  quoted = false;
  protected data: Data;
  protected valid: Uint8Array | undefined;
  protected readonly nulls: Nulls;

  /** @param data Of the kind that the column is to be kept in. @param rows Nulls at the start. */
  constructor(data: Data, nulls: Nulls, rows: number) {
    this.data = data;
    this.nulls = nulls;
    this.reserve(rows);
    for (let row = 0; row < rows; row++) this.setNull(row);
    this.length = rows;
  }

  /** Makes room for so many more values. */
  protected reserve(rows: number): Data {
    const needed = this.length + rows;
    if (needed > this.data.length) {
      const Larger = this.data.constructor as new (length: number) => Data;
      const larger = new Larger(Math.max(smallest, needed, this.data.length * 2));
      larger.set(this.data as never);
      this.data = larger;
      if (this.valid) this.valid = this.#bitmap(this.valid);
    }
    return this.data;
  }

  protected setNull(row: number, quoted = false): void {
    if (quoted) this.quoted = true;
    const valid = (this.valid ??= this.#bitmap(undefined));
    valid[row >> 3]! &= ~(1 << (row & 7));
  }

  protected validBits(): Uint8Array | undefined {
    return this.valid?.slice(0, (this.length + 7) >> 3);
  }

  #bitmap(old: Uint8Array | undefined): Uint8Array {
    const bitmap = new Uint8Array((this.data.length + 7) >> 3).fill(255);
    if (old) bitmap.set(old);
    return bitmap;
  }
}
