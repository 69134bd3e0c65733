import { type Convert, misfit } from "../columns.ts";

/**
 * Reads an array as PostgreSQL writes it, `{1,NULL,"a b",{…}}`, nested to any depth of its six:
 * https://www.postgresql.org/docs/current/arrays.html#ARRAYS-IO
 */
export function parseArray(text: string, convert: Convert | undefined): unknown {
  const reader = new ArrayReader(text, convert);
  // Bounds other than one stand before: `[0:2]={…}`.
  const value = reader.read(text.startsWith("[") ? text.indexOf("{") : 0);
  return reader.fits ? value : misfit;
}

class ArrayReader {
  fits = true;
  readonly #text: string;
  readonly #convert: Convert | undefined;
  #at = 0;

  constructor(text: string, convert: Convert | undefined) {
    this.#text = text;
    this.#convert = convert;
  }

  read(from: number): unknown[] {
    this.#at = from + 1;
    const items: unknown[] = [];
    while (this.fits && this.#text[this.#at] !== "}") {
      if (this.#at >= this.#text.length) this.fits = false;
      else items.push(this.#item());
      if (this.#text[this.#at] === ",") this.#at++;
    }
    this.#at++;
    return items;
  }

  #item(): unknown {
    const first = this.#text[this.#at];
    if (first === "{") return this.read(this.#at);
    if (first === '"') return this.#value(this.#quoted());
    let end = this.#at;
    while (end < this.#text.length && this.#text[end] !== "," && this.#text[end] !== "}") end++;
    const bare = this.#text.slice(this.#at, end);
    this.#at = end;
    return bare === "NULL" ? null : this.#value(bare);
  }

  #quoted(): string {
    let text = "";
    for (this.#at++; this.#at < this.#text.length; this.#at++) {
      const char = this.#text[this.#at]!;
      if (char === '"') break;
      text += char === "\\" ? this.#text[++this.#at] : char;
    }
    this.#at++;
    return text;
  }

  #value(text: string): unknown {
    if (!this.#convert) return text;
    const value = this.#convert(text);
    if (value === misfit) this.fits = false;
    return value;
  }
}
