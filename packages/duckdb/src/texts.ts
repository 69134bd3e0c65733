import { isAscii } from "node:buffer";
import bindings from "@duckdb/node-bindings";

/** Bytes of one entry: the length, then up to twelve bytes of text, or four of them and an address. */
const entrySize = 16;
const inlined = 12;

/** Short texts seen lately; a power of two. */
const slots = 1024;

/** Bytes asked for at once. */
const most = 65_536;

/**
 * Texts of VARCHAR vectors, whose layout is https://github.com/duckdb/duckdb/blob/v1.5.0/src/include/duckdb/common/types/string_type.hpp.
 * A text by itself costs a microsecond, most of it for asking DuckDB for its bytes: here they are asked for
 * once for many texts, and short ones that repeat are decoded once.
 */
export class TextReader {
  readonly #keys = new Uint32Array(slots * 4);
  readonly #texts: string[] = Array.from({ length: slots }, () => "");

  /** @param valid A bitmap, lowest bit first, where 0 means null. */
  read(memory: Uint8Array, rows: number, valid: Uint8Array | undefined): (string | null)[] {
    const words = new Uint32Array(memory.buffer, memory.byteOffset, rows * 4);
    const bytes = Buffer.from(memory.buffer, memory.byteOffset, rows * entrySize);
    const texts: (string | null)[] = [];
    texts.length = rows;
    const run = new Run(memory, texts);
    for (let row = 0; row < rows; row++) {
      const length = words[row * 4]!;
      if (valid && ((valid[row >> 3]! >> (row & 7)) & 1) === 0) texts[row] = null;
      else if (length <= inlined) texts[row] = this.#short(words, bytes, row);
      else {
        const address = words[row * 4 + 3]! * 2 ** 32 + words[row * 4 + 2]!;
        run.add(row, address, length);
      }
    }
    run.decode();
    return texts;
  }

  #short(words: Uint32Array, bytes: Buffer, row: number): string {
    const at = row * 4;
    const length = words[at]!;
    const first = words[at + 1]!;
    const second = words[at + 2]!;
    const third = words[at + 3]!;
    const slot = slotOf(length, first, second, third);
    const keys = this.#keys;
    const key = slot * 4;
    if (
      keys[key] === length &&
      keys[key + 1] === first &&
      keys[key + 2] === second &&
      keys[key + 3] === third
    )
      return this.#texts[slot]!;
    keys.set(words.subarray(at, at + 4), key);
    const start = row * entrySize + 4;
    const ascii = ((first | second | third) & 0x80808080) === 0;
    const text = bytes.toString(ascii ? "latin1" : "utf8", start, start + length);
    this.#texts[slot] = text;
    return text;
  }
}

/** Texts that differ in a digit alone must not meet: each part is mixed into the whole (as MurmurHash3 does it). */
function slotOf(length: number, first: number, second: number, third: number): number {
  let hash = Math.imul(first ^ length, 0x85ebca6b);
  hash = Math.imul((hash ^ (hash >>> 15)) + second, 0xc2b2ae35);
  hash = Math.imul((hash ^ (hash >>> 13)) + third, 0x27d4eb2f);
  return (hash ^ (hash >>> 16)) & (slots - 1);
}

/** Long texts that lie one behind the other in DuckDB's memory, as they mostly do. */
class Run {
  readonly #memory: Uint8Array;
  readonly #texts: (string | null)[];
  readonly #rows: number[] = [];
  readonly #lengths: number[] = [];
  #end = 0;
  #size = 0;

  constructor(memory: Uint8Array, texts: (string | null)[]) {
    this.#memory = memory;
    this.#texts = texts;
  }

  add(row: number, address: number, length: number): void {
    // Nothing between two texts is read: it might be memory of nobody's.
    if (address !== this.#end || this.#size + length > most) this.decode();
    this.#rows.push(row);
    this.#lengths.push(length);
    this.#size += length;
    this.#end = address + length;
  }

  decode(): void {
    if (this.#size === 0) return;
    const { buffer, byteOffset } = this.#memory;
    const pointer = byteOffset + this.#rows[0]! * entrySize + 8;
    const data = bindings.get_data_from_pointer(buffer as ArrayBuffer, pointer, this.#size);
    const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    // Which is quicker to read than UTF-8, and the same.
    const encoding = isAscii(bytes) ? "latin1" : "utf8";
    let start = 0;
    for (let index = 0; index < this.#rows.length; index++) {
      const end = start + this.#lengths[index]!;
      this.#texts[this.#rows[index]!] = bytes.toString(encoding, start, end);
      start = end;
    }
    this.#rows.length = this.#lengths.length = this.#size = 0;
  }
}
