import { randomUUID } from "node:crypto";
import {
  access,
  copyFile,
  mkdir,
  readFile,
  rename,
  rm,
  symlink,
  writeFile,
} from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { ConnError } from "@conn/core";
import { isCommit, type Repository } from "./repository.ts";

/**
 * The folder of downloaded files, laid out as Python's library does, so that each finds what the other
 * has downloaded: `blobs` by version, `snapshots` of commits linking to them, `refs` to commits.
 * https://huggingface.co/docs/huggingface_hub/guides/manage-cache
 */
export class HubCache {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** A file that is there: of a commit, or of the commit that the revision was when it was last asked for. */
  async find(repository: Repository, key: string): Promise<string | undefined> {
    const commit = isCommit(repository.revision)
      ? repository.revision
      : await readFile(this.#ref(repository), "utf8").catch(() => undefined);
    if (commit === undefined || !isCommit(commit.trim())) return undefined;
    const path = join(this.snapshot(repository, commit.trim()), key);
    return (await isThere(path)) ? path : undefined;
  }

  /** The folder of a commit's files. */
  snapshot(repository: Repository, commit: string): string {
    return join(this.#repository(repository), "snapshots", commit);
  }

  /** Where the bytes of a version are, once they are. @throws CONN_QUERY for one that is no file name. */
  blob(repository: Repository, version: string): string {
    // The hub says it, and it becomes a path of this machine.
    if (!/^[\w-]{1,200}$/.test(version))
      throw new ConnError("CONN_QUERY", "The hub names a version in a way that no cache can hold.");
    return join(this.#repository(repository), "blobs", version);
  }

  /** Shows a blob as a file of a commit, and gives that file's path. */
  async add(
    repository: Repository,
    key: string,
    { version, commit }: { readonly version: string; readonly commit: string },
  ): Promise<string> {
    const path = join(this.snapshot(repository, commit), key);
    if (!(await isThere(path))) {
      await mkdir(dirname(path), { recursive: true });
      const blob = this.blob(repository, version);
      const temporary = `${path}.${randomUUID()}.tmp`;
      // Not every system lets everybody make links.
      await symlink(relative(dirname(path), blob), temporary).catch(() =>
        copyFile(blob, temporary),
      );
      await rename(temporary, path);
    }
    if (!isCommit(repository.revision)) await this.#point(repository, commit);
    return path;
  }

  async #point(repository: Repository, commit: string): Promise<void> {
    const path = this.#ref(repository);
    if ((await readFile(path, "utf8").catch(() => "")) === commit) return;
    await mkdir(dirname(path), { recursive: true });
    const temporary = `${path}.${randomUUID()}.tmp`;
    try {
      await writeFile(temporary, commit);
      await rename(temporary, path);
    } finally {
      await rm(temporary, { force: true });
    }
  }

  #ref(repository: Repository): string {
    return join(this.#repository(repository), "refs", repository.revision);
  }

  #repository({ kind, name }: Repository): string {
    return join(this.#folder, [`${kind}s`, ...name.split("/")].join("--"));
  }
}

export function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
