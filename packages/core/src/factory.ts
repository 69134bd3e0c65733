import { canonical } from "./cache-key.ts";
import { validateConfig } from "./config.ts";
import { type BaseConnection, reconfigure, retire } from "./connection.ts";
import type { ConnectionClass, Connections, ConnectionTypes } from "./connection-class.ts";
import { didYouMean } from "./did-you-mean.ts";
import { type Duration, toSeconds } from "./duration.ts";
import { ConnError } from "./errors.ts";
import { assertClass, availableTypes, classOf } from "./registry.ts";
import { assertConnectionName, Secrets, type SecretsSection } from "./secrets.ts";
import { referenceOf, state } from "./state.ts";
import { warn } from "./warn.ts";

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
export async function connection(name: string, options: ConnectionOptions = {}): Promise<BaseConnection> {
  const life = options.ttl === undefined ? Infinity : toSeconds(options.ttl, "ttl");
  const resolved = resolveName(name);
  const section = await secrets().section(resolved);
  const connectionClass = await resolveClass(resolved, options.type, section);
  const config = await validateConfig(connectionClass, sourcesOf(resolved, section, options));

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
    refresh: async () => {
      const changed = await secrets().section(resolved);
      return validateConfig(connectionClass, sourcesOf(resolved, changed, options));
    },
  });
  bound(connectionClass, resolved, options.maxEntries);
  return instance;
}

/** Closes every connection of the process, once their running calls have finished. */
export async function closeAll(): Promise<void> {
  const connections = [...state.instances.values()].map((instance) => instance.connection);
  for (const reference of state.retired) {
    const retired = reference.deref();
    if (retired) connections.push(retired);
  }
  state.instances.clear();
  state.retired.clear();
  state.secrets?.stop();
  state.secrets = undefined;
  await Promise.all(connections.map((instance) => instance.close()));
}

/**
 * Closes all connections when the process is asked to end, then lets it end. For servers: a script
 * that has nothing left to do ends by itself. Returns a function that takes the request back.
 */
export function closeOnSignals(signals: readonly NodeJS.Signals[] = ["SIGTERM", "SIGINT"]): () => void {
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

function resolveName(name: string): string {
  let resolved = name;
  if (name.startsWith("env:")) {
    const variable = name.slice(4);
    resolved = process.env[variable] ?? "";
    if (resolved === "") {
      throw new ConnError("CONN_NAME_UNKNOWN", `The environment variable ${variable}, which names the connection, is not set.`, {
        hint: `Set it: export ${variable}=pet_db`,
      });
    }
  }
  assertConnectionName(resolved);
  return resolved;
}

async function resolveClass(
  name: string,
  wanted: ConnectionOptions["type"],
  section: SecretsSection | undefined,
): Promise<ConnectionClass> {
  if (typeof wanted === "function") {
    assertClass(wanted, `connection(${JSON.stringify(name)}, { type })`);
    return wanted;
  }
  const type = wanted ?? section?.values["type"];
  if (type === undefined) {
    const types = await availableTypes();
    if (types.includes(name)) return classOf(name);
    throw await unknownName(name, section, types);
  }
  if (typeof type !== "string") {
    throw new ConnError("CONN_CONFIG", `The \`type\` of ${name} is no text.`, { connection: name, hint: 'Write for example: type = "sql"' });
  }
  return classOf(type);
}

async function unknownName(name: string, section: SecretsSection | undefined, types: readonly string[]): Promise<ConnError> {
  const installed = types.length > 0 ? types.join(", ") : "none";
  if (section) {
    return new ConnError("CONN_NAME_UNKNOWN", `The section [connections.${name}] has no \`type\`. Installed types: ${installed}.`, {
      connection: name,
      hint: `Add type = "${types[0] ?? "sql"}" to the section, or pass { type } to connection().`,
    });
  }
  const names = await secrets().names();
  const near = didYouMean(name, [...names, ...types]);
  const list = names.length > 0 ? names.join(", ") : "none";
  return new ConnError("CONN_NAME_UNKNOWN", `There is no connection ${JSON.stringify(name)}. Sections: ${list}. Installed types: ${installed}.`, {
    connection: name,
    hint: near ? `Did you mean "${near}"?` : `Add a section [connections.${name}] to .conn/secrets.toml, or pass { type } to connection().`,
  });
}

function sourcesOf(name: string, section: SecretsSection | undefined, { config }: ConnectionOptions) {
  return { name, section, overrides: config as Readonly<Record<string, unknown>> | undefined };
}

/** The process's one reader of secrets; it belongs to the working directory at the first use. */
function secrets(): Secrets {
  if (!state.secrets) {
    const source = new Secrets();
    const stopWatching = source.watch((changed) => void refresh(changed));
    state.secrets = {
      source,
      stop: () => {
        stopWatching();
        source.close();
      },
    };
  }
  return state.secrets.source;
}

async function refresh(changed: ReadonlySet<string>): Promise<void> {
  for (const { connection: instance, refresh: reload } of [...state.instances.values()]) {
    if (!changed.has(instance.name)) continue;
    try {
      await instance[reconfigure](await reload());
    } catch (error) {
      warn("CONN_SECRETS_CHANGED", `${instance.name} goes on with its last good settings.`, error);
    }
  }
}

function bound(connectionClass: ConnectionClass, name: string, maxEntries: number | undefined): void {
  if (maxEntries === undefined) return;
  const keys = [...state.instances]
    .filter(([, { connection: instance }]) => instance.constructor === connectionClass && instance.name === name)
    .map(([key]) => key);
  for (const key of keys.slice(0, Math.max(0, keys.length - Math.max(1, maxEntries)))) evict(key);
}

function evict(key: string): void {
  const instance = state.instances.get(key)?.connection;
  state.instances.delete(key);
  if (!instance || instance.state === "closed") return;
  state.retired.add(new WeakRef(instance));
  instance[retire]().catch(() => {});
}
