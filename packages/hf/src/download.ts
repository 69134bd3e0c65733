import { createHash, type Hash } from "node:crypto";
import { join, resolve } from "node:path";
import { ConnError } from "@conn/core";
import {
  addressOf,
  type Asking,
  everyFileOf,
  forEach,
  type Location,
  type OnProgress,
  progressOf,
  type StoredFile,
  stream,
  writeAtomically,
} from "@conn/files/base";
import { type HubCache, isThere } from "./cache.ts";
import { checkRepositoryKey, containerOf, isCommit, repositoryOf } from "./repository.ts";
import type { HubStore, Resolved } from "./store.ts";

export interface Download {
  readonly cache: HubCache;
  /** A path of this machine to write to, past the cache. */
  readonly to: string | undefined;
  readonly onProgress: OnProgress | undefined;
}

/** Downloads a file, unless the cache has it, and gives its path. */
export async function downloadFile(
  asking: Asking<HubStore>,
  location: Location,
  { cache, to, onProgress }: Download,
): Promise<string> {
  const repository = repositoryOf(location.container);
  const find = (): Promise<string | undefined> =>
    to === undefined ? cache.find(repository, location.key) : Promise.resolve(undefined);
  // A commit's files never change.
  const there = isCommit(repository.revision) ? await find() : undefined;
  if (there !== undefined) return there;
  let resolved: Resolved;
  try {
    resolved = await asking.repeated(location, (signal) => asking.store.resolve(location, signal));
  } catch (error) {
    const kept = isUnreachable(error) ? await find() : undefined;
    // Without the hub, what was its last word still is.
    if (kept !== undefined) return kept;
    throw error;
  }
  const { size, version, commit } = resolved;
  const onBytes = progressOf(onProgress, size);
  const file: StoredFile = {
    kind: "file",
    key: location.key,
    size,
    version,
    modified: new Date(Number.NaN),
  };
  if (to !== undefined) {
    const name = /[/\\]$/.test(to) ? location.key.slice(location.key.lastIndexOf("/") + 1) : "";
    return save(asking, { location, file }, resolve(to, name), onBytes);
  }
  const blob = cache.blob(repository, version);
  if (!(await isThere(blob))) await save(asking, { location, file }, blob, onBytes);
  return cache.add(repository, location.key, { version, commit });
}

/** Downloads all files of a folder, as of one commit, and gives the folder's path. */
export async function downloadFolder(
  asking: Asking<HubStore>,
  folder: Location,
  { cache, to, onProgress }: Download,
): Promise<string> {
  const repository = repositoryOf(folder.container);
  const commit = await asking.repeated(folder, (signal) => asking.store.head(repository, signal));
  const pinned = { ...folder, container: containerOf({ ...repository, revision: commit }) };
  const files = await everyFileOf(asking, pinned);
  const onBytes = progressOf(
    onProgress,
    files.reduce((sum, { size }) => sum + size, 0),
  );
  // Before the first byte: a folder with such a name is not downloaded by half.
  for (const { key } of files) demandInside(asking, folder, key);
  const concurrency = Math.min(4, asking.calling.pace.concurrency);
  await forEach(asking, files, concurrency, async (each, file) => {
    const { key, version } = file;
    const location = { ...pinned, key };
    if (to !== undefined) {
      await save(
        each,
        { location, file },
        join(resolve(to), key.slice(folder.key.length)),
        onBytes,
      );
      return;
    }
    const blob = cache.blob(repository, version);
    if (!(await isThere(blob))) await save(each, { location, file }, blob, onBytes);
    await cache.add(repository, key, { version, commit });
  });
  return to === undefined ? join(cache.snapshot(repository, commit), folder.key) : resolve(to);
}

/** Stores a file on this machine once all of its bytes are there, and are those of its version. */
async function save(
  asking: Asking,
  pinned: { readonly location: Location; readonly file: StoredFile },
  path: string,
  onBytes: (bytes: number) => void,
): Promise<string> {
  const { location, file } = pinned;
  const { signal } = asking.calling;
  const chunks = stream(asking, pinned, { start: 0, end: file.size }, onBytes);
  await writeAtomically(path, checked(asking, location, file, chunks), { onBytes() {} }, signal);
  return path;
}

async function* checked(
  asking: Asking,
  location: Location,
  { version, size }: StoredFile,
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const hash = hashOf(version, size);
  for await (const chunk of chunks) {
    hash?.update(chunk);
    yield chunk;
  }
  if (!hash || hash.digest("hex") === version) return;
  const { connection, operation } = asking.calling;
  throw new ConnError(
    "CONN_CHANGED",
    `${connection}.${operation} got other bytes of ${addressOf(location)} than its version ${version} has.`,
    { connection, operation, hint: "Try again; if it persists, look at the proxy between." },
  );
}

/** What names a version: the SHA-256 of a large file, git's own hash of another. https://git-scm.com/book/en/v2/Git-Internals-Git-Objects */
function hashOf(version: string, size: number): Hash | undefined {
  if (/^[0-9a-f]{64}$/.test(version)) return createHash("sha256");
  if (/^[0-9a-f]{40}$/.test(version)) return createHash("sha1").update(`blob ${size}\0`);
  return undefined;
}

/** The hub says the names, and they become paths of this machine. */
function demandInside(asking: Asking, folder: Location, key: string): void {
  const why = key.startsWith(folder.key) ? checkRepositoryKey(key) : "is in another folder";
  if (why === undefined) return;
  const { connection, operation } = asking.calling;
  throw new ConnError(
    "CONN_QUERY",
    `${connection}.${operation}: ${addressOf(folder)} holds a file whose name ${why}.`,
    { connection, operation, hint: "Download its files one by one." },
  );
}

function isUnreachable(error: unknown): boolean {
  return (
    error instanceof ConnError &&
    (error.code === "CONN_OPEN" || error.code === "CONN_LOST" || error.code === "CONN_TIMEOUT")
  );
}
