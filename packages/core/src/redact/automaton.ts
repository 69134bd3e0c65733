/** A stretch of a text that holds secrets: from `start` up to, not including, `end`. */
export interface Span {
  start: number;
  end: number;
}

/**
 * Finds many needles in one pass over a text (Aho and Corasick, 1975), so that the time grows with
 * the text and neither with the number of needles nor with how much they resemble each other.
 */
export class Automaton {
  /** The child of a node by a character, under `node * 65536 + character`. */
  readonly #children = new Map<number, number>();
  /** The node of the longest proper suffix that is also the start of a needle. */
  readonly #fallback: number[] = [0];
  readonly #depth: number[] = [0];
  /** The length of the longest needle that ends at a node; 0 for none. */
  readonly #longest: number[] = [0];
  /** Pairs of characters that start a needle, hashed: most places of a text are passed with one look. */
  readonly #starts = new Uint8Array(4096);

  /** The needles have at least two characters each. */
  constructor(needles: Iterable<string>) {
    const edges: [parent: number, character: number, child: number][] = [];
    for (const needle of needles) {
      this.#starts[pair(needle.charCodeAt(0), needle.charCodeAt(1))] = 1;
      let node = 0;
      for (let index = 0; index < needle.length; index++) {
        const character = needle.charCodeAt(index);
        let child = this.#children.get(node * 65536 + character);
        if (child === undefined) {
          child = this.#depth.push(index + 1) - 1;
          this.#longest.push(0);
          this.#fallback.push(0);
          this.#children.set(node * 65536 + character, child);
          edges.push([node, character, child]);
        }
        node = child;
      }
      this.#longest[node] = needle.length;
    }
    // Parents before children: a node's fallback is nearer to the root than the node.
    edges.sort(([, , left], [, , right]) => this.#depth[left]! - this.#depth[right]!);
    for (const [parent, character, child] of edges) {
      const fallback = parent === 0 ? 0 : this.#step(this.#fallback[parent]!, character);
      this.#fallback[child] = fallback;
      if (this.#longest[child] === 0) this.#longest[child] = this.#longest[fallback]!;
    }
  }

  /**
   * The spans of the text that needles cover, in order, with overlapping and touching ones joined;
   * and how many of the last characters may be the start of a needle that goes on.
   */
  scan(text: string): { spans: Span[]; open: number } {
    const spans: Span[] = [];
    const { length } = text;
    let node = 0;
    for (let index = 0; index < length; index++) {
      const character = text.charCodeAt(index);
      if (
        node === 0 &&
        index + 1 < length &&
        this.#starts[pair(character, text.charCodeAt(index + 1))] === 0
      )
        continue;
      node = this.#step(node, character);
      const found = this.#longest[node]!;
      if (found > 0) add(spans, index + 1 - found, index + 1);
    }
    return { spans, open: this.#depth[node]! };
  }

  #step(from: number, character: number): number {
    for (let node = from; ; node = this.#fallback[node]!) {
      const child = this.#children.get(node * 65536 + character);
      if (child !== undefined) return child;
      if (node === 0) return 0;
    }
  }
}

function pair(first: number, second: number): number {
  return (first * 61 + second) & 4095;
}

function add(spans: Span[], from: number, end: number): void {
  let start = from;
  for (let last = spans.at(-1); last && last.end >= start; last = spans.at(-1)) {
    start = Math.min(start, last.start);
    spans.pop();
  }
  spans.push({ start, end });
}
