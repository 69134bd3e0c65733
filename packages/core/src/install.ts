import { access, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ConnError } from "./errors.ts";

export type PackageManager = "npm" | "pnpm" | "yarn" | "bun";

const lockFiles: Readonly<Record<string, PackageManager>> = {
  "pnpm-lock.yaml": "pnpm",
  "yarn.lock": "yarn",
  "bun.lock": "bun",
  "bun.lockb": "bun",
  "package-lock.json": "npm",
};

/** The package manager of the application in a folder: its lock file decides, then what started the process. */
export async function packageManager(cwd: string = process.cwd()): Promise<PackageManager> {
  for (const folder of upwards(cwd)) {
    const declared = await declaredManager(folder);
    if (declared) return declared;
    for (const [file, manager] of Object.entries(lockFiles)) {
      if (await exists(join(folder, file))) return manager;
    }
  }
  const agent = /^(npm|pnpm|yarn|bun)\//.exec(process.env["npm_config_user_agent"] ?? "");
  return (agent?.[1] as PackageManager | undefined) ?? "npm";
}

/** The command that adds packages to the application. */
export async function installCommand(packages: readonly string[], cwd?: string): Promise<string> {
  const manager = await packageManager(cwd);
  return `${manager} ${manager === "npm" ? "install" : "add"} ${packages.join(" ")}`;
}

/**
 * Imports a driver or SDK that the user may not have installed.
 *
 * @throws CONN_PACKAGE_MISSING with the command that installs it, and why it is needed.
 */
export async function importOptional<T>(
  load: () => Promise<T>,
  {
    packageName,
    needed,
    connection,
  }: { readonly packageName: string; readonly needed: string; readonly connection?: string },
): Promise<T> {
  try {
    return await load();
  } catch (error) {
    if (!isMissing(error, packageName)) throw error;
    throw new ConnError(
      "CONN_PACKAGE_MISSING",
      `${needed} needs the package ${packageName}, which is not installed.`,
      {
        connection,
        cause: error,
        hint: `Run: ${await installCommand([packageName])}`,
      },
    );
  }
}

/** The folder and all above it. */
export function* upwards(folder: string): Generator<string> {
  for (let current = folder; ; current = dirname(current)) {
    yield current;
    if (dirname(current) === current) return;
  }
}

export async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

async function declaredManager(folder: string): Promise<PackageManager | undefined> {
  try {
    const manifest = JSON.parse(await readFile(join(folder, "package.json"), "utf8")) as {
      packageManager?: unknown;
    };
    return /^(npm|pnpm|yarn|bun)@/.exec(String(manifest.packageManager))?.[1] as
      | PackageManager
      | undefined;
  } catch {
    return undefined;
  }
}

/** Whether this very package is missing, and not one that it needs itself. */
function isMissing(error: unknown, packageName: string): boolean {
  if (!(error instanceof Error)) return false;
  const { code, message } = error as NodeJS.ErrnoException;
  return (
    ((code === "ERR_MODULE_NOT_FOUND" || code === "MODULE_NOT_FOUND") &&
      message.includes(`'${packageName}'`)) ||
    // Vite's words for an optional peer.
    message.startsWith(`Could not resolve "${packageName}" imported by`)
  );
}
