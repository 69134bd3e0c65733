/** The last result of a read, and where the next is kept with the version that it is made of. */
export interface Known<T> {
  readonly last: { readonly version: string; readonly value: T } | undefined;
  keep(version: string, value: T): T;
}

/** For reads that are to forget what they gave. */
export const nothingKnown: Known<never> = { last: undefined, keep: (_version, value) => value };

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

  of<T extends object>(key: string): Known<T> {
    const found = this.#results.get(key);
    const value = found?.value.deref() as T | undefined;
    return {
      last: value && { version: found!.version, value },
      keep: (version, next) => {
        this.#results.set(key, { version, value: new WeakRef(next) });
        this.#gone.register(next, key);
        return next;
      },
    };
  }
}
