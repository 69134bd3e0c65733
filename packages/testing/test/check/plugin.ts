import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

export type Files = Readonly<Record<string, string | undefined>>;
export type Manifest = Readonly<Record<string, unknown>>;

const manifest: Manifest = {
  name: "conn-plugin-pets",
  version: "1.0.0",
  keywords: ["conn-plugin"],
  license: "Apache-2.0",
  repository: "github:pets/conn-plugin-pets",
  files: ["dist"],
  type: "module",
  exports: { ".": { types: "./dist/index.d.ts", default: "./dist/index.js" } },
  peerDependencies: { "@conn/core": "^0.1.0" },
  engines: { node: ">=20.19" },
  conn: { api: 1, connections: { pets: { export: "PetsConnection", title: "Pets" } } },
};

const code = `import { BaseConnection, Table } from "@conn/core";
import { z } from "zod";

export class PetsConnection extends BaseConnection {
  static type = "pets";
  static config = z.strictObject({
    url: z.url().describe("Where the pets are.").meta({ examples: ["https://pets.example.org"] }),
  });
  static members = { read: "Reads pets." };
  async open() {}
  read(path, options) {
    return this.cached({ method: "read", args: [path] }, options, async () => Table.fromRows([]));
  }
}
`;

const files: Files = {
  "dist/index.js": code,
  "dist/index.d.ts": "export declare class PetsConnection {}\n",
  "README.md": '# Pets\n\n```ts\nawait connection("pets", { type: "pets" });\n```\n',
  LICENSE: "Apache License\n",
  // Tells which package manager packs, whatever runs the tests.
  "package-lock.json": "{}",
};

/** A package in a folder of its own: a good one, but for the changes. `undefined` leaves out. */
export async function plugin(
  changes: Manifest = {},
  changedFiles: Files = {},
): Promise<AsyncDisposable & { readonly folder: string }> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), "conn-check-test-")));
  const all: Files = {
    "package.json": JSON.stringify({ ...manifest, ...changes }),
    ...files,
    ...changedFiles,
  };
  for (const [path, text] of Object.entries(all)) {
    if (text === undefined) continue;
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  await symlink(
    join(import.meta.dirname, "../../node_modules"),
    join(folder, "node_modules"),
    "junction",
  );
  return { folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
}

export function without(text: string): string {
  return code.replace(text, "");
}
