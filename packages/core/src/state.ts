import type { BaseConnection } from "./connection.ts";
import { Cache } from "./cache.ts";
import type { ConnectionClass } from "./connection-class.ts";
import type { Settings } from "./settings.ts";
import type { Secrets } from "./secrets.ts";

/** A living connection, and how to read its settings anew. */
export interface Instance {
  readonly connection: BaseConnection;
  /** On the monotonic clock, in milliseconds. */
  readonly expires: number;
  readonly reload: () => Promise<object>;
}

/** What one process shares, across hot reloads and duplicate copies of this package. */
export interface State {
  readonly instances: Map<string, Instance>;
  /** Evicted instances that somebody may still hold and use. */
  readonly retired: Set<WeakRef<BaseConnection>>;
  readonly registered: Map<string, ConnectionClass>;
  /** Classes that discovery has loaded, by working directory and type: manifests are read once for each. */
  readonly loaded: Map<string, ConnectionClass>;
  /** How often the results of each identity were dropped: an instance made later must know of it. */
  readonly generations: Map<string, number>;
  /** Numbers for classes and other things that have no text of their own. */
  readonly references: { readonly ids: WeakMap<object, number>; next: number };
  settings: Settings;
  cache: Cache;
  secrets: Secrets | undefined;
}

// The number changes with the shape, so that incompatible copies keep apart.
const key = Symbol.for("@conn/core/state/1");

const holder = globalThis as unknown as Record<symbol, State | undefined>;

export const state: State = (holder[key] ??= {
  instances: new Map(),
  retired: new Set(),
  registered: new Map(),
  loaded: new Map(),
  generations: new Map(),
  references: { ids: new WeakMap(), next: 1 },
  settings: {},
  cache: new Cache(),
  secrets: undefined,
});

/** A text that stands for this very object or symbol in this process. */
export function referenceOf(value: object | symbol): string {
  if (typeof value === "symbol") return String(value);
  const { ids } = state.references;
  let id = ids.get(value);
  if (id === undefined) ids.set(value, (id = state.references.next++));
  return `ref(${id})`;
}

/** A closed connection is nobody's any more: the next call of `connection()` makes another. */
export function forgetInstance(connection: BaseConnection): void {
  for (const [key, instance] of state.instances) {
    if (instance.connection === connection) state.instances.delete(key);
  }
}
