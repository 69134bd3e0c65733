/**
 * Writes the files that follow from the workspace itself; with `--check`, tells whether they are true.
 * - packages/core/src/first-party.ts: which package provides which type, from the manifests
 * - packages/core/first-party.d.ts: makes the types of those that are installed known to TypeScript
 * - docs/errors.md: the error codes, from their table
 * - docs/connections.md: the connections and their settings, from manifests and schemas
 * - docs/write-a-plugin/cases.md: the conformance kit's cases
 */
import { spawnSync } from "node:child_process";
import { glob, readFile, writeFile } from "node:fs/promises";
import { errorCodes, warningCodes } from "../packages/core/src/error-codes.ts";

const check = process.argv.includes("--check");
let stale = false;

const providers = await firstParty();
await put("packages/core/src/first-party.ts", typeNames(providers));
await put("packages/core/first-party.d.ts", typeImports(providers));
await put("docs/errors.md", errorPage());
for (const [file, text] of Object.entries(workspacePages())) await put(file, text);
if (stale) {
  console.error("Run: npx -y pnpm@12.21.0 generate");
  process.exitCode = 1;
}

async function put(file: string, text: string): Promise<void> {
  const present = await readFile(file, "utf8").catch(() => "");
  if (present === text) return;
  if (check) {
    console.error(`${file} does not follow from its source any more.`);
    stale = true;
  } else {
    await writeFile(file, text);
  }
}

/** Which package provides which type. */
async function firstParty(): Promise<[type: string, packageName: string][]> {
  const packages = new Map<string, string>();
  for await (const file of glob("packages/*/package.json")) {
    const manifest = JSON.parse(await readFile(file, "utf8")) as {
      name: string;
      conn?: { connections: object };
    };
    for (const type of Object.keys(manifest.conn?.connections ?? {}))
      packages.set(type, manifest.name);
  }
  return [...packages].sort(([left], [right]) => left.localeCompare(right));
}

function typeNames(packages: readonly [string, string][]): string {
  return [
    "// Generated from the workspace's manifests by scripts/generate.ts.",
    "export const firstParty: Readonly<Record<string, string>> = {",
    ...packages.map(([type, name]) => `  ${type}: "${name}",`),
    "};",
    "",
  ].join("\n");
}

function typeImports(packages: readonly [string, string][]): string {
  const imports = [...new Set(packages.map(([, name]) => name))].flatMap((name) => [
    "// @ts-ignore -- a package that is not installed is no error here",
    `import type {} from "${name}";`,
  ]);
  return [
    "// Generated from the workspace's manifests by scripts/generate.ts.",
    ...imports,
    "",
  ].join("\n");
}

/** The pages that the packages' own code tells, by their paths. */
function workspacePages(): Record<string, string> {
  const args = ["--conditions=conn:source", "scripts/workspace-pages.ts"];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as Record<string, string>;
}

function errorPage(): string {
  return [
    "# Error codes",
    "",
    "Every error of conn is a `ConnError`: its `code` is one of these and keeps its meaning across versions;",
    "`message` says what happened, where, and what to do next; `cause` is the vendor's own error, with secrets masked.",
    "",
    ...sections(errorCodes),
    "# Warnings",
    "",
    "What is unwise or in trouble, and works all the same, is a process warning with one of these codes.",
    "",
    ...sections(warningCodes),
  ].join("\n");
}

function sections(
  codes: Readonly<Record<string, { readonly cause: string; readonly remedy: string }>>,
): string[] {
  return Object.entries(codes).map(
    ([code, { cause, remedy }]) => `## ${code}\n\n${cause}\n\n**Remedy.** ${remedy}\n`,
  );
}
