import type { Duration, ReadOptions, StandardSchemaV1, Table } from "@conn/core";
import type { FormatOptions, WriteOptions as FormatWriteOptions } from "@conn/formats";
import type { OnProgress } from "./download.ts";

/** What every call takes that is not answered from the cache. */
export interface CallOptions {
  /** Stops the call. Rejects with CONN_ABORTED. */
  readonly signal?: AbortSignal;
  /** Gives up after this long. Rejects with CONN_TIMEOUT. Default: none. */
  readonly timeout?: Duration;
}

/** How to read a table: which rows and columns of it, and how long it may be served again. */
export interface ReadTableOptions<Row extends object = Record<string, unknown>>
  extends ReadOptions<Table<Row>>, Omit<FormatOptions, "signal" | "batchSize"> {
  /** Any Standard Schema of a row: each row is checked at every call, and typed by it. */
  readonly schema?: StandardSchemaV1<unknown, Row>;
  readonly onProgress?: OnProgress;
}

export interface StreamOptions extends CallOptions, Omit<FormatOptions, "signal"> {
  readonly onProgress?: OnProgress;
}

export interface ReadBytesOptions extends ReadOptions<Uint8Array<ArrayBuffer>> {
  /** Told about bytes as they arrive; a read that is answered from the cache has none. */
  readonly onProgress?: OnProgress;
}

export interface ReadTextOptions extends ReadOptions<string> {
  /** A label of the Encoding Standard, such as `"windows-1252"`. Default: UTF-8, or what its byte order mark says. */
  readonly encoding?: string;
  readonly onProgress?: OnProgress;
}

export interface ReadJsonOptions<T> extends ReadOptions<T> {
  readonly onProgress?: OnProgress;
}

export interface ListOptions extends CallOptions {
  /** The files of all folders below, too. Default: false. */
  readonly recursive?: boolean;
  /** The most entries. Default: all. */
  readonly limit?: number;
}

export interface GlobOptions extends CallOptions {
  /** The most files. Default: all. */
  readonly limit?: number;
}

/** When a file is written: without either, always. */
export interface Conditions {
  /** Only where there is no such file yet; else rejects with CONN_CONFLICT. */
  readonly ifAbsent?: boolean;
  /** Only over this version, as `stat` and `write` tell it; else rejects with CONN_CONFLICT. */
  readonly ifMatch?: string;
}

export interface WriteOptions
  extends CallOptions, Conditions, Omit<Partial<FormatWriteOptions>, "signal"> {
  /** Default: by the path's extension. */
  readonly contentType?: string;
  /** How the bytes are compressed, such as `"gzip"`: says so, and does nothing to them. */
  readonly contentEncoding?: string;
  /** Names and values that the store keeps with the file. This machine keeps none. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Told about bytes as they are stored. */
  readonly onProgress?: OnProgress;
}

export interface CopyOptions extends CallOptions, Conditions {}

const conditions: Readonly<Record<keyof CopyOptions, true>> = {
  ifAbsent: true,
  ifMatch: true,
  signal: true,
  timeout: true,
};

/** The options of changes by their names: a misspelt condition would replace what it was to spare. */
export const optionsOf = {
  copy: Object.keys(conditions),
  write: Object.keys({
    ...conditions,
    format: true,
    compression: true,
    delimiter: true,
    header: true,
    formulas: true,
    rowGroupSize: true,
    contentType: true,
    contentEncoding: true,
    metadata: true,
    onProgress: true,
  } satisfies Record<keyof WriteOptions, true>),
  delete: Object.keys({
    recursive: true,
    ifMatch: true,
    signal: true,
    timeout: true,
  } satisfies Record<keyof DeleteOptions, true>),
} as const;

export interface DeleteOptions extends CallOptions {
  /** A folder, with all that is in it. Default: false. */
  readonly recursive?: boolean;
  /** Only this version; else rejects with CONN_CONFLICT. */
  readonly ifMatch?: string;
}

export interface SignOptions {
  /** How long the URL works. Default: one hour. Most stores allow seven days at most. */
  readonly expires?: Duration;
  /** What it may be used for. Default: to read. */
  readonly method?: "GET" | "PUT";
  /** Of what is put there; whoever uses the URL sends it as Content-Type. */
  readonly contentType?: string;
}

export interface OpenReadOptions extends CallOptions {
  readonly mode?: "read";
  /** The first byte. Default: 0. */
  readonly start?: number;
  /** The byte after the last. Default: the file's end. */
  readonly end?: number;
  readonly onProgress?: OnProgress;
}

export interface OpenWriteOptions
  extends Omit<WriteOptions, keyof FormatWriteOptions>, CallOptions {
  readonly mode: "write";
}
