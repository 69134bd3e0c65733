import type { Duration } from "./duration.ts";

/** What every reading call takes; `T` is what it resolves to. */
export interface ReadOptions<T = unknown> {
  /** How long the result may be served again; 0 neither reads nor fills the cache. Default: ten minutes. */
  readonly ttl?: Duration;
  /**
   * Serve the last good result past its `ttl` while a refresh runs or the source is down: `true` for
   * any age, a duration for how long past the `ttl`. Default: false.
   */
  readonly stale?: boolean | Duration;
  /** Load again even where a fresh result is cached, and cache what comes. Default: false. */
  readonly refresh?: boolean;
  /** Keep a result only where this says so: `(table) => table.length > 0`. */
  cacheIf?(value: T): boolean;
  /** Stops waiting, and the load too once nobody else waits for it. Rejects with CONN_ABORTED. */
  readonly signal?: AbortSignal;
  /** Gives up after this long. Rejects with CONN_TIMEOUT. Default: none. */
  readonly timeout?: Duration;
}
