import type { ReadOptions } from "@conn/core";
import type {
  CallOptions,
  DeleteOptions,
  OnProgress,
  ReadTableOptions,
  WriteOptions,
} from "@conn/files/base";
import type { CommitOptions } from "./commit.ts";
import type { RepositoryKind } from "./repository.ts";

export interface HfWriteOptions extends WriteOptions, CommitOptions {}

export interface HfDeleteOptions extends DeleteOptions, CommitOptions {}

export interface UploadOptions extends CallOptions, CommitOptions {
  /** Only over this commit, 40 hexadecimal digits; else rejects with CONN_CONFLICT. */
  readonly parentCommit?: string;
  /** Told about the bytes of large files as the hub has them. */
  readonly onProgress?: OnProgress;
}

/** What an upload made. */
export interface UploadResult {
  /** The commit: 40 hexadecimal digits. */
  readonly commit: string;
  /** Where the pull request is discussed, if that was asked for. */
  readonly pullRequestUrl?: string;
}

export interface DownloadOptions extends CallOptions {
  /** A path of this machine to write to, or a folder where it ends with a slash. Default: the cache that Python's library uses, too. */
  readonly to?: string;
  readonly onProgress?: OnProgress;
}

/** Which part of a dataset to read, and which of its rows and columns. */
export interface ReadDatasetOptions<
  Row extends object = Record<string, unknown>,
> extends ReadTableOptions<Row> {
  /** Default: the only one, or `default`. */
  readonly config?: string;
  /** Default: the only one, or `train`. */
  readonly split?: string;
  /** Reads the dataset's own files of this revision, and not the hub's copy in Parquet. */
  readonly revision?: string;
}

export interface InfoOptions<T> extends ReadOptions<T> {
  /** A branch, a tag or a commit. Default: the newest. */
  readonly revision?: string;
}

export interface SearchOptions<Kind extends RepositoryKind = RepositoryKind> extends ReadOptions {
  readonly kind: Kind;
  /** What names contain. */
  readonly query?: string;
  /** The user or the organization. */
  readonly author?: string;
  /** Such as `language:en` or `license:apache-2.0`; all of them must be there. */
  readonly tags?: readonly string[];
  /** The most results. Default: 20. */
  readonly limit?: number;
}
