import { type FSWatcher, watch } from "node:fs";
import { lstat, readlink, stat } from "node:fs/promises";
import { basename, dirname, join, parse, resolve, sep } from "node:path";

/** Directories, and the names in them that matter; `undefined` stands for all of them. */
export type Interest = Map<string, Set<string> | undefined>;

// An edit is several events: written, renamed, touched. Long enough to see them as one.
const quietMs = 100;
// Network file systems and container mounts report nothing; looking again is cheap.
const pollMs = 5000;
const mostDirectories = 200;

/**
 * Watches directories, and calls back soon after something in them changed. Directories rather than
 * files, since editors replace files and mounts exchange links. Nothing here keeps the process alive.
 */
export class Watcher {
  readonly #onChange: () => void;
  readonly #onEvent: () => void;
  readonly #directories = new Map<string, { watcher: FSWatcher; identity: string }>();
  #interest: Interest = new Map();
  #timer: NodeJS.Timeout | undefined;
  readonly #poll: NodeJS.Timeout;
  #closed = false;

  /** `onEvent` hears at once that something happened, `onChange` once it is quiet again, and now and then. */
  constructor(onChange: () => void, onEvent: () => void) {
    this.#onChange = onChange;
    this.#onEvent = onEvent;
    this.#poll = setInterval(onChange, pollMs).unref();
  }

  /** Watches these from now on and no others. Resolves to whether any is watched that was not before. */
  async update(interest: Interest): Promise<boolean> {
    let added = false;
    const identities = await Promise.all(
      [...interest.keys()]
        .slice(0, mostDirectories)
        .map(async (path) => [path, await identityOf(path)] as const),
    );
    if (this.#closed) return false;
    this.#interest = interest;
    for (const path of this.#directories.keys()) if (!interest.has(path)) this.#forget(path);
    for (const [path, identity] of identities) {
      const known = this.#directories.get(path);
      if (known?.identity === identity) continue;
      // A directory that was replaced under its name would never report again.
      if (known) this.#forget(path);
      if (identity !== undefined && this.#open(path, identity)) added = true;
    }
    return added;
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    clearInterval(this.#poll);
    for (const path of this.#directories.keys()) this.#forget(path);
  }

  #open(path: string, identity: string): boolean {
    try {
      const watcher = watch(path, { persistent: false }, (_, name) => {
        const names = this.#interest.get(path);
        if (names === undefined || name === null || names.has(name)) this.#schedule();
      });
      watcher.on("error", () => this.#forget(path));
      this.#directories.set(path, { watcher, identity });
      return true;
    } catch {
      // Out of watches, or gone again: the poll sees what this would have told.
      return false;
    }
  }

  #forget(path: string): void {
    this.#directories.get(path)?.watcher.close();
    this.#directories.delete(path);
  }

  #schedule(): void {
    if (this.#closed) return;
    this.#onEvent();
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#onChange();
    }, quietMs).unref();
  }
}

/** Adds what a change of this file would show in: its own directory, and that of each link on the way to it. */
export async function addFile(interest: Interest, path: string): Promise<void> {
  let current = resolve(path);
  for (let links = 0; links < 40; links++) {
    add(interest, current);
    const link = await firstLink(current);
    if (!link) return;
    add(interest, link.path);
    current = join(resolve(dirname(link.path), link.target), current.slice(link.path.length));
  }
}

function add(interest: Interest, path: string): void {
  const directory = dirname(path);
  if (!interest.has(directory)) interest.set(directory, new Set());
  interest.get(directory)?.add(basename(path));
}

async function firstLink(path: string): Promise<{ path: string; target: string } | undefined> {
  const { root } = parse(path);
  let current = root;
  for (const part of path.slice(root.length).split(sep)) {
    current = join(current, part);
    const stats = await lstat(current).catch(() => undefined);
    if (!stats) return undefined;
    if (stats.isSymbolicLink()) return { path: current, target: await readlink(current) };
  }
  return undefined;
}

async function identityOf(path: string): Promise<string | undefined> {
  const stats = await stat(path).catch(() => undefined);
  return stats?.isDirectory() ? `${stats.dev}:${stats.ino}` : undefined;
}
