import type { Storage } from "./column.ts";
import type { Sink } from "./sink.ts";
import type { ColumnType } from "./types.ts";

const smallest = 64;

/** Distinct texts before a column has to prove that its texts repeat. */
const probation = 4096;

/** Slots for words seen lately; a power of two. */
const slots = 512;

/** Text: codes into a dictionary while texts repeat, else the strings themselves. */
export class TextSink implements Sink {
  readonly type: ColumnType;
  length = 0;
  nulls = 0;
  #words: (string | null)[] = [null];
  #codeOf = new Map<string, number>();
  #codes = new Uint32Array(smallest);
  // Codes. A map must first hash each fresh string of a driver; comparing it with a word seen lately costs a third.
  readonly #lately = new Uint32Array(slots);
  #plain: (string | null)[] | undefined;

  constructor(type: ColumnType) {
    this.type = type;
  }

  add(value: unknown): boolean {
    let text: string | null;
    if (typeof value === "string") text = value;
    else if (value === null || value === undefined) {
      text = null;
      this.nulls++;
    } else if (
      this.type === "decimal" &&
      (typeof value === "number" || typeof value === "bigint")
    ) {
      text = Object.is(value, -0) ? "-0" : String(value);
    } else return false;
    if (this.#plain) this.#plain.push(text);
    else this.#addCode(text);
    this.length++;
    return true;
  }

  get(row: number): unknown {
    return this.#plain ? this.#plain[row] : this.#words[this.#codes[row]!];
  }

  finish(): Storage {
    if (!this.#plain && this.#words.length > 16 && this.#words.length * 2 > this.length)
      this.#toPlain();
    if (this.#plain) return { kind: "plain", data: this.#plain };
    const words = this.#words;
    const Codes =
      words.length <= 256 ? Uint8Array : words.length <= 65_536 ? Uint16Array : Uint32Array;
    return { kind: "dictionary", data: new Codes(this.#codes.subarray(0, this.length)), words };
  }

  #addCode(text: string | null): void {
    const code = text === null ? 0 : this.#codeFor(text);
    if (code === undefined) {
      this.#toPlain().push(text);
      return;
    }
    if (this.length === this.#codes.length) {
      const codes = new Uint32Array(this.length * 2);
      codes.set(this.#codes);
      this.#codes = codes;
    }
    this.#codes[this.length] = code;
  }

  /** The code of a word, or `undefined` where texts do not repeat enough to have codes. */
  #codeFor(text: string): number | undefined {
    const slot = slotOf(text);
    const lately = this.#lately[slot]!;
    // The word itself, not the driver's copy: one string serves all its rows.
    if (this.#words[lately] === text) return lately;
    let code = this.#codeOf.get(text);
    if (code === undefined) {
      if (this.#words.length > probation && this.#words.length * 2 > this.length) return undefined;
      code = this.#words.push(text) - 1;
      this.#codeOf.set(text, code);
    }
    return (this.#lately[slot] = code);
  }

  #toPlain(): (string | null)[] {
    const plain: (string | null)[] = [];
    for (let row = 0; row < this.length; row++) plain.push(this.#words[this.#codes[row]!]!);
    this.#plain = plain;
    this.#words = [null];
    this.#codeOf.clear();
    return plain;
  }
}

/** Length and three characters tell most short texts apart. */
function slotOf(text: string): number {
  const { length } = text;
  if (length < 2) return length;
  const ends = text.charCodeAt(0) * 31 + text.charCodeAt(length - 1) * 7;
  return (ends + text.charCodeAt(length - 2) * 61 + length * 13) & (slots - 1);
}
