/** Says what ends a stream from outside, and with which error, as long as the result is not disposed of. */
export type EndWith = (signal: AbortSignal, failure: () => Error) => Disposable;

/**
 * A generator in the hands of a caller. One that is dropped in the middle, or whose connection is closed
 * while nobody asks for more, is ended all the same, or it would keep its database handle, and `close()`
 * waiting, for good.
 */
export class Streamed<T> implements AsyncGenerator<T, void, undefined> {
  readonly #source: AsyncGenerator<T, void, undefined>;
  // Apart from this object, which the signal would keep alive.
  readonly #end: { failure?: () => Error } = {};

  constructor(open: (endWith: EndWith) => AsyncGenerator<T, void, undefined>) {
    const end = this.#end;
    const source = open((signal, failure) => {
      const abort = (): void => {
        end.failure = failure;
        // After a step that is under way, which ends by itself.
        source.return().catch(() => {});
      };
      signal.addEventListener("abort", abort, { once: true });
      return { [Symbol.dispose]: () => signal.removeEventListener("abort", abort) };
    });
    this.#source = source;
    dropped.register(this, source);
  }

  /** Never ends as if it were complete where it was ended from outside. */
  async next(): Promise<IteratorResult<T, void>> {
    const step = await this.#source.next();
    if (step.done && this.#end.failure) throw this.#end.failure();
    return step;
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
