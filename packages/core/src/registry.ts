import type { BaseConnection } from "./connection.ts";
import type { ConnectionClass } from "./connection-class.ts";
import { ConnError } from "./errors.ts";
import { state } from "./state.ts";

/**
 * Makes a class known by its type, for bundles and tests, where no manifest can be read. A registered
 * class goes before a discovered one.
 *
 * @throws CONN_PLUGIN_INVALID for something that is no connection class.
 */
export function register(connectionClass: ConnectionClass): void {
  assertClass(connectionClass, "register()");
  state.registered.set(connectionClass.type, connectionClass);
}

/** The types that can be used here, registered and discovered, in the order of their names. */
export async function availableTypes(cwd: string = process.cwd()): Promise<string[]> {
  const { readProviders } = await import("./manifest.ts");
  const providers = await readProviders(cwd);
  return [...new Set([...state.registered.keys(), ...providers.map(({ type }) => type)])].sort();
}

export function assertClass(value: unknown, where: string): asserts value is ConnectionClass {
  const { name, type, config, prototype } = (value ?? {}) as Partial<
    ConnectionClass & { name: string; prototype: Partial<BaseConnection> }
  >;
  const lack = !prototype?.client
    ? "does not extend BaseConnection"
    : typeof type !== "string" || !type
      ? "has no `static type`"
      : !config?.["~standard"]?.validate
        ? "has no `static config` that is a Standard Schema"
        : undefined;
  if (lack === undefined) return;
  throw new ConnError("CONN_PLUGIN_INVALID", `${where}: ${name ?? typeof value} ${lack}.`, {
    hint: "A connection class extends BaseConnection and has `static type` and `static config`.",
  });
}
