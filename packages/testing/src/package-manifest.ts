import { readFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { demand } from "./demand.ts";

/** The parts of a package.json that the kit looks at. */
export interface PackageManifest {
  readonly name?: string;
  readonly type?: string;
  readonly license?: string;
  readonly keywords?: readonly string[];
  readonly files?: readonly string[];
  readonly engines?: { readonly node?: string };
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly exports?: unknown;
  readonly conn?: {
    readonly api?: unknown;
    readonly connections?: Readonly<Record<string, { readonly export?: unknown }>>;
  };
}

export interface Package {
  readonly folder: string;
  readonly manifest: PackageManifest;
}

/** The nearest package.json from a path upwards. */
export async function readPackage(from: string | URL = process.cwd()): Promise<Package> {
  const start =
    from instanceof URL || from.startsWith("file:") ? fileURLToPath(from) : resolve(from);
  for (let folder = start; ; folder = dirname(folder)) {
    const text = await readFile(join(folder, "package.json"), "utf8").catch(() => undefined);
    if (text !== undefined) return { folder, manifest: JSON.parse(text) as PackageManifest };
    demand(
      folder !== dirname(folder),
      `No package.json from ${start} upwards: give \`package: import.meta.url\`, or \`package: false\` for a class that is not published.`,
    );
  }
}
