import type { Dirent } from "node:fs";
import { lstat, readdir, realpath, stat } from "node:fs/promises";
import { join, sep } from "node:path";
import type { ListPage, ListQuery, StoredEntry } from "../store.ts";
import { statFile } from "./read.ts";
import { inside, isWithin } from "./root.ts";
import { isTemporaryName } from "./write.ts";

/** What a folder holds, in the order of the names; links that leave the root, pipes and devices are left out. */
export async function listFolder(
  { prefix, recursive, limit, after }: ListQuery,
  root: string | undefined,
  signal: AbortSignal,
): Promise<ListPage> {
  const cut = prefix.lastIndexOf(sep) + 1;
  const folder = prefix.slice(0, cut);
  await inside(folder, root);
  const entries: StoredEntry[] = [];
  for await (const entry of walk(folder, { recursive, root, signal, start: prefix.slice(cut) })) {
    if (after !== undefined && entry.key <= after) continue;
    if (entries.length === limit) return { entries, next: entries.at(-1)!.key };
    entries.push(entry);
  }
  return { entries, next: undefined };
}

interface Walk {
  readonly recursive: boolean;
  readonly root: string | undefined;
  readonly signal: AbortSignal;
  /** What names of the first level start with. */
  readonly start: string;
}

async function* walk(folder: string, options: Walk): AsyncGenerator<StoredEntry> {
  const { recursive, root, signal, start } = options;
  signal.throwIfAborted();
  const items = await readdir(folder, { withFileTypes: true });
  // In the order of whole paths, where a folder's name ends with the separator, as object stores have it.
  const sorted = items
    .filter(({ name }) => name.startsWith(start) && !isTemporaryName(name))
    .map((item) => ({ item, order: item.isDirectory() ? item.name + sep : item.name }))
    .sort((left, right) => (left.order < right.order ? -1 : 1));
  for (const { item } of sorted) {
    const path = join(folder, item.name);
    const kind = await kindOf(item, path, root);
    if (kind === "file") {
      // Gone since the folder was read: then it is no part of the list.
      const file = await statFile(path, path).catch(() => undefined);
      if (file) yield file;
    } else if (kind === "folder") {
      // A linked folder is named and not entered: links may lead in circles.
      if (recursive && item.isDirectory()) yield* walk(path + sep, { ...options, start: "" });
      else yield { kind: "folder", key: path + sep };
    }
  }
}

async function kindOf(
  item: Dirent,
  path: string,
  root: string | undefined,
): Promise<"file" | "folder" | undefined> {
  if (item.isFile()) return "file";
  if (item.isDirectory()) return "folder";
  if (!item.isSymbolicLink() && (item.isFIFO() || item.isSocket())) return undefined;
  try {
    if (root !== undefined && !isWithin(await realpath(path), await realpath(root)))
      return undefined;
    // Some file systems do not tell the kind of an entry; what a link leads to none of them does.
    const stats = item.isSymbolicLink() ? await stat(path) : await lstat(path);
    return stats.isFile() ? "file" : stats.isDirectory() ? "folder" : undefined;
  } catch {
    return undefined;
  }
}
