import type { Files } from "./template.ts";

/** A change that an older project needs, and that a new text of its files alone does not make. */
export interface Migration {
  /** Projects of templates before this version need it. */
  readonly version: string;
  /** What it does, as a sentence. */
  readonly sentence: string;
  /** Gives the files that change. Run again on its own result, it gives none. */
  readonly migrate: (files: Files) => Files;
}

/** In the order in which they are run. */
export const migrations: readonly Migration[] = [
  {
    version: "0.1.0",
    sentence: "Yarn packs a folder in a folder where the pattern names its files.",
    migrate: ({ "package.json": text = "{}" }) => {
      const manifest = JSON.parse(text) as { files?: readonly string[] };
      if (!manifest.files?.includes("dist/src")) return {};
      const files = manifest.files.map((file) => (file === "dist/src" ? "dist/src/**" : file));
      return { "package.json": `${JSON.stringify({ ...manifest, files }, null, 2)}\n` };
    },
  },
];

/** Whether version `left` comes before `right`; what follows the three numbers is not looked at. */
export function isBefore(left: string, right: string): boolean {
  const [one, other] = [left, right].map((version) =>
    version.split(/[.+-]/).slice(0, 3).map(Number),
  );
  for (const [index, number] of one!.entries()) {
    if (number !== other![index]) return number < other![index]!;
  }
  return false;
}
