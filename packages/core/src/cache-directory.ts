import { createHash, randomUUID } from "node:crypto";
import { mkdir, open, readFile, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { CacheStore } from "./cache-store.ts";

/** Bytes that a directory of cached results may hold; the least recently written go first. */
const capacity = 1024 ** 3;
const sweepEvery = 64;

/**
 * A directory as the cache's second tier: a file per key, readable by its owner alone, written beside
 * and renamed into place, so that a reader never sees half an entry.
 */
export class DirectoryStore implements CacheStore {
  readonly #path: string;
  #sets = 0;

  constructor(path: string) {
    this.#path = path;
  }

  async get(key: string): Promise<string | undefined> {
    try {
      const text = await readFile(this.#file(key), "latin1");
      const end = text.indexOf("\n");
      return Number(text.slice(0, end)) > Date.now() ? text.slice(end + 1) : undefined;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw error;
    }
  }

  async set(key: string, value: string, ttl?: number): Promise<void> {
    await mkdir(this.#path, { recursive: true, mode: 0o700 });
    const file = this.#file(key);
    const half = `${file}.${randomUUID()}.half`;
    try {
      const handle = await open(half, "wx", 0o600);
      try {
        await handle.writeFile(
          `${ttl === undefined ? Number.MAX_SAFE_INTEGER : Date.now() + ttl}\n${value}`,
          "latin1",
        );
        await handle.datasync();
      } finally {
        await handle.close();
      }
      await rename(half, file);
    } catch (error) {
      await rm(half, { force: true });
      throw error;
    }
    if (this.#sets++ % sweepEvery === 0) await this.#sweep();
  }

  #file(key: string): string {
    return join(this.#path, createHash("sha256").update(key).digest("hex"));
  }

  /** Keeps the directory inside its capacity, and clears what a killed process left half written. */
  async #sweep(): Promise<void> {
    const files = [];
    for (const name of await readdir(this.#path)) {
      const path = join(this.#path, name);
      const facts = await stat(path).catch(() => undefined);
      if (!facts?.isFile() || !/^[0-9a-f]{64}(\..*\.half)?$/.test(name)) continue;
      const abandoned = name.endsWith(".half") && facts.mtimeMs < Date.now() - 60_000;
      if (abandoned) await rm(path, { force: true });
      else files.push({ path, size: facts.size, at: facts.mtimeMs });
    }
    files.sort((left, right) => right.at - left.at);
    let total = 0;
    for (const { path, size } of files) {
      total += size;
      if (total > capacity) await rm(path, { force: true });
    }
  }
}
