import { readFile } from "node:fs/promises";

/** The texts of files, by their paths with `/`, relative to the project. */
export type Files = Readonly<Record<string, string>>;

export const variants = {
  api: "an API over HTTP, read as tables",
  query: "a database with a driver and statements",
  file: "files, read and written as tables",
} as const;

export type Variant = keyof typeof variants;

/** What `templates/plugin` holds, as it is packed into this package. */
export interface Template {
  /** The version of this package, which is the template's. */
  readonly version: string;
  /** First-party types and their packages: a plugin of the same type could not be used beside them. */
  readonly taken: Readonly<Record<string, string>>;
  /** The package.json. */
  readonly manifest: string;
  /** What is the same for all variants. */
  readonly shared: Files;
  readonly variants: Readonly<Record<Variant, Files>>;
}

export function isVariant(name: string): name is Variant {
  return Object.hasOwn(variants, name);
}

/** The template beside the built program. */
export async function readTemplate(): Promise<Template> {
  return JSON.parse(await readFile(new URL("template.json", import.meta.url), "utf8")) as Template;
}
