import { copyFile, mkdir, realpath, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { type Failure, StoreFailure } from "../failure.ts";
import type { Location } from "../location.ts";
import { words } from "../protocol.ts";
import type {
  Body,
  ByteRange,
  FileStore,
  ListPage,
  ListQuery,
  StoreCopy,
  StoredFile,
  StoreWrite,
} from "../store.ts";
import { listFolder } from "./list.ts";
import { isFolder, readRange, statFile } from "./read.ts";
import { inside, insideForWriting } from "./root.ts";
import { temporaryName, writeAtomically } from "./write.ts";

/** What `client()` gives for this machine. */
export interface LocalClient {
  /** Absolute, or undefined where every path may be read. */
  readonly root: string | undefined;
}

/** The files of this machine, or of one folder of it. */
export class LocalStore implements FileStore<LocalClient> {
  readonly words = words.file;
  readonly client: LocalClient;

  constructor(root: string | undefined) {
    this.client = Object.freeze({ root });
  }

  list(query: ListQuery, signal: AbortSignal): Promise<ListPage> {
    return listFolder(query, this.client.root, signal);
  }

  listContainers(): Promise<readonly string[]> {
    return Promise.resolve([]);
  }

  async stat({ key }: Location): Promise<StoredFile> {
    return statFile(await inside(key, this.client.root), key);
  }

  async read({ key }: Location, range: ByteRange): Promise<AsyncIterable<Uint8Array>> {
    return readRange(await inside(key, this.client.root), range);
  }

  async write(
    { key }: Location,
    body: Body,
    options: StoreWrite,
    signal: AbortSignal,
  ): Promise<string> {
    return writeAtomically(await insideForWriting(key, this.client.root), body, options, signal);
  }

  async copy(
    from: Location,
    to: Location,
    options: StoreCopy,
    signal: AbortSignal,
  ): Promise<boolean> {
    // Only writing has a way to put a file on a condition.
    if (options.ifAbsent || options.ifMatch !== undefined) return false;
    const source = await inside(from.key, this.client.root);
    const target = await insideForWriting(to.key, this.client.root);
    const temporary = temporaryName(target);
    try {
      await mkdir(dirname(target), { recursive: true });
      await copyFile(source, temporary);
      if ((await statFile(source, from.key)).version !== options.version)
        throw new StoreFailure("changed");
      signal.throwIfAborted();
      await rename(temporary, target);
      return true;
    } finally {
      await rm(temporary, { force: true });
    }
  }

  async move(from: Location, to: Location): Promise<boolean> {
    const source = await inside(from.key, this.client.root, { last: false });
    const target = await insideForWriting(to.key, this.client.root);
    // Refuses what is no file.
    await statFile(await inside(from.key, this.client.root), from.key);
    await mkdir(dirname(target), { recursive: true });
    try {
      await rename(source, target);
      return true;
    } catch (error) {
      // Another disk.
      if ((error as NodeJS.ErrnoException).code === "EXDEV") return false;
      throw error;
    }
  }

  async deleteFolder({ key }: Location): Promise<void> {
    const { root } = this.client;
    try {
      const folder = await inside(key.slice(0, -1), root, { last: false });
      // A link may lead back up to it.
      if (root !== undefined && folder === (await realpath(root)))
        throw new StoreFailure("forbidden", "it is the connection's root");
      await rm(folder, { recursive: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
  }

  async delete({ key }: Location, ifMatch: string | undefined): Promise<void> {
    let path: string;
    try {
      path = await inside(key, this.client.root, { last: false });
      if (ifMatch !== undefined && (await statFile(path, key)).version !== ifMatch)
        throw new StoreFailure("changed");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT" && ifMatch === undefined) return;
      throw error;
    }
    await rm(path, { force: true });
  }

  failureOf(error: unknown): Failure | undefined {
    if (error instanceof StoreFailure) return error.failure;
    const { code, message } = error as NodeJS.ErrnoException;
    switch (code) {
      case "ENOENT":
      case "ENOTDIR":
        return { kind: "missing", code, message };
      case "EEXIST":
        return { kind: "exists", code, message };
      case "EACCES":
      case "EPERM":
      case "EROFS":
        return { kind: "forbidden", code, message };
      case "EISDIR":
      case "ERR_FS_EISDIR":
        return { ...isFolder, code };
      case "ENOSPC":
      case "EDQUOT":
        return { kind: "other", code, message: "the disk is full", hint: "Make room on the disk." };
      case "ENAMETOOLONG":
        return {
          kind: "other",
          code,
          message: "the name is too long for this file system",
          hint: "Names of files and folders have at most 255 bytes on most file systems.",
        };
      case "ELOOP":
        return { kind: "other", code, message: "its symbolic links lead in a circle" };
      default:
        return code === undefined ? undefined : { kind: "other", code, message };
    }
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
