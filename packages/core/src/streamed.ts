/**
 * A generator in the hands of a caller. One that is dropped in the middle is ended all the same, or it
 * would keep its database handle, and `close()` waiting, for good.
 */
export class Streamed<T> implements AsyncGenerator<T, void, undefined> {
  readonly #source: AsyncGenerator<T, void, undefined>;

  constructor(source: AsyncGenerator<T, void, undefined>) {
    this.#source = source;
    dropped.register(this, source);
  }

  next(): Promise<IteratorResult<T, void>> {
    return this.#source.next();
  }

  return(): Promise<IteratorResult<T, void>> {
    return this.#source.return();
  }

  throw(error: unknown): Promise<IteratorResult<T, void>> {
    return this.#source.throw(error);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }
}

const dropped = new FinalizationRegistry<AsyncGenerator<unknown, void, undefined>>((source) => {
  source.return().catch(() => {});
});
