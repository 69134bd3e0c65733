/** Line and column, both from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** A key of a TOML file with the keys below it; items of arrays that are tables or arrays count as keys `0`, `1`, … */
export interface KeyNode {
  place: Place;
  readonly children: Map<string, KeyNode>;
  /** The number of elements so far, in an array of tables. */
  items: number;
}

// Deeper keys are refused elsewhere; here they only have no place.
const deepest = 1000;

/** The place of every key in a TOML text that a parser has accepted, in one pass. */
export function locateKeys(text: string): KeyNode {
  return new Scanner(text).scan();
}

class Scanner {
  readonly #text: string;
  #position = 0;
  #line = 1;
  #lineStart = 0;
  #counted = 0;

  constructor(text: string) {
    this.#text = text;
  }

  scan(): KeyNode {
    const root = newNode({ line: 1, column: 1 });
    let table = root;
    if (this.#text.codePointAt(0) === 0xfeff) this.#position = this.#lineStart = this.#counted = 1;
    for (this.#skipBlank(); this.#position < this.#text.length; this.#skipBlank()) {
      const before = this.#position;
      if (this.#peek() === "[") {
        this.#position++;
        const array = this.#take("[");
        table = this.#header(root, array);
        this.#take("]");
        if (array) this.#take("]");
      } else {
        this.#pair(table, 0);
      }
      // A text that no parser accepted must not hold us for ever.
      if (this.#position === before) this.#position++;
    }
    return root;
  }

  #header(root: KeyNode, array: boolean): KeyNode {
    const keys = this.#key();
    let node = root;
    for (const [index, { name, place }] of keys.entries()) {
      const last = index === keys.length - 1;
      const child = childOf(node, name, place);
      // `[a]` after `[a.b]`: the header itself is the better place.
      if (last && !array) child.place = place;
      if (last && array) node = childOf(child, String(child.items++), place);
      else node = !last && child.items > 0 ? childOf(child, String(child.items - 1), place) : child;
    }
    return node;
  }

  #pair(table: KeyNode, depth: number): void {
    let node = table;
    for (const { name, place } of this.#key()) node = childOf(node, name, place);
    this.#skipSpace();
    this.#take("=");
    this.#skipSpace();
    this.#value(node, depth);
  }

  #value(node: KeyNode, depth: number): void {
    const first = this.#peek();
    if (first === '"' || first === "'") this.#string();
    else if (first === "[" && depth < deepest) this.#array(node, depth);
    else if (first === "{" && depth < deepest) this.#inlineTable(node, depth);
    else this.#skip(/[^,\]}#\r\n]*/y);
  }

  #array(node: KeyNode, depth: number): void {
    this.#position++;
    for (let index = 0; ; index++) {
      this.#skipBlank();
      if (this.#take("]") || this.#position >= this.#text.length) return;
      const before = this.#position;
      const nested = this.#peek() === "{" || this.#peek() === "[";
      this.#value(nested ? childOf(node, String(index), this.#place(before)) : node, depth + 1);
      this.#skipBlank();
      this.#take(",");
      if (this.#position === before) return;
    }
  }

  #inlineTable(node: KeyNode, depth: number): void {
    this.#position++;
    for (;;) {
      this.#skipBlank();
      if (this.#take("}") || this.#position >= this.#text.length) return;
      const before = this.#position;
      this.#pair(node, depth + 1);
      this.#skipBlank();
      this.#take(",");
      if (this.#position === before) return;
    }
  }

  #key(): { name: string; place: Place }[] {
    const keys: { name: string; place: Place }[] = [];
    do {
      this.#skipSpace();
      const start = this.#position;
      const quote = this.#peek();
      let name: string;
      if (quote === '"' || quote === "'") {
        this.#string();
        name = this.#text.slice(start + 1, this.#position - 1);
        if (quote === '"') name = unescape(name);
      } else {
        this.#skip(/[\w-]*/y);
        name = this.#text.slice(start, this.#position);
      }
      keys.push({ name, place: this.#place(start) });
      this.#skipSpace();
    } while (this.#take("."));
    return keys;
  }

  #string(): void {
    const quote = this.#peek()!;
    const fence = quote.repeat(3);
    const long = this.#text.startsWith(fence, this.#position);
    const close = long ? fence : quote;
    this.#position += close.length;
    while (this.#position < this.#text.length) {
      if (quote === '"' && this.#peek() === "\\") this.#position += 2;
      else if (this.#text.startsWith(close, this.#position)) break;
      else this.#position++;
    }
    this.#position += close.length;
    // Up to two quotes may stand right before the closing fence.
    if (long) for (let extra = 0; extra < 2 && this.#take(quote); extra++);
  }

  #peek(): string | undefined {
    return this.#text[this.#position];
  }

  #take(character: string): boolean {
    if (this.#peek() !== character) return false;
    this.#position++;
    return true;
  }

  #skipSpace(): void {
    this.#skip(/[ \t]*/y);
  }

  #skipBlank(): void {
    this.#skip(/(?:[ \t\r\n]+|#[^\n]*)*/y);
  }

  #skip(pattern: RegExp): void {
    pattern.lastIndex = this.#position;
    this.#position += pattern.exec(this.#text)?.[0].length ?? 0;
  }

  /** Places are asked for in the order of the text, so that each line break is counted once. */
  #place(position: number): Place {
    for (
      let at = this.#text.indexOf("\n", this.#counted);
      at >= 0 && at < position;
      at = this.#text.indexOf("\n", at + 1)
    ) {
      this.#line++;
      this.#lineStart = this.#counted = at + 1;
    }
    return { line: this.#line, column: position - this.#lineStart + 1 };
  }
}

function newNode(place: Place): KeyNode {
  return { place, children: new Map(), items: 0 };
}

function childOf(node: KeyNode, name: string, place: Place): KeyNode {
  let child = node.children.get(name);
  if (!child) node.children.set(name, (child = newNode(place)));
  return child;
}

const escapes: Readonly<Record<string, string>> = {
  b: "\b",
  t: "\t",
  n: "\n",
  f: "\f",
  r: "\r",
  e: "\u001b",
};

function unescape(text: string): string {
  return text.replace(
    /\\(?:u([\dA-Fa-f]{4})|U([\dA-Fa-f]{8})|x([\dA-Fa-f]{2})|(.))/gs,
    (_, short?: string, long?: string, byte?: string, character = "") => {
      const code = short ?? long ?? byte;
      return code === undefined
        ? (escapes[character] ?? character)
        : String.fromCodePoint(Number.parseInt(code, 16));
    },
  );
}
