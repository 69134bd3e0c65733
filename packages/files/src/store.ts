import type { Failure } from "./failure.ts";
import type { Location } from "./location.ts";

/**
 * What a place of files can do, each call as one request or one upload. A store translates: it neither
 * repeats, caches nor times out, which is done once for all of them. Every call ends when its signal does.
 */
export interface FileStore<Client = unknown> {
  readonly words: StoreWords;
  /** The SDK's own client. */
  readonly client: Client;
  /** One page of what starts with a prefix, in the store's order. */
  list(query: ListQuery, signal: AbortSignal): Promise<ListPage>;
  /** Buckets or containers; none where the store has no such thing. */
  listContainers(signal: AbortSignal): Promise<readonly string[]>;
  stat(location: Location, signal: AbortSignal): Promise<StoredFile>;
  /**
   * A whole file with what `stat` tells of it, as one request. Its bytes end with the signal, and may be
   * left without a look at them. Where it is the `known` version it rejects with the status 304, if the
   * server can tell. A store without it is asked twice.
   */
  get?(location: Location, known: string | undefined, signal: AbortSignal): Promise<WholeFile>;
  /** The bytes of a range of one version. Rejects, or ends, where the version is not there any more. */
  read(
    location: Location,
    range: ByteRange,
    signal: AbortSignal,
  ): Promise<AsyncIterable<Uint8Array>>;
  /** Stores a whole file; readers see the old one or the new one, never a part. */
  write(location: Location, body: Body, options: StoreWrite, signal: AbortSignal): Promise<string>;
  /** Copies one version within the store; false where the store cannot, and the bytes must pass through here. */
  copy(from: Location, to: Location, options: StoreCopy, signal: AbortSignal): Promise<boolean>;
  /** Moves in one step; false where the store cannot. */
  move?(from: Location, to: Location, signal: AbortSignal): Promise<boolean>;
  /** Deletes a file; one that is not there is no failure. */
  delete(location: Location, ifMatch: string | undefined, signal: AbortSignal): Promise<void>;
  /** Deletes a folder, where it is more than what the names of files begin with. */
  deleteFolder?(folder: Location, signal: AbortSignal): Promise<void>;
  /** A URL that works without credentials for a while. */
  sign?(location: Location, options: SignRequest): Promise<string>;
  /** What an error of its SDK means; undefined for one that is not of its SDK. */
  failureOf(error: unknown): Failure | undefined;
  close(): Promise<void>;
}

/** How messages speak of a store. */
export interface StoreWords {
  /** Such as `S3`. */
  readonly title: string;
  /** What files are in, such as `bucket`. */
  readonly container: string;
  /** What a file is called there, such as `object`. */
  readonly file: string;
  /** What to do without credentials, or with wrong ones. */
  readonly credentials: string;
  /** What to do once they have expired. */
  readonly login: string;
  /** What to do where they do not suffice. */
  readonly permissions: string;
}

export type Body = Uint8Array | AsyncIterable<Uint8Array>;

export interface ListQuery {
  readonly container: string;
  /** What keys start with; on this machine a folder, or the start of names in one. */
  readonly prefix: string;
  /** All levels, or this one and the folders of the next. */
  readonly recursive: boolean;
  /** The most entries of the page. */
  readonly limit: number;
  /** Where the last page ended. */
  readonly after: string | undefined;
}

export interface ListPage {
  readonly entries: readonly StoredEntry[];
  readonly next: string | undefined;
}

export type StoredEntry = StoredFile | { readonly kind: "folder"; readonly key: string };

export interface StoredFile {
  readonly kind: "file";
  readonly key: string;
  readonly size: number;
  readonly modified: Date;
  /** Changes whenever the bytes do: an etag, a generation. */
  readonly version: string;
  readonly contentType?: string | undefined;
  readonly contentEncoding?: string | undefined;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
}

export interface WholeFile {
  readonly file: StoredFile;
  readonly bytes: AsyncIterable<Uint8Array>;
}

export interface ByteRange {
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
  readonly version: string;
}

export interface Precondition {
  /** Only where there is no such file yet. */
  readonly ifAbsent?: boolean | undefined;
  /** Only over this version. */
  readonly ifMatch?: string | undefined;
}

export interface StoreWrite extends Precondition {
  readonly contentType: string | undefined;
  readonly contentEncoding: string | undefined;
  readonly metadata: Readonly<Record<string, string>> | undefined;
  readonly partSize: number;
  readonly concurrency: number;
  /** Told how many bytes the store has so far. */
  onBytes(bytes: number): void;
  /** One of several requests of an upload, which does no harm when it is sent twice; `bytes` is how many it sends. */
  repeated<T>(request: (signal: AbortSignal) => Promise<T>, bytes?: number): Promise<T>;
}

export interface StoreCopy extends Precondition {
  /** The version to copy. */
  readonly version: string;
  readonly size: number;
}

export interface SignRequest {
  readonly method: "GET" | "PUT";
  readonly seconds: number;
  readonly contentType: string | undefined;
}
