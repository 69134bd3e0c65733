import { randomUUID } from "node:crypto";
import { chmod, type FileHandle, link, mkdir, open, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { StoreFailure } from "../failure.ts";
import type { Body, Precondition, StoreWrite } from "../store.ts";
import { folderFailure, statFile } from "./read.ts";

/** A name beside the file, for its bytes until they are whole. */
export function temporaryName(path: string): string {
  return join(dirname(path), `.conn-${randomUUID()}.tmp`);
}

export function isTemporaryName(name: string): boolean {
  return /^\.conn-[0-9a-f-]{36}\.tmp$/.test(name);
}

/**
 * Writes beside the file, and renames once all is on the disk: a reader, or a process that dies on the
 * way, sees the old file or the new one.
 */
export async function writeAtomically(
  path: string,
  body: Body,
  { onBytes, ...precondition }: Precondition & Pick<StoreWrite, "onBytes">,
  signal: AbortSignal,
): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  await demandNoFolder(path);
  const temporary = temporaryName(path);
  try {
    const file = await open(temporary, "wx");
    try {
      let bytes = 0;
      for await (const chunk of body instanceof Uint8Array ? [body] : body) {
        signal.throwIfAborted();
        await writeWhole(file, chunk);
        onBytes((bytes += chunk.length));
      }
      await file.sync();
    } finally {
      await file.close();
    }
    signal.throwIfAborted();
    await put(temporary, path, precondition);
  } finally {
    await rm(temporary, { force: true });
  }
  await syncFolder(dirname(path));
  return (await statFile(path, path)).version;
}

async function put(
  temporary: string,
  path: string,
  { ifAbsent, ifMatch }: Precondition,
): Promise<void> {
  // A link is refused where the name is taken, in one step, as no rename is.
  if (ifAbsent) return link(temporary, path);
  if (ifMatch !== undefined) {
    // The system has no rename on a condition: two writers at the same instant may both pass.
    const { version } = await statFile(path, path);
    if (version !== ifMatch) throw new StoreFailure("changed");
  }
  const mode = await stat(path).then(
    (stats) => stats.mode & 0o777,
    () => undefined,
  );
  if (mode !== undefined) await chmod(temporary, mode);
  await rename(temporary, path);
}

async function writeWhole(file: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let at = 0; at < chunk.length;) {
    at += (await file.write(chunk, at, chunk.length - at)).bytesWritten;
  }
}

async function demandNoFolder(path: string): Promise<void> {
  const stats = await stat(path).catch(() => undefined);
  if (stats?.isDirectory()) throw folderFailure();
}

/** So that the new name survives a power cut. Not every system can sync a folder, and none needs to for the rest. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r").catch(() => undefined);
  await handle?.sync().catch(() => {});
  await handle?.close();
}
