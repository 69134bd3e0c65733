import { readFile } from "node:fs/promises";
import { dirname, join, sep } from "node:path";
import { pathToFileURL } from "node:url";
import { builtin } from "./builtin.ts";
import { ConnError } from "./errors.ts";
import { exists, upwards } from "./install.ts";

/** One type that an installed package provides. */
export interface Provider {
  readonly type: string;
  readonly title: string;
  readonly packageName: string;
  /** The name of the class among the package's exports. */
  readonly exportName: string;
  /** The folder that holds the package's package.json. */
  readonly folder: string;
}

interface Manifest {
  readonly name?: string;
  readonly dependencies?: Record<string, string>;
  readonly devDependencies?: Record<string, string>;
  readonly optionalDependencies?: Record<string, string>;
  readonly peerDependencies?: Record<string, string>;
  readonly conn?: {
    readonly api?: unknown;
    readonly connections?: Record<string, { export?: unknown; title?: unknown }>;
  };
  readonly exports?: unknown;
  readonly module?: string;
  readonly main?: string;
  readonly workspaces?: unknown;
}

interface PnpApi {
  resolveToUnqualified(request: string, issuer: string): string | null;
  resolveRequest(
    request: string,
    issuer: string,
    options: { conditions: Set<string> },
  ): string | null;
}

const api = 1;

/**
 * The types that an application's own direct dependencies provide, read from their manifests. Nothing
 * is imported, and nothing that a dependency brought along is looked at.
 *
 * @throws CONN_PLUGIN_INVALID for a manifest of another api version or shape.
 */
export async function readProviders(start: string): Promise<Provider[]> {
  const found = new Map<string, Provider[]>();
  const add = (manifest: Manifest | undefined, folder: string): void => {
    const name = manifest?.name ?? folder;
    // A workspace holds several copies and versions of a package: the one nearest to the caller counts.
    if (manifest?.conn && !found.has(name)) found.set(name, providersOf(manifest, folder));
  };
  for (const folder of await applicationFolders(start)) {
    const application = await readManifest(folder);
    if (!application) continue;
    add(application, folder);
    const names = new Set(
      [
        application.dependencies,
        application.devDependencies,
        application.optionalDependencies,
        application.peerDependencies,
      ].flatMap((dependencies) => Object.keys(dependencies ?? {})),
    );
    const packages = await Promise.all(
      [...names].map(async (name) => {
        const home = await packageFolder(name, folder);
        return home === undefined ? undefined : { home, manifest: await readManifest(home) };
      }),
    );
    for (const item of packages) if (item) add(item.manifest, item.home);
  }
  // The order of discovery depends on the disk; messages must not.
  return [...found.values()]
    .flat()
    .sort((left, right) => compare(left.type + left.packageName, right.type + right.packageName));
}

/** The URL of a package's main module, by the conditions that Node itself uses for `import`. */
export async function entryOf({ packageName, folder }: Provider): Promise<string> {
  const pnp = pnpApi();
  if (pnp) {
    const path = pnp.resolveRequest(packageName, join(folder, "package.json"), {
      conditions: new Set(["node", "import", "default"]),
    });
    if (path) return pathToFileURL(path).href;
  }
  const manifest = await readManifest(folder);
  const target =
    manifest && (mainExport(manifest.exports) ?? manifest.module ?? manifest.main ?? "index.js");
  return pathToFileURL(join(folder, target ?? "index.js")).href;
}

/**
 * The packages that make the application: the nearest one from the working directory up, the one that
 * the main script belongs to, and the workspace roots around them.
 */
async function applicationFolders(start: string): Promise<string[]> {
  const folders = new Set<string>();
  const script = process.argv[1];
  // A script among the dependencies is a tool, such as a test runner, and not the application.
  const ours = script !== undefined && !script.split(sep).includes("node_modules");
  for (const from of ours ? [start, dirname(script)] : [start]) {
    let nearest = false;
    for (const folder of upwards(from)) {
      if (!(await exists(join(folder, "package.json")))) continue;
      const isRoot =
        (await exists(join(folder, "pnpm-workspace.yaml"))) ||
        (await readManifest(folder))?.workspaces !== undefined;
      if (!nearest || isRoot) folders.add(folder);
      nearest = true;
      if (isRoot) break;
    }
  }
  return [...folders];
}

async function packageFolder(name: string, from: string): Promise<string | undefined> {
  const pnp = pnpApi();
  if (pnp) {
    try {
      return pnp.resolveToUnqualified(name, join(from, "package.json")) ?? undefined;
    } catch {
      return undefined;
    }
  }
  for (const folder of upwards(from)) {
    const home = join(folder, "node_modules", name);
    if (await exists(join(home, "package.json"))) return home;
  }
  return undefined;
}

async function readManifest(folder: string): Promise<Manifest | undefined> {
  try {
    return JSON.parse(await readFile(join(folder, "package.json"), "utf8")) as Manifest;
  } catch {
    return undefined;
  }
}

function providersOf({ name = "", conn }: Manifest, folder: string): Provider[] {
  if (conn?.api !== api) {
    throw invalid(
      name,
      `its manifest has api ${JSON.stringify(conn?.api)}, and this version of @conn/core speaks api ${api}`,
    );
  }
  return Object.entries(conn.connections ?? {}).map(([type, entry]) => {
    if (!/^[a-z][a-z0-9_-]{0,63}$/.test(type))
      throw invalid(name, `its type ${JSON.stringify(type)} is no type name`);
    if (typeof entry?.export !== "string")
      throw invalid(name, `its type ${JSON.stringify(type)} names no export`);
    return {
      type,
      title: typeof entry.title === "string" ? entry.title : type,
      packageName: name,
      exportName: entry.export,
      folder,
    };
  });
}

function invalid(packageName: string, why: string): ConnError {
  return new ConnError(
    "CONN_PLUGIN_INVALID",
    `The package ${packageName} is no usable plugin: ${why}.`,
    {
      hint: `Update both packages, or uninstall ${packageName}.`,
    },
  );
}

/** The target of `exports["."]` under Node's conditions for `import`. */
function mainExport(target: unknown): string | undefined {
  if (typeof target === "string") return target;
  if (Array.isArray(target)) return target.map(mainExport).find((found) => found !== undefined);
  if (typeof target !== "object" || target === null) return undefined;
  const conditions = target as Record<string, unknown>;
  if ("." in conditions) return mainExport(conditions["."]);
  for (const [condition, inner] of Object.entries(conditions)) {
    if (["node", "import", "module-sync", "default"].includes(condition)) {
      const found = mainExport(inner);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

function pnpApi(): PnpApi | undefined {
  if (!("pnp" in process.versions)) return undefined;
  return builtin.module.createRequire(import.meta.url)("pnpapi") as PnpApi;
}

function compare(left: string, right: string): number {
  return left < right ? -1 : Number(left > right);
}
