import { canonical } from "./cache-key.ts";
import { type BaseConnection, retire } from "./connection.ts";
import type { ConnectionClass } from "./connection-class.ts";
import { toSeconds } from "./duration.ts";
import type { ConnectionOptions } from "./factory.ts";
import { prepare } from "./prepare.ts";
import { referenceOf, state } from "./state.ts";

/** The living instance for these arguments, or a new one. */
export async function instanceOf(
  name: string,
  options: ConnectionOptions,
): Promise<BaseConnection> {
  const life = options.ttl === undefined ? Infinity : toSeconds(options.ttl, "ttl");
  const { name: resolved, connectionClass, config, reload } = await prepare(name, options);

  const key = canonical([connectionClass, resolved, options.scope, options.config], referenceOf);
  const known = state.instances.get(key);
  if (known && known.expires > performance.now() && known.connection.state !== "closed") {
    // Asked for last, evicted last.
    state.instances.delete(key);
    state.instances.set(key, known);
    return known.connection;
  }
  if (known) evict(key);
  const instance = new connectionClass({ name: resolved, config, scope: options.scope });
  state.instances.set(key, {
    connection: instance,
    expires: performance.now() + life * 1000,
    reload,
  });
  bound(connectionClass, resolved, options.maxEntries);
  return instance;
}

/** Closes all living instances, and those that were evicted and are still held. */
export async function closeInstances(): Promise<void> {
  const connections = [...state.instances.values()].map((instance) => instance.connection);
  for (const reference of state.retired) {
    const retired = reference.deref();
    if (retired) connections.push(retired);
  }
  state.instances.clear();
  state.retired.clear();
  state.secrets?.close();
  state.secrets = undefined;
  await Promise.all(connections.map((instance) => instance.close()));
}

function bound(
  connectionClass: ConnectionClass,
  name: string,
  maxEntries: number | undefined,
): void {
  if (maxEntries === undefined) return;
  const keys = [...state.instances]
    .filter(
      ([, { connection: instance }]) =>
        instance.constructor === connectionClass && instance.name === name,
    )
    .map(([key]) => key);
  for (const key of keys.slice(0, Math.max(0, keys.length - Math.max(1, maxEntries)))) evict(key);
}

function evict(key: string): void {
  const instance = state.instances.get(key)?.connection;
  state.instances.delete(key);
  if (!instance || instance.state === "closed") return;
  for (const reference of state.retired) if (!reference.deref()) state.retired.delete(reference);
  state.retired.add(new WeakRef(instance));
  instance[retire]().catch(() => {});
}
