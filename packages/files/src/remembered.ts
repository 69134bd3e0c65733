/**
 * The last result of each read with the version that it was made of, so that a result whose time is up
 * is not loaded again while its source is the same. It holds none of them alive: what the cache lets go
 * of is forgotten here too.
 */
export class Remembered {
  readonly #results = new Map<
    string,
    { readonly version: string; readonly value: WeakRef<object> }
  >();
  readonly #gone = new FinalizationRegistry<string>((key) => {
    if (this.#results.get(key)?.value.deref() === undefined) this.#results.delete(key);
  });

  /** The remembered result of this version, else the load's. */
  async of<T extends object>(key: string, version: string, load: () => Promise<T>): Promise<T> {
    const last = this.#results.get(key);
    const known = last?.version === version ? last.value.deref() : undefined;
    if (known !== undefined) return known as T;
    const value = await load();
    this.#results.set(key, { version, value: new WeakRef(value) });
    this.#gone.register(value, key);
    return value;
  }
}
