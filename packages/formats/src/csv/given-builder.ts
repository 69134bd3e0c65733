import type { ColumnType } from "@conn/core";
import type { Storage } from "@conn/core/toolkit";
import { type Builder, cellText } from "./builder.ts";
import type { Kind } from "./kinds.ts";
import type { Nulls } from "./nulls.ts";
import type { Block } from "./scan.ts";

type GivenType = "decimal" | "uuid" | "interval" | "json" | "list" | "bytes";

/** Types that text alone never suggests, for columns whose type the caller gives. */
export class GivenBuilder implements Builder {
  // No kind is wider for it: what does not fit is the caller's error.
  readonly kind: Kind = "string";
  readonly #type: GivenType;
  readonly #nulls: Nulls;
  readonly #values: unknown[] = [];

  constructor(type: GivenType, nulls: Nulls) {
    this.#type = type;
    this.#nulls = nulls;
  }

  get length(): number {
    return this.#values.length;
  }

  parse(block: Block, column: number, from: number): number {
    const { bytes, offsets, rows, width } = block;
    for (let row = from; row < rows; row++) {
      const cell = (row * width + column) << 1;
      const start = offsets[cell]!;
      const end = offsets[cell + 1]! < 0 ? ~offsets[cell + 1]! : offsets[cell + 1]!;
      if (start === end || this.#nulls.has(bytes, start, end)) {
        this.#values.push(null);
        continue;
      }
      const value = convert(this.#type, cellText(block, start, end));
      if (value === undefined) return row;
      this.#values.push(value);
    }
    return rows;
  }

  finish(): { type: ColumnType; storage: Storage } {
    const kind = isText(this.#type) ? "plain" : "object";
    return { type: this.#type, storage: { kind, data: this.#values } as Storage };
  }
}

/** The cell's value, or undefined where the text is none of that type. */
function convert(type: GivenType, text: string): unknown {
  switch (type) {
    case "decimal":
      return /^[+-]?(?:\d+\.?\d*|\.\d+)$/.test(text) ? text : undefined;
    case "uuid":
      return /^[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}$/i.test(text) ? text : undefined;
    case "interval":
      return /^-?P[\dTYMWDHS.]+$/.test(text) ? text : undefined;
    case "bytes":
      return /^[\w+/-]*={0,2}$/.test(text)
        ? new Uint8Array(Buffer.from(text, "base64"))
        : undefined;
    case "json":
    case "list":
      return jsonOf(text, type === "list");
  }
}

function jsonOf(text: string, list: boolean): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return list && !Array.isArray(value) ? undefined : value;
  } catch {
    return undefined;
  }
}

function isText(type: GivenType): boolean {
  return type === "decimal" || type === "uuid" || type === "interval";
}
