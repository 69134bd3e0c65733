import { isValid, type Storage } from "@conn/core/toolkit";
import { ArrayBuilder, type Builder, cellText } from "./builder.ts";
import type { Nulls } from "./nulls.ts";
import type { Block } from "./scan.ts";

/** Odd places are true; the spelling is kept, in case that the column turns out to be text. */
const spellings = ["false", "true", "False", "True", "FALSE", "TRUE"];

export class BooleanBuilder extends ArrayBuilder<Uint8Array> implements Builder {
  readonly kind = "boolean";

  constructor(nulls: Nulls, rows = 0) {
    super(new Uint8Array(), nulls, rows);
  }

  parse(block: Block, column: number, from: number): number {
    const { bytes, offsets, rows, width } = block;
    const data = this.reserve(rows - from);
    for (let row = from; row < rows; row++) {
      const cell = (row * width + column) << 1;
      const start = offsets[cell]!;
      const end = offsets[cell + 1]! < 0 ? ~offsets[cell + 1]! : offsets[cell + 1]!;
      if (start === end || this.nulls.has(bytes, start, end)) {
        this.setNull(this.length++, offsets[cell + 1]! < 0);
        continue;
      }
      const size = end - start;
      const code = size === 4 || size === 5 ? spellings.indexOf(cellText(block, start, end)) : -1;
      if (code < 0) return row;
      data[this.length++] = code;
    }
    return rows;
  }

  texts(): (string | null)[] {
    return Array.from({ length: this.length }, (_, row) =>
      isValid(this.valid, row) ? spellings[this.data[row]!]! : null,
    );
  }

  finish(): { type: "boolean"; storage: Storage } {
    const data = this.data.slice(0, this.length).map((code) => code & 1);
    return { type: "boolean", storage: { kind: "boolean", data, valid: this.validBits() } };
  }
}
