import { Cache, type CacheSettings } from "./cache.ts";
import { type Duration, toSeconds } from "./duration.ts";
import type { RetryPolicy } from "./retry.ts";
import { state } from "./state.ts";

/** What an application sets once for all its connections. */
export interface Settings {
  readonly cache?: CacheSettings;
  /** How long a connection may take to open, name look-up and login included. Default: 30 seconds. */
  readonly openTimeout?: Duration;
  /** How long `reset()` and `close()` wait for running calls before they end them. Default: 10 seconds. */
  readonly drainTimeout?: Duration;
  /** How failed calls that are safe to repeat are repeated. */
  readonly retry?: RetryPolicy;
}

/**
 * Sets defaults for all connections, those already open included; a call adds to earlier ones. New
 * cache settings start an empty cache. Returns a function that restores what was set before, the
 * cache included.
 *
 * @throws CONN_ARGUMENT for a value that does not fit.
 */
export function configure(settings: Settings): () => void {
  const { openTimeout, drainTimeout } = settings;
  if (openTimeout !== undefined) toSeconds(openTimeout, "openTimeout");
  if (drainTimeout !== undefined) toSeconds(drainTimeout, "drainTimeout");
  const before = { settings: state.settings, cache: state.cache };
  const merged = { ...state.settings, ...settings };
  if (settings.cache) {
    const cache = { ...state.settings.cache, ...settings.cache };
    state.cache = new Cache(cache);
    state.settings = { ...merged, cache };
  } else {
    state.settings = merged;
  }
  return () => void Object.assign(state, before);
}
