import type { BaseConnection } from "./connection.ts";
import type { ConnectionClass, Connections, ConnectionTypes } from "./connection-class.ts";
import type { Duration } from "./duration.ts";

export interface ConnectionOptions {
  /** A type's name or a connection class. Default: the section's `type`, else the type called like the connection. */
  readonly type?: string | ConnectionClass;
  /** Settings that win over the secrets file's, table by table. */
  readonly config?: object;
  /** One instance per value, such as a user's or tenant's id. Default: one for the process. */
  readonly scope?: unknown;
  /** How long the instance lives; the next call makes a new one. Default: for ever. */
  readonly ttl?: Duration;
  /** How many instances of this name may live; the least recently asked for goes first. Default: no bound. */
  readonly maxEntries?: number;
}

/**
 * The connection called `name`, one for the whole process. It finds the section
 * `[connections.<name>]`, loads the package that provides its type and checks the settings, so that
 * every mistake of set-up is reported here; it opens nothing, which the first use does.
 *
 * `name` may be `env:VAR`, to take it from an environment variable.
 *
 * @throws CONN_NAME_UNKNOWN, CONN_NAME_INVALID, CONN_TYPE_UNKNOWN, CONN_TYPE_CONFLICT, CONN_CONFIG,
 * CONN_PLUGIN_INVALID, CONN_PLUGIN_LOAD, and the CONN_SECRETS codes.
 */
export function connection<N extends keyof Connections>(
  name: N,
  options?: ConnectionOptions & { readonly type?: never },
): Promise<Connections[N]>;
export function connection<T extends keyof ConnectionTypes>(
  name: string,
  options: ConnectionOptions & { readonly type: T },
): Promise<ConnectionTypes[T]>;
export function connection<
  // oxlint-disable-next-line typescript/no-explicit-any -- any client and configuration
  C extends BaseConnection<any, any>,
  Config extends object,
>(
  name: string,
  options: Omit<ConnectionOptions, "type" | "config"> & {
    readonly type: ConnectionClass<C, Config>;
    readonly config?: Partial<Config>;
  },
): Promise<C>;
export function connection(name: string, options?: ConnectionOptions): Promise<BaseConnection>;
export async function connection(
  name: string,
  options: ConnectionOptions = {},
): Promise<BaseConnection> {
  // Secrets, discovery and validation load with the first connection, and not with the import.
  const { instanceOf } = await import("./instance.ts");
  return instanceOf(name, options);
}

/** Closes every connection of the process, once their running calls have finished. */
export async function closeAll(): Promise<void> {
  const { closeInstances } = await import("./instance.ts");
  await closeInstances();
}

/**
 * Closes all connections when the process is asked to end, then lets it end. For servers: a script
 * that has nothing left to do ends by itself. Returns a function that takes the request back.
 */
export function closeOnSignals(
  signals: readonly NodeJS.Signals[] = ["SIGTERM", "SIGINT"],
): () => void {
  const stop = (): void => {
    for (const signal of signals) process.off(signal, listener);
  };
  const listener = (signal: NodeJS.Signals): void => {
    stop();
    // Sent again with our listener gone, the signal does what it would have done without us.
    void closeAll().finally(() => process.kill(process.pid, signal));
  };
  for (const signal of signals) process.on(signal, listener);
  return stop;
}
