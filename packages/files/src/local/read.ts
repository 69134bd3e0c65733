import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { type Failure, StoreFailure } from "../failure.ts";
import type { ByteRange, StoredFile } from "../store.ts";

const chunkSize = 1024 * 1024;

/** Where a file was due. */
export const isFolder: Failure = {
  kind: "other",
  message: "it is a folder",
  hint: "Name a file in it. `read` takes all files of a folder whose path ends with a slash, and `delete` a folder with { recursive: true }.",
};

export function folderFailure(): StoreFailure {
  return new StoreFailure(isFolder.kind, isFolder.message, isFolder);
}

export async function statFile(path: string, key: string): Promise<StoredFile> {
  await using file = await openFile(path);
  return { ...(await describe(file)), key };
}

/** The bytes of one version: a file that is written to in place meanwhile ends in a failure. */
export async function readRange(
  path: string,
  range: ByteRange,
): Promise<AsyncIterable<Uint8Array>> {
  const file = await openFile(path);
  try {
    await demandVersion(file, range.version);
  } catch (error) {
    await file.close();
    throw error;
  }
  return chunksOf(file, range);
}

async function* chunksOf(
  file: FileHandle,
  { start, end, version }: ByteRange,
): AsyncGenerator<Uint8Array> {
  try {
    for (let at = start; at < end;) {
      const chunk = Buffer.allocUnsafe(Math.min(chunkSize, end - at));
      const { bytesRead } = await file.read(chunk, 0, chunk.length, at);
      if (bytesRead === 0) break;
      at += bytesRead;
      // Before the chunk goes out: once it has, nobody can take it back.
      if (at >= end) await demandVersion(file, version);
      yield chunk.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}

/** Never waits for a pipe's other end, and reads from nothing but plain files. */
async function openFile(path: string): Promise<FileHandle> {
  const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const stat = await file.stat();
    if (stat.isDirectory()) throw folderFailure();
    if (!stat.isFile()) throw new StoreFailure("other", "it is a pipe or a device, and no file");
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function demandVersion(file: FileHandle, version: string): Promise<void> {
  if ((await describe(file)).version !== version) throw new StoreFailure("changed");
}

async function describe(file: FileHandle): Promise<Omit<StoredFile, "key">> {
  const { mtime, mtimeNs, size, ino } = await file.stat({ bigint: true });
  return {
    kind: "file",
    size: Number(size),
    modified: mtime,
    version: [mtimeNs, size, ino].map((part) => part.toString(36)).join("-"),
  };
}
