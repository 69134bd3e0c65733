import type { Storage } from "./column.ts";

/** Distinct texts before a column has to prove that its texts repeat. */
const probation = 4096;

/** Slots for words seen lately; a power of two. */
const slots = 512;

/** Texts as codes into the list of the distinct ones among them. */
export class TextDictionary {
  length = 0;
  readonly #words: (string | null)[] = [null];
  readonly #codeOf = new Map<string, number>();
  #codes = new Uint32Array(1024);
  // Codes. A map must first hash each fresh string of a driver; comparing it with a word seen lately costs a third.
  readonly #lately = new Uint32Array(slots);

  /** Answers false, and adds nothing, where texts do not repeat enough to have codes. */
  add(text: string | null): boolean {
    const code = text === null ? 0 : this.#codeFor(text);
    if (code === undefined) return false;
    if (this.length === this.#codes.length) {
      const codes = new Uint32Array(this.length * 2);
      codes.set(this.#codes);
      this.#codes = codes;
    }
    this.#codes[this.length++] = code;
    return true;
  }

  get(row: number): string | null {
    return this.#words[this.#codes[row]!]!;
  }

  /** The texts themselves. */
  texts(): (string | null)[] {
    return Array.from({ length: this.length }, (_, row) => this.get(row));
  }

  finish(): Storage {
    const words = this.#words;
    if (words.length > 16 && words.length * 2 > this.length)
      return { kind: "plain", data: this.texts() };
    const Codes =
      words.length <= 256 ? Uint8Array : words.length <= 65_536 ? Uint16Array : Uint32Array;
    return { kind: "dictionary", data: new Codes(this.#codes.subarray(0, this.length)), words };
  }

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
}

/** Length and three characters tell most short texts apart. */
function slotOf(text: string): number {
  const { length } = text;
  if (length < 2) return length;
  const ends = text.charCodeAt(0) * 31 + text.charCodeAt(length - 1) * 7;
  return (ends + text.charCodeAt(length - 2) * 61 + length * 13) & (slots - 1);
}
