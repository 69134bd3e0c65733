import { createHash } from "node:crypto";

export type RepositoryType = "model" | "dataset" | "space";

export interface RepositoryFile {
  readonly content: Buffer;
  /** The git blob's SHA-1, or the content's SHA-256 where LFS holds it. */
  readonly oid: string;
  readonly lfs: boolean;
}

/** What a test puts into the hub. `token` makes a repository private, `gated` asks for its terms. */
export interface RepositoryInit {
  readonly type: RepositoryType;
  readonly name: string;
  readonly files: Readonly<Record<string, string | Uint8Array>>;
  /** The paths that LFS holds: they answer with a redirect. Default: none. */
  readonly lfs?: readonly string[];
  readonly token?: string;
  readonly gated?: boolean;
  /** The branch or reference of these files, such as `refs/convert/parquet`. Default: `main`. */
  readonly revision?: string;
  /** The card's settings, as the hub tells them. */
  readonly card?: Readonly<Record<string, unknown>>;
}

export interface Repository {
  readonly type: RepositoryType;
  readonly name: string;
  readonly revision: string;
  /** The commit that the revision points at: 40 hexadecimal digits. */
  readonly sha: string;
  readonly files: ReadonlyMap<string, RepositoryFile>;
  readonly token: string | undefined;
  readonly gated: boolean;
  readonly card: Readonly<Record<string, unknown>> | undefined;
}

/** The name of a commit: of its files, and so the same for the same ones. */
export function commitOf(files: ReadonlyMap<string, RepositoryFile>, message = ""): string {
  const listing = [...files].map(([path, { oid }]) => `${oid} ${path}`).join("\n");
  return createHash("sha1")
    .update(listing + message)
    .digest("hex");
}

export function makeRepository(init: RepositoryInit): Repository {
  const files = new Map<string, RepositoryFile>();
  for (const [path, given] of Object.entries(init.files)) {
    const content = Buffer.from(given as string);
    const lfs = init.lfs?.includes(path) ?? false;
    files.set(path, { content, lfs, oid: lfs ? sha256(content) : gitBlob(content) });
  }
  const { type, name, token, gated = false, revision = "main", card } = init;
  return { type, name, revision, sha: commitOf(files), files, token, gated, card };
}

function sha256(content: Buffer): string {
  return createHash("sha256").update(content).digest("hex");
}

function gitBlob(content: Buffer): string {
  return createHash("sha1").update(`blob ${content.length}\0`).update(content).digest("hex");
}
