import type { ColumnType } from "@conn/core";
import type { Storage } from "@conn/core/toolkit";
import { type Builder, cellText } from "./builder.ts";
import { classify, type Kind } from "./kinds.ts";
import type { Nulls } from "./nulls.ts";
import type { Block } from "./scan.ts";

type TextKind = "string" | "date" | "time" | "datetime";

/** Distinct texts before a column has to prove that its texts repeat. */
const probation = 4096;

/** Longer texts are not looked up: they seldom repeat. */
const longest = 64;

/** Text: codes into a dictionary while texts repeat, else the strings themselves. */
export class TextBuilder implements Builder {
  readonly kind: TextKind;
  length = 0;
  /** Whether a null was an empty cell in quotes, which in a column of text is the empty text. */
  quoted = false;
  readonly #nulls: Nulls;
  #words: (string | null)[] = [null];
  #codes = new Uint32Array(1024);
  #plain: (string | null)[] | undefined;
  // Words are found by their bytes, so that a text which repeats never becomes a string again.
  #slots = new Int32Array(1024);
  #hashes = new Int32Array(1024);
  #ends = new Int32Array(1024);
  #bytes = new Uint8Array(1 << 14);

  constructor(kind: TextKind, nulls: Nulls, before: number | readonly (string | null)[] = 0) {
    this.kind = kind;
    this.#nulls = nulls;
    if (typeof before === "number") {
      this.#reserve(before);
      this.length = before;
    } else {
      this.#plain = [...before];
      this.length = before.length;
    }
  }

  /** The same texts, in a column that takes any text. */
  toStrings(): TextBuilder {
    return this.#as("string");
  }

  parse(block: Block, column: number, from: number): number {
    const { offsets, rows, width, bytes } = block;
    const strict = this.kind !== "string";
    this.#reserve(rows - from);
    for (let row = from; row < rows; row++) {
      const cell = (row * width + column) << 1;
      const start = offsets[cell]!;
      let end = offsets[cell + 1]!;
      const quoted = end < 0;
      if (quoted) end = ~end;
      if (start === end && (!quoted || strict)) {
        if (quoted) this.quoted = true;
        this.#addNull();
      } else if (this.#nulls.some && this.#nulls.has(bytes, start, end)) this.#addNull();
      else if (this.#plain) {
        const text = cellText(block, start, end);
        if (strict && classify(text) !== this.kind) return row;
        this.#plain.push(text);
        this.length++;
      } else {
        const code = this.#codeOf(block, start, end);
        if (code < 0) return row;
        if (code > 0) this.#codes[this.length++] = code;
        else {
          this.#toPlain().push(cellText(block, start, end));
          this.length++;
        }
      }
    }
    return rows;
  }

  finish(): { type: ColumnType; storage: Storage } {
    const type: ColumnType = this.kind;
    if (!this.#plain && this.#words.length > 16 && this.#words.length * 2 > this.length)
      this.#toPlain();
    if (this.#plain) {
      const data = this.kind === "datetime" ? this.#plain.map(wallClock) : this.#plain;
      return { type, storage: { kind: "plain", data } };
    }
    const words = this.kind === "datetime" ? this.#words.map(wallClock) : this.#words;
    const Codes =
      words.length <= 256 ? Uint8Array : words.length <= 65_536 ? Uint16Array : Uint32Array;
    const data = new Codes(this.#codes.subarray(0, this.length));
    return { type, storage: { kind: "dictionary", data, words } };
  }

  #as(kind: TextKind): TextBuilder {
    const other = new TextBuilder(kind, this.#nulls);
    other.length = this.length;
    other.#words = this.#words;
    other.#codes = this.#codes;
    other.#plain = this.#plain;
    other.#slots = this.#slots;
    other.#hashes = this.#hashes;
    other.#ends = this.#ends;
    other.#bytes = this.#bytes;
    return other;
  }

  #addNull(): void {
    if (this.#plain) this.#plain.push(null);
    else this.#codes[this.length] = 0;
    this.length++;
  }

  /** The code of a word: 0 where texts do not repeat enough to have codes, -1 where it is not of the column's kind. */
  #codeOf(block: Block, start: number, end: number): number {
    const { bytes } = block;
    if (end - start > longest) {
      return this.#newWord(block, start, end, 0);
    }
    let hash = end - start;
    for (let at = start; at < end; at++) hash = Math.imul(hash ^ bytes[at]!, 0x01000193);
    hash ^= hash >>> 15;
    const mask = this.#slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const code = this.#slots[slot]!;
      if (code === 0) return this.#newWord(block, start, end, hash);
      if (this.#hashes[code] === hash && this.#same(code, bytes, start, end)) return code;
    }
  }

  #same(code: number, bytes: Uint8Array, start: number, end: number): boolean {
    const own = this.#bytes;
    let from = this.#ends[code - 1]!;
    if (this.#ends[code]! - from !== end - start) return false;
    for (let at = start; at < end; at++) if (own[from++] !== bytes[at]) return false;
    return true;
  }

  #newWord(block: Block, start: number, end: number, hash: number): number {
    const text = cellText(block, start, end);
    if (this.kind !== "string" && classify(text) !== this.kind) return -1;
    const code = this.#words.length;
    if (code > probation && code * 2 > this.length) return 0;
    this.#words.push(text);
    if (code === this.#ends.length) {
      this.#ends = larger(this.#ends);
      this.#hashes = larger(this.#hashes);
    }
    const first = this.#ends[code - 1]!;
    if (end - start > longest) {
      this.#ends[code] = first;
      return code;
    }
    const last = first + end - start;
    if (last > this.#bytes.length) {
      const bytes = new Uint8Array(this.#bytes.length * 2);
      bytes.set(this.#bytes);
      this.#bytes = bytes;
    }
    this.#bytes.set(block.bytes.subarray(start, end), first);
    this.#ends[code] = last;
    this.#hashes[code] = hash;
    if (code * 2 > this.#slots.length) this.#rehash();
    else this.#place(code);
    return code;
  }

  #place(code: number): void {
    const mask = this.#slots.length - 1;
    let slot = this.#hashes[code]! & mask;
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
    this.#slots[slot] = code;
  }

  #rehash(): void {
    this.#slots = new Int32Array(this.#slots.length * 4);
    for (let code = 1; code < this.#words.length; code++)
      if (this.#ends[code] !== this.#ends[code - 1]) this.#place(code);
  }

  #toPlain(): (string | null)[] {
    const plain: (string | null)[] = [];
    for (let row = 0; row < this.length; row++) plain.push(this.#words[this.#codes[row]!]!);
    this.#plain = plain;
    this.#words = [null];
    this.#slots = new Int32Array(0);
    return plain;
  }

  #reserve(rows: number): void {
    const needed = this.length + rows;
    if (this.#plain || needed <= this.#codes.length) return;
    const codes = new Uint32Array(Math.max(needed, this.#codes.length * 2));
    codes.set(this.#codes);
    this.#codes = codes;
  }
}

function larger(values: Int32Array): Int32Array<ArrayBuffer> {
  const copy = new Int32Array(values.length * 2);
  copy.set(values);
  return copy;
}

/** ISO 8601 has a T between day and time, and seconds. */
function wallClock(text: string | null): string | null {
  if (text === null) return null;
  return text.length === 16 ? `${text.slice(0, 10)}T${text.slice(11)}:00` : text.replace(" ", "T");
}

export function isTextKind(kind: Kind): kind is TextKind {
  return kind === "string" || kind === "date" || kind === "time" || kind === "datetime";
}
