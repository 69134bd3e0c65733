import { abortable, abortError, eitherSignal, type CallName, timeoutError } from "./abort.ts";
import { ByteLRU } from "./byte-lru.ts";
import { type CallKey, canonical } from "./cache-key.ts";
import type { CacheStore } from "./cache-store.ts";
import type { CacheTier } from "./cache-tier.ts";
import { prepare, type Sharing, sizeOf } from "./cached-value.ts";
import { type Duration, toSeconds, toTimer } from "./duration.ts";
import { ConnError } from "./errors.ts";
import { counts, observed, publish } from "./observe.ts";
import type { ReadOptions } from "./read-options.ts";
import { Table } from "./table.ts";

export interface CacheSettings {
  /** How long results are fresh where a call does not say. Default: ten minutes. */
  readonly ttl?: Duration;
  /** Bytes of results that memory holds; the least recently used go first. Default: 256 MiB. */
  readonly maxBytes?: number;
  /** A second tier: any Keyv-compatible store, or the path of a directory. Default: none. */
  readonly store?: CacheStore | string;
}

/** The connection that a result belongs to. A new generation makes all its older results unreachable. */
export interface CacheOwner {
  readonly name: string;
  readonly identity: string;
  readonly generation: number;
  /** The identity that other processes agree on; slow to compute on purpose, asked for once. */
  sharedIdentity(): Promise<string>;
}

export interface CacheRequest<T> {
  readonly owner: CacheOwner;
  readonly call: CallKey;
  readonly options: ReadOptions<T> | undefined;
  readonly load: (signal: AbortSignal | undefined) => Promise<T>;
}

interface Loaded<T = unknown> {
  readonly value: T;
  /** On the monotonic clock, in milliseconds: a wall clock that jumps makes nothing fresh or stale. */
  readonly at: number;
  readonly ms: number;
}

interface Entry extends Loaded {
  readonly sharing: Sharing;
  readonly size: number;
}

/** One load and everybody who waits for it. */
interface Flight {
  readonly result: Promise<Entry>;
  readonly controller: AbortController;
  waiting: number;
  settled: boolean;
}

/** The results of reading calls, shared by all callers in the process, and by other processes through a store. */
export class Cache {
  readonly #entries: ByteLRU<Entry>;
  readonly #flights = new Map<string, Flight>();
  readonly #ttl: number;
  readonly #tier: Promise<CacheTier> | undefined;

  constructor({ ttl = 600, maxBytes = 256 * 1024 ** 2, store }: CacheSettings = {}) {
    this.#ttl = toSeconds(ttl, "cache.ttl");
    this.#entries = new ByteLRU(maxBytes);
    if (store !== undefined) assertStore(store);
    // The second tier, its codec and its stores load for those who configure one.
    this.#tier =
      store === undefined
        ? undefined
        : import("./cache-tier.ts").then((module) => module.tierOf(store));
  }

  /** Entries and bytes in memory. */
  get usage(): { readonly entries: number; readonly bytes: number } {
    return { entries: this.#entries.size, bytes: this.#entries.bytes };
  }

  /** The cached result, or the load's. A hit costs the key and one look-up, whatever the result's size. */
  read<T>(request: CacheRequest<T>): Promise<T> {
    const { owner, call, options = {} } = request;
    const ttl = options.ttl === undefined ? this.#ttl : toSeconds(options.ttl, "ttl");
    const grace = graceOf(options.stale);
    if (options.signal?.aborted)
      return Promise.reject(abortError(options.signal.reason, nameOf(request)));
    if (ttl === 0 && grace === 0 && !options.refresh) return this.#uncached(request);

    const key = `${owner.identity}#${owner.generation}#${call.method}${canonical(call.args)}`;
    if (options.refresh) return this.#join(key, request, ttl, true);
    const entry = this.#entries.get(key);
    if (entry) {
      const age = (performance.now() - entry.at) / 1000;
      if (age < ttl) return Promise.resolve(hit(entry, age, false, request));
      if (age < ttl + grace) {
        this.#refreshBehind(key, request, ttl);
        return Promise.resolve(hit(entry, age, true, request));
      }
    }
    return this.#join(key, request, ttl, false);
  }

  /** Tells the second tier that a connection wrote, so that other processes drop what they shared. */
  drop(owner: CacheOwner): void {
    void this.#tier?.then((tier) => tier.drop(owner));
  }

  async #uncached<T>(request: CacheRequest<T>): Promise<T> {
    const { signal, done } = limit(request);
    try {
      const { value, ms } = await abortable(load(request, signal), signal, nameOf(request));
      // Nobody else has it: there is nothing to copy.
      return handOut<T>({ value, sharing: "shared", ms }, 0);
    } finally {
      done();
    }
  }

