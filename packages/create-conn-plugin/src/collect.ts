import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Files, type Template, type Variant, variants } from "./template.ts";

interface Manifest {
  readonly name: string;
  readonly version?: string;
  readonly conn?: { readonly connections: object };
  [field: string]: unknown;
}

/** What each variant has of its own; all else in the template is common to them. */
const own = /^(src\/|test\/|README\.md$)/;
const notCopied = new Set(["node_modules", "dist", "variants", ".turbo"]);

/**
 * The template of a workspace: the files of `templates/plugin`, with what the workspace alone knows
 * put into its package.json.
 *
 * @throws Error for a link in the template, which would copy what lies elsewhere.
 */
export async function collectTemplate(root: string): Promise<Template> {
  const home = join(root, "templates/plugin");
  const manifests = await readManifests(join(root, "packages"));
  const { "package.json": manifest = "", ...base } = await readFiles(home);
  const pick = (wanted: boolean): Files =>
    Object.fromEntries(Object.entries(base).filter(([path]) => own.test(path) === wanted));
  const variant = async (name: Variant): Promise<Files> => {
    if (name === "api") return pick(true);
    const { "tsconfig.json": _, ...files } = await readFiles(join(home, "variants", name));
    return files;
  };
  const names = Object.keys(variants) as Variant[];
  return {
    version: versionOf(manifests, "create-conn-plugin"),
    taken: Object.fromEntries(
      manifests.flatMap(({ name, conn }) =>
        Object.keys(conn?.connections ?? {}).map((type) => [type, name]),
      ),
    ),
    manifest: stamped(manifest, manifests),
    shared: pick(false),
    variants: Object.fromEntries(
      await Promise.all(names.map(async (name) => [name, await variant(name)] as const)),
    ) as Template["variants"],
  };
}

async function readFiles(folder: string, prefix = ""): Promise<Files> {
  const files: Record<string, string> = {};
  for (const entry of await readdir(join(folder, prefix), { withFileTypes: true })) {
    const path = prefix + entry.name;
    if (prefix === "" && notCopied.has(entry.name)) continue;
    if (entry.isDirectory()) Object.assign(files, await readFiles(folder, `${path}/`));
    else if (entry.isFile()) files[path] = await readFile(join(folder, path), "utf8");
    else throw new Error(`${join(folder, path)} is neither a file nor a folder.`);
  }
  return files;
}

async function readManifests(folder: string): Promise<Manifest[]> {
  const texts = await Promise.all(
    (await readdir(folder)).map((name) =>
      readFile(join(folder, name, "package.json"), "utf8").catch(() => undefined),
    ),
  );
  return texts.flatMap((text) => (text === undefined ? [] : [JSON.parse(text) as Manifest]));
}

/** A package.json that stands by itself: with a version, and with ranges that a registry knows. */
function stamped(text: string, manifests: readonly Manifest[]): string {
  const { name, private: _, ...rest } = JSON.parse(text) as Manifest;
  for (const field of ["dependencies", "devDependencies", "peerDependencies"]) {
    const ranges = { ...(rest[field] as Record<string, string> | undefined) };
    for (const [dependency, range] of Object.entries(ranges))
      if (range === "workspace:^") ranges[dependency] = `^${versionOf(manifests, dependency)}`;
    rest[field] = ranges;
  }
  return `${JSON.stringify({ name, version: "0.0.0", ...rest }, null, 2)}\n`;
}

function versionOf(manifests: readonly Manifest[], name: string): string {
  const version = manifests.find((manifest) => manifest.name === name)?.version;
  if (version === undefined) throw new Error(`The workspace has no version of ${name}.`);
  return version;
}
