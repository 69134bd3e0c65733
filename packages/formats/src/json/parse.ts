import { ConnError } from "@conn/core";
import { overLimit } from "../limits.ts";

/** Where a text stands in its file, and how deep it may be nested. */
export interface Place {
  readonly file: string;
  /** The line of its first character, from 1. */
  readonly line: number;
  readonly depth: number;
}

/**
 * JSON's value, with integers beyond 2^53 as bigint.
 * Errors: `CONN_FORMAT` with line and column, `CONN_LIMIT` where it is nested too deep.
 */
export function parseJson(text: string, place: Place): unknown {
  const { depth, long } = look(text);
  if (depth > place.depth) throw tooDeep(place);
  if (long) return new Parser(text, place).parse();
  try {
    return JSON.parse(text);
  } catch {
    // The engine's message names no place on every Node, ours does.
    return new Parser(text, place).parse();
  }
}

export function tooDeep({ file, depth }: Place): ConnError {
  return overLimit(file, "depth", depth, "Its JSON is nested too deep");
}

/** How deep brackets are nested, and whether a number is so long that a double might lose some of it. */
function look(text: string): { depth: number; long: boolean } {
  let [open, depth, digits] = [0, 0, 0];
  let long = false;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit >= 48 && unit <= 57) {
      if (++digits === 16) long = true;
      continue;
    }
    digits = 0;
    if (unit === 34) at = stringEnd(text, at);
    else if (unit === 91 || unit === 123) depth = Math.max(depth, ++open);
    else if (unit === 93 || unit === 125) open--;
  }
  return { depth, long };
}

/** Where the string that starts here ends: its closing quote, or the text's end. */
function stringEnd(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let slashes = 0;
    while (text.charCodeAt(end - 1 - slashes) === 92) slashes++;
    if (slashes % 2 === 0) return end;
  }
  return text.length;
}

/** RFC 8259, for what the engine's parser cannot do: exact integers, and the place of a mistake. */
class Parser {
  readonly #text: string;
  readonly #place: Place;
  #at = 0;
  #depth = 0;

  constructor(text: string, place: Place) {
    this.#text = text;
    this.#place = place;
  }

  parse(): unknown {
    const value = this.#value();
    this.#space();
    if (this.#at < this.#text.length) throw this.#fault("text behind the value");
    return value;
  }

  #value(): unknown {
    this.#space();
    const unit = this.#text[this.#at];
    if (unit === "{") return this.#nested(() => this.#object());
    if (unit === "[") return this.#nested(() => this.#array());
    if (unit === '"') return this.#string();
    for (const [word, value] of words) {
      if (!this.#text.startsWith(word, this.#at)) continue;
      this.#at += word.length;
      return value;
    }
    number.lastIndex = this.#at;
    const [digits] = number.exec(this.#text) ?? [];
    if (digits === undefined)
      throw this.#fault(unit === undefined ? "the text ends where a value is due" : "no value");
    this.#at += digits.length;
    const value = Number(digits);
    return /[.eE]/.test(digits) || Number.isSafeInteger(value) ? value : BigInt(digits);
  }

  #nested<T>(read: () => T): T {
    if (++this.#depth > this.#place.depth) throw tooDeep(this.#place);
    this.#at++;
    const value = read();
    this.#depth--;
    return value;
  }

  #object(): Record<string, unknown> {
    const object: Record<string, unknown> = {};
    if (this.#take("}")) return object;
    do {
      this.#space();
      if (this.#text[this.#at] !== '"') throw this.#fault("a name in quotes is due");
      const name = this.#string();
      if (!this.#take(":")) throw this.#fault("a colon is due");
      const value = this.#value();
      // Assigned, `__proto__` would be the prototype.
      if (name === "__proto__") {
        Object.defineProperty(object, name, {
          value,
          enumerable: true,
          writable: true,
          configurable: true,
        });
      } else object[name] = value;
    } while (this.#take(","));
    if (!this.#take("}")) throw this.#fault("a comma or } is due");
    return object;
  }

  #array(): unknown[] {
    const array: unknown[] = [];
    if (this.#take("]")) return array;
    do array.push(this.#value());
    while (this.#take(","));
    if (!this.#take("]")) throw this.#fault("a comma or ] is due");
    return array;
  }

  #string(): string {
    const end = stringEnd(this.#text, this.#at);
    if (end >= this.#text.length) throw this.#fault("a string has no end");
    const literal = this.#text.slice(this.#at, end + 1);
    try {
      const value = JSON.parse(literal) as string;
      this.#at = end + 1;
      return value;
    } catch {
      throw this.#fault("a string has a wrong escape or a bare control character");
    }
  }

  #take(mark: string): boolean {
    this.#space();
    if (this.#text[this.#at] !== mark) return false;
    this.#at++;
    return true;
  }

  #space(): void {
    for (;;) {
      const unit = this.#text.charCodeAt(this.#at);
      if (unit !== 32 && unit !== 10 && unit !== 13 && unit !== 9) return;
      this.#at++;
    }
  }

  #fault(what: string): ConnError {
    const before = this.#text.slice(0, this.#at).split("\n");
    const { file } = this.#place;
    const line = this.#place.line + before.length - 1;
    return new ConnError("CONN_FORMAT", `${file} is no JSON: ${what}.`, {
      location: { file, line, column: before.at(-1)!.length + 1 },
      hint: "Mend the file there. It may be cut off, or be another format: { format: … }.",
    });
  }
}

const words: readonly (readonly [string, unknown])[] = [
  ["null", null],
  ["true", true],
  ["false", false],
];
const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
