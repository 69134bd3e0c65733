/** A result, and the version that it was made of. */
export interface Result {
  readonly version: string;
  readonly value: object;
}

/**
 * The last result of each read, so that a result whose time is up is not loaded again while its source is
 * the same. It holds none of them alive: what the cache lets go of is forgotten here too.
 */
export class Remembered {
  readonly #results = new Map<
    string,
    { readonly version: string; readonly value: WeakRef<object> }
  >();
  readonly #gone = new FinalizationRegistry<string>((key) => {
    if (this.#results.get(key)?.value.deref() === undefined) this.#results.delete(key);
  });

  last(key: string): Result | undefined {
    const last = this.#results.get(key);
    const value = last?.value.deref();
    return value && { version: last!.version, value };
  }

  keep(key: string, { version, value }: Result): void {
    this.#results.set(key, { version, value: new WeakRef(value) });
    this.#gone.register(value, key);
  }
}
