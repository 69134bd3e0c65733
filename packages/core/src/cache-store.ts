import { warn } from "./warn.ts";

/** What the second tier needs of a store: any Keyv, a Keyv adapter, or an object of your own. */
export interface CacheStore {
  /** The text last set under the key; anything else is a miss. */
  get(key: string): unknown;
  /** `ttl` in milliseconds, as Keyv has it. */
  set(key: string, value: string, ttl?: number): unknown;
}

/** The longest a read may wait for the second tier. */
const patience = 250;
/** How long a tier that failed is left alone. */
const rest = 5000;
/** Writes that may wait for a slow tier at once; further ones are dropped, for the tier is only a copy. */
const pendingWrites = 32;

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

  /** The texts under the keys; `undefined` as a whole where the store failed or took too long. */
  async get(...keys: string[]): Promise<(string | undefined)[] | undefined> {
    if (performance.now() < this.#restUntil) return undefined;
    const answers = await this.#bounded(() =>
      Promise.all(keys.map(async (key) => this.#store.get(key))),
    );
    return answers?.map((answer) => (typeof answer === "string" ? answer : undefined));
  }

  /** Never waited for by a read. */
  async set(key: string, value: string, ttl: number | undefined): Promise<void> {
    if (performance.now() < this.#restUntil || this.#writing >= pendingWrites) return;
    this.#writing++;
    try {
      await this.#store.set(key, value, ttl);
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#writing--;
    }
  }

  #bounded<T>(task: () => Promise<T>): Promise<T | undefined> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => fail(new Error(`no answer within ${patience} ms`)), patience);
      const fail = (error: unknown): void => {
        clearTimeout(timer);
        this.#fail(error);
        resolve(undefined);
      };
      task().then((answer) => {
        clearTimeout(timer);
        resolve(answer);
      }, fail);
    });
  }

  #fail(error: unknown): void {
    this.#restUntil = performance.now() + rest;
    if (this.#warned) return;
    this.#warned = true;
    warn("CONN_CACHE_STORE", "The cache's store does not answer; reads go on without it.", error);
  }
}
