/** The words that mean null, besides the empty cell. */
export class Nulls {
  readonly #words: readonly Buffer[];

  constructor(words: readonly string[] = []) {
    this.#words = words.filter((word) => word !== "").map((word) => Buffer.from(word));
  }

  has(bytes: Buffer, start: number, end: number): boolean {
    for (const word of this.#words) {
      if (word.length === end - start && bytes.compare(word, 0, word.length, start, end) === 0)
        return true;
    }
    return false;
  }

  get some(): boolean {
    return this.#words.length > 0;
  }
}