  async #join<T>(key: string, request: CacheRequest<T>, ttl: number, refresh: boolean): Promise<T> {
    const flight = this.#flight(key, request, ttl, refresh);
    flight.waiting++;
    const { signal, done } = limit(request);
    try {
      const entry = await abortable(flight.result, signal, nameOf(request));
      return handOut<T>(entry, Math.max(0, performance.now() - entry.at) / 1000);
    } finally {
      done();
      // The load goes on while anybody waits for it; the last to leave ends it.
      if (--flight.waiting === 0 && !flight.settled) flight.controller.abort(signal?.reason);
    }
  }

  /** Nobody waits for this load, so nobody who leaves can end it, and its failure keeps the stale answer. */
  #refreshBehind<T>(key: string, request: CacheRequest<T>, ttl: number): void {
    const flight = this.#flight(key, request, ttl, true);
    flight.waiting = Infinity;
    flight.result.catch(() => {});
  }

  #flight<T>(key: string, request: CacheRequest<T>, ttl: number, refresh: boolean): Flight {
    const flightKey = refresh ? `refresh#${key}` : key;
    const running = this.#flights.get(flightKey);
    if (running && !running.controller.signal.aborted) return running;
    const controller = new AbortController();
    const flight: Flight = {
      controller,
      waiting: 0,
      settled: false,
      result: this.#fill(key, request, ttl, refresh, controller.signal).finally(() => {
        flight.settled = true;
        if (this.#flights.get(flightKey) === flight) this.#flights.delete(flightKey);
      }),
    };
    this.#flights.set(flightKey, flight);
    return flight;
  }

  async #fill<T>(
    key: string,
    request: CacheRequest<T>,
    ttl: number,
    refresh: boolean,
    signal: AbortSignal,
  ): Promise<Entry> {
    const { owner, call, options } = request;
    const tier = await this.#tier;
    const shared = await tier?.read(owner, call, refresh ? 0 : ttl);
    if (shared?.found) {
      const { value, age, ms } = shared.found;
      const entry = entryOf({ value, at: performance.now() - age * 1000, ms });
      this.#entries.set(key, entry);
      publish({ kind: "hit", ...nameOf(request), age, stale: false, tier: "store" });
      return entry;
    }
    const loaded = await load(request, signal);
    const entry = entryOf(loaded);
    const wanted = options?.cacheIf ? options.cacheIf(loaded.value) : true;
    if (wanted && entry.sharing !== "refused") {
      this.#entries.set(key, entry);
      const life = ttl + graceOf(options?.stale);
      if (shared) void tier?.write(shared, entry, life);
    }
    return entry;
  }
}

/** Asks the source. */
function load<T>(request: CacheRequest<T>, signal: AbortSignal | undefined): Promise<Loaded<T>> {
  const start = performance.now();
  return request.load(signal).then((value) => {
    const at = performance.now();
    publish({ kind: "load", ...nameOf(request), ms: at - start });
    return { value, at, ms: at - start };
  });
}

function entryOf(loaded: Loaded): Entry {
  return { ...loaded, sharing: prepare(loaded.value), size: sizeOf(loaded.value) };
}

function assertStore(store: CacheStore | string): void {
  if (
    typeof store === "string" ||
    (typeof store?.get === "function" && typeof store.set === "function")
  )
    return;
  throw new ConnError("CONN_ARGUMENT", "`cache.store` is no store: it needs `get` and `set`.", {
    hint: "Pass a Keyv, or a directory's path.",
  });
}

function nameOf<T>({ owner, call }: CacheRequest<T>): CallName {
  return { connection: owner.name, operation: call.method };
}

function graceOf(stale: ReadOptions["stale"]): number {
  if (stale === undefined || stale === false) return 0;
  return stale === true ? Infinity : toSeconds(stale, "stale");
}

/** One signal for what ends the caller's patience: its own signal, and its timeout. */
function limit<T>(request: CacheRequest<T>): { signal: AbortSignal | undefined; done: () => void } {
  const { signal, timeout = Infinity } = request.options ?? {};
  const seconds = toSeconds(timeout, "timeout");
  if (seconds === Infinity) return { signal, done: () => {} };
  const controller = new AbortController();
  const timer = setTimeout(
    () => controller.abort(timeoutError(nameOf(request), seconds)),
    toTimer(seconds),
  );
  const either = signal && eitherSignal(signal, controller.signal);
  return {
    signal: either?.signal ?? controller.signal,
    done: () => {
      clearTimeout(timer);
      either?.letGo();
    },
  };
}

function hit<T>(entry: Entry, age: number, stale: boolean, request: CacheRequest<T>): T {
  if (observed("hit")) publish({ kind: "hit", ...nameOf(request), age, stale, tier: "memory" });
  else counts.hit++;
  return handOut<T>(entry, age, true, stale);
}

// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the caller knows what its load gave
function handOut<T>(
  { value, sharing, ms }: Omit<Entry, "at" | "size">,
  age: number,
  cached = false,
  stale = false,
): T {
  if (value instanceof Table) {
    return value.withMeta(
      stale ? { ...value.meta, cached, age, ms, stale } : { ...value.meta, cached, age, ms },
    ) as T;
  }
  return (sharing === "copied" ? structuredClone(value) : value) as T;
}
