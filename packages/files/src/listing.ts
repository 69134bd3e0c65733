import { sep } from "node:path";
import type { Asking } from "./asking.ts";
import type { Glob } from "./glob.ts";
import type { Location } from "./location.ts";
import type { StoredEntry, StoredFile } from "./store.ts";

/** Entries of one page: what S3 and Google give at most. */
const pageSize = 1000;

/** What a folder holds, page by page. */
export async function* entriesOf(
  asking: Asking,
  folder: Location,
  { recursive, limit = Infinity }: { readonly recursive: boolean; readonly limit?: number },
): AsyncGenerator<StoredEntry> {
  const { container, key: prefix } = folder;
  if (container === "" && folder.protocol !== "file") {
    yield* containersOf(asking, folder);
    return;
  }
  let after: string | undefined;
  let left = limit;
  do {
    const query = { container, prefix, recursive, after, limit: Math.min(left, pageSize) };
    const page = await asking.repeated(folder, (signal) => asking.store.list(query, signal));
    for (const entry of page.entries) {
      // Consoles store a folder as an empty object whose name ends with a slash.
      if (entry.key === prefix && prefix !== "" && /[/\\]$/.test(prefix)) continue;
      yield entry.key.endsWith("/") ? { kind: "folder", key: entry.key } : entry;
      if (--left <= 0) return;
    }
    after = page.next;
  } while (after !== undefined);
}

/** All files of a folder, and of those in it. */
export async function everyFileOf(asking: Asking, folder: Location): Promise<StoredFile[]> {
  const files: StoredFile[] = [];
  for await (const entry of entriesOf(asking, folder, { recursive: true }))
    if (entry.kind === "file") files.push(entry);
  return files;
}

/** The files of a folder that a pattern names, in the order of their names. */
export async function filesOf(
  asking: Asking,
  folder: Location,
  glob: Glob,
  limit = Infinity,
): Promise<StoredFile[]> {
  const files: StoredFile[] = [];
  const start = { ...folder, key: folder.key + glob.prefix };
  for await (const entry of entriesOf(asking, start, { recursive: glob.deep })) {
    const name = entry.key
      .slice(folder.key.length)
      .replaceAll(folder.protocol === "file" ? sep : "/", "/");
    if (entry.kind !== "file" || !glob.matches(name)) continue;
    files.push(entry);
    if (files.length >= limit) break;
  }
  return files;
}

/** Above all keys are the buckets. */
async function* containersOf(asking: Asking, top: Location): AsyncGenerator<StoredEntry> {
  const names = await asking.repeated(top, (signal) => asking.store.listContainers(signal));
  for (const name of names) yield { kind: "folder", key: `${name}/` };
}
