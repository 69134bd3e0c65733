import { access, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, relative, resolve, sep } from "node:path";
import { packageManager } from "@conn/core/toolkit";
import { pack, unpack } from "@publint/pack";
import type { PackageManifest } from "../package-manifest.ts";

export interface PublishedManifest extends PackageManifest {
  readonly version?: string;
  readonly repository?: unknown;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** A package as a registry would get it. */
export interface Published extends AsyncDisposable {
  readonly tarball: Uint8Array;
  readonly manifest: PublishedManifest;
  /** Paths as in the package: `dist/index.js`. */
  readonly files: readonly { readonly path: string; readonly data: Uint8Array }[];
  /** Where the files lie unpacked, until the end of the block. */
  readonly folder: string;
}

/** Packs a package by its own package manager, with what runs before packing, and unpacks it. */
export async function publishedForm(source: string): Promise<Published> {
  await access(join(source, "package.json")).catch(() => {
    throw new Error(`There is no package.json in ${resolve(source)}.`);
  });
  const home = await mkdtemp(join(tmpdir(), "conn-plugin-check-"));
  try {
    const destination = join(home, "packed");
    await mkdir(destination);
    await packInto(source, destination);
    const name = (await readdir(destination)).find((file) => file.endsWith(".tgz")) ?? "";
    const tarball = await readFile(join(destination, name));
    const unpacked = await unpack(tarball);
    const folder = join(home, "package");
    const files = unpacked.files.map(({ name, data }) => ({
      path: relative(unpacked.rootDir, name).replaceAll(sep, "/"),
      data,
    }));
    for (const { path, data } of files) {
      const target = resolve(folder, path);
      await mkdir(dirname(target), { recursive: true });
      await writeFile(target, data);
    }
    const manifest = JSON.parse(
      await readFile(join(folder, "package.json"), "utf8"),
    ) as PublishedManifest;
    return {
      tarball,
      manifest,
      files,
      folder,
      [Symbol.asyncDispose]: () => rm(home, { recursive: true, force: true }),
    };
  } catch (error) {
    await rm(home, { recursive: true, force: true });
    throw error;
  }
}

async function packInto(source: string, destination: string): Promise<void> {
  const manager = await packageManager(source);
  try {
    await pack(source, { packageManager: manager, destination });
  } catch (error) {
    // Through npx or corepack a manager runs without being installed; npm comes with Node.
    if (manager === "npm" || !String(error).includes("ENOENT")) throw refusalOf(error);
    await pack(source, { packageManager: "npm", destination }).catch((error: unknown) => {
      throw refusalOf(error);
    });
  }
}

/** What the package manager said, out of the report that the packer makes of it. */
function refusalOf(error: unknown): Error {
  const { message } = error as Error;
  const [, report] = /Command output:\s*(\{[^]*\})\s*$/.exec(message) ?? [];
  const { stderr = "", stdout = "" } = (report ? JSON.parse(report) : {}) as Record<string, string>;
  const said = `${stdout}${stderr}`.trim() || message;
  return new Error(`The package cannot be packed:\n${said}`, { cause: error });
}
