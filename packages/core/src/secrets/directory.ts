import { readdir, realpath, stat } from "node:fs/promises";
import { join } from "node:path";
import { ConnError } from "../errors.ts";
import { scalarOf } from "./environment.ts";
import { emptyTable, isTable, type Origin, type Table } from "./merge.ts";
import { isConnectionName } from "./name.ts";
import type { Layer } from "./parse.ts";
import { readSecretFile } from "./read.ts";

// What Kubernetes mounts is small; anything larger is some other directory.
const mostFiles = 1000;
const deepest = 8;

/**
 * A directory with a file for each secret, as Kubernetes and Docker mount them: the file
 * `connections/pet_db/url` or `connections.pet_db.url` holds the setting `url` of `pet_db`. Its content
 * is the value, without the line end. `undefined` where there is no such directory.
 *
 * @throws CONN_SECRETS_READ, CONN_SECRETS_UNSAFE.
 */
export async function readDirectory(path: string, tries = 3): Promise<Layer | undefined> {
  // Kubernetes exchanges the link `..data`: what is behind it now belongs together.
  const snapshot = await realpath(join(path, "..data")).catch(() => path);
  // Exchanged while it was read: the new snapshot is complete.
  const again = async (): Promise<Layer | undefined> =>
    snapshot !== path && tries > 1 ? readDirectory(path, tries - 1) : undefined;
  const files = await listFiles(snapshot, [], []);
  if (!files) return again();
  const sections = new Map<string, { values: Table; origins: Map<string, Origin> }>();
  for (const keys of files) {
    const [name, ...settings] = keys.flatMap((key) => key.split(".")).slice(1);
    const place = join(path, ...keys);
    const content = (await readSecretFile(join(snapshot, ...keys)))?.text.replace(/\r?\n$/, "");
    if (content === undefined && snapshot !== path) return again();
    if (
      content === undefined ||
      !isConnectionName(name) ||
      settings.length === 0 ||
      settings.includes("")
    )
      continue;
    let section = sections.get(name);
    if (!section)
      sections.set(
        name,
        (section = { values: emptyTable(), origins: new Map([["", { file: place }]]) }),
      );
    let table = section.values;
    for (const key of settings.slice(0, -1)) {
      if (!isTable(table[key])) table[key] = emptyTable();
      table = table[key] as Table;
    }
    const last = settings.at(-1)!;
    table[last] = scalarOf(last, content);
    section.origins.set(settings.join("."), { file: place });
  }
  return {
    file: path,
    sections: sections,
    malformed: new Map(),
    misplaced: new Map(),
    warnings: [],
  };
}

/** The files about connections below a directory, as lists of names; `undefined` where it is gone. */
async function listFiles(
  root: string,
  above: readonly string[],
  found: string[][],
): Promise<string[][] | undefined> {
  const names = await readdir(join(root, ...above)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return undefined;
    throw new ConnError(
      "CONN_SECRETS_READ",
      `${join(root, ...above)} cannot be listed (${error.code}).`,
    );
  });
  if (!names) return undefined;
  for (const name of names.sort()) {
    const keys = [...above, name];
    // Hidden entries are the mount's own.
    if (name.startsWith(".") || !/^connections(?:\.|$)/.test(keys[0]!)) continue;
    const stats = await stat(join(root, ...keys)).catch(() => undefined);
    if (stats?.isDirectory()) {
      if (keys.length < deepest && !(await listFiles(root, keys, found))) return undefined;
    } else if (stats) found.push(keys);
    if (found.length > mostFiles) {
      throw new ConnError("CONN_SECRETS_READ", `${root} holds more than ${mostFiles} files.`, {
        hint: "Name a directory that holds secrets alone.",
      });
    }
  }
  return found;
}
