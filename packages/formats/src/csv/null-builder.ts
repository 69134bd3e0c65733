import type { Storage } from "@conn/core/toolkit";
import type { Builder } from "./builder.ts";
import type { Nulls } from "./nulls.ts";
import type { Block } from "./scan.ts";

/** A column in which no value has come yet. */
export class NullBuilder implements Builder {
  readonly kind = "null";
  length = 0;
  /** Whether a cell was empty in quotes, which in a column of text is the empty text. */
  quoted = false;
  readonly #nulls: Nulls;

  constructor(nulls: Nulls) {
    this.#nulls = nulls;
  }

  parse({ bytes, offsets, rows, width }: Block, column: number, from: number): number {
    for (let row = from; row < rows; row++) {
      const cell = (row * width + column) << 1;
      const start = offsets[cell]!;
      const end = offsets[cell + 1]!;
      if (start === (end < 0 ? ~end : end)) this.quoted ||= end < 0;
      else if (!this.#nulls.has(bytes, start, end < 0 ? ~end : end)) return row;
      this.length++;
    }
    return rows;
  }

  finish(): { type: "unknown"; storage: Storage } {
    const data = new Uint8Array(this.length);
    return { type: "unknown", storage: { kind: "dictionary", data, words: [null] } };
  }
}
