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
  const problem = problemOf(value);
  if (problem === undefined) return;
  throw new ConnError("CONN_PLUGIN_INVALID", `${where}: ${problem}.`, {
    hint: "A connection class extends BaseConnection and has `static type` and `static config`.",
  });
}

function problemOf(value: unknown): string | undefined {
  if (typeof value !== "function")
    return `expected a connection class, and got ${value === null ? "null" : typeof value}`;
  const { name, type, config } = value as unknown as Partial<ConnectionClass> & { name: string };
  const prototype = (value as { prototype?: Partial<BaseConnection> }).prototype;
  if (typeof prototype?.client !== "function")
    return `the class ${name} does not extend BaseConnection`;
  if (typeof type !== "string" || type === "") return `the class ${name} has no \`static type\``;
  if (typeof config?.["~standard"]?.validate !== "function")
    return `the class ${name} has no \`static config\` that is a Standard Schema`;
  return undefined;
}
