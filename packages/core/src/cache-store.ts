import { warn } from "./warn.ts";

/** What the second tier needs of a store: any Keyv, a Keyv adapter, or an object of your own. */
export interface CacheStore {
  /** The text last set under the key; anything else is a miss. */
  get(key: string): unknown;
  /** `ttl` in milliseconds, as Keyv has it. `false` says, as Keyv does, that nothing was stored. */
  set(key: string, value: string, ttl?: number): unknown;
}

/** The longest a read may wait for the second tier. */
const patience = 250;
/** How long a tier that failed is left alone, in milliseconds. */
export const rest = 5000;
/** Results that may wait for a slow tier at once; further ones are dropped, for the tier is only a copy. */
const pendingResults = 32;

/**
 * Stands before a store and keeps its trouble from the reads: every answer is bounded in time, a store
 * that failed rests for some seconds, and the user hears of it once.
 */
export class StoreGuard {
  readonly #store: CacheStore;
  #restUntil = 0;
  #writing = 0;
  #warned = false;

  constructor(store: CacheStore) {
    this.#store = store;
    // Keyv reports a lost server by an "error" event, and an event nobody hears ends the process.
    if ("on" in store && typeof store.on === "function")
      store.on("error", (error: unknown) => this.#fail(error));
  }

  /** What the task gives; `undefined` where the store rests, fails or takes too long. */
  ask<T>(task: (store: CacheStore) => Promise<T>): Promise<T | undefined> {
    if (performance.now() < this.#restUntil) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      const timer = setTimeout(() => fail(new Error(`no answer within ${patience} ms`)), patience);
      const fail = (error: unknown): void => {
        clearTimeout(timer);
        this.#fail(error);
        resolve(undefined);
      };
      task(this.#store).then((answer) => {
        clearTimeout(timer);
        resolve(answer);
      }, fail);
    });
  }

  /** Stores a result where the store has time for it. Never waited for by a read. */
  async keep(key: string, result: string, ttl: number | undefined): Promise<void> {
    if (performance.now() < this.#restUntil || this.#writing >= pendingResults) return;
    this.#writing++;
    try {
      await this.#store.set(key, result, ttl);
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#writing--;
    }
  }

  #fail(error: unknown): void {
    this.#restUntil = performance.now() + rest;
    if (this.#warned) return;
    this.#warned = true;
    warn("CONN_CACHE_STORE", "The cache's store does not answer; reads go on without it.", error);
  }
}
