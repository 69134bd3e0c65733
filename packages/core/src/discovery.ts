import type { ConnectionClass } from "./connection-class.ts";
import { didYouMean } from "./did-you-mean.ts";
import { ConnError } from "./errors.ts";
import { firstParty } from "./first-party.ts";
import { installCommand } from "./install.ts";
import { entryOf, type Provider, readProviders } from "./manifest.ts";
import { assertClass } from "./registry.ts";
import { state } from "./state.ts";

/**
 * The class that provides a type. Its package is imported now, and only it.
 *
 * @throws CONN_TYPE_UNKNOWN, CONN_TYPE_CONFLICT, CONN_PLUGIN_INVALID, CONN_PLUGIN_LOAD.
 */
export async function classOf(type: string, cwd: string = process.cwd()): Promise<ConnectionClass> {
  const key = `${cwd}\0${type}`;
  const known = state.registered.get(type) ?? state.loaded.get(key);
  if (known) return known;
  const providers = await readProviders(cwd);
  const [provider, rival] = providers.filter((candidate) => candidate.type === type);
  if (!provider) throw await unknownType(type, providers, cwd);
  if (rival) throw conflict(type, provider, rival);
  const connectionClass = await load(provider);
  state.loaded.set(key, connectionClass);
  return connectionClass;
}

async function load(provider: Provider): Promise<ConnectionClass> {
  const { packageName, exportName, type } = provider;
  let module: Record<string, unknown>;
  try {
    module = (await import(/* @vite-ignore */ await entryOf(provider))) as Record<string, unknown>;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new ConnError(
      "CONN_PLUGIN_LOAD",
      `The package ${packageName} failed while it was loaded: ${message}`,
      {
        cause: error,
        hint: `Reinstall it: ${await installCommand([packageName])}, or in a bundle call register(${exportName}).`,
      },
    );
  }
  const connectionClass = module[exportName];
  assertClass(connectionClass, `${packageName}, export ${exportName}`);
  if (connectionClass.type !== type) {
    throw new ConnError(
      "CONN_PLUGIN_INVALID",
      `${packageName} declares the type "${type}", and its class ${exportName} says "${connectionClass.type}".`,
      { hint: `Update ${packageName}, or report this to its author.` },
    );
  }
  return connectionClass;
}

function conflict(type: string, left: Provider, right: Provider): ConnError {
  return new ConnError(
    "CONN_TYPE_CONFLICT",
    `Both ${left.packageName} and ${right.packageName} provide the type "${type}".`,
    {
      hint: `Uninstall one of them, or pass the class: import { ${left.exportName} } from "${left.packageName}"`,
    },
  );
}

async function unknownType(
  type: string,
  providers: readonly Provider[],
  cwd: string,
): Promise<ConnError> {
  const shown = JSON.stringify(type.slice(0, 80));
  const known = [
    ...new Set([...state.registered.keys(), ...providers.map((provider) => provider.type)]),
  ];
  const installed =
    known.length > 0
      ? `Installed types: ${known.sort().join(", ")}.`
      : "No installed package provides a type.";
  return new ConnError(
    "CONN_TYPE_UNKNOWN",
    `No installed package provides the type ${shown}. ${installed}`,
    {
      hint: await remedy(type, known, cwd),
    },
  );
}

async function remedy(type: string, known: readonly string[], cwd: string): Promise<string> {
  const packageName = Object.hasOwn(firstParty, type) ? firstParty[type] : undefined;
  if (packageName) return `Run: ${await installCommand([packageName], cwd)}`;
  // A value from a file never names a module: not a path, not a URL, not a package.
  if (!/^[a-z][a-z0-9_-]{0,63}$/.test(type))
    return 'A type is a short name such as "sql"; packages and paths are not types.';
  const near = didYouMean(type, [...known, ...Object.keys(firstParty)]);
  if (near && known.includes(near)) return `Did you mean "${near}"?`;
  const community = await installCommand([`conn-plugin-${type}`], cwd);
  if (!near) return `If a community package provides it, its name follows this rule: ${community}`;
  const ours = await installCommand([firstParty[near]!], cwd);
  return `Did you mean "${near}"? Run: ${ours} (a community's "${type}" would be: ${community})`;
}
