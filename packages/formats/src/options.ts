import type { ColumnType } from "@conn/core";
import type { Where } from "./where.ts";

export type Compression = "gzip" | "deflate" | "brotli" | "zstd" | "bzip2";

/** Bounds that a file must not exceed, against bombs; each can be raised, and `Infinity` lifts it. */
export interface Limits {
  /** Bytes after decompression: 16 GB unless told, and 4 GB of what has to be in memory at once. */
  readonly decompressedSize?: number | undefined;
  /** Bytes of one line of CSV or JSONL: 64 MB unless told. */
  readonly lineLength?: number | undefined;
  /** Arrays and objects inside of each other: 200 unless told. */
  readonly depth?: number | undefined;
  /** Cells of one table, rows times columns: 500 million unless told. */
  readonly cells?: number | undefined;
  /** Columns of one table: 100,000 unless told. */
  readonly columns?: number | undefined;
}

/** How to read CSV and TSV. */
export interface CSVReadOptions {
  /** Detected among `,` `;` tab and `|` unless told. One ASCII character. */
  readonly delimiter?: string | undefined;
  /** `"` unless told; `""` where quotes mean nothing. */
  readonly quote?: string | undefined;
  /** Whether the first line holds the names: true unless told. Else columns are `column_1` and so on. */
  readonly header?: boolean | undefined;
  /** Types of columns by name, instead of those that the values suggest; a value that does not fit is an error. */
  readonly types?: Readonly<Record<string, ColumnType>> | undefined;
  /** Words that mean null, besides the empty field: such as `NA`. */
  readonly nulls?: readonly string[] | undefined;
  /** What a line with other than the usual number of cells is: an `"error"` unless told; `"fill"` adds nulls to short ones. */
  readonly ragged?: "error" | "fill" | undefined;
}

/** What to read, and how. */
export interface FormatOptions extends CSVReadOptions {
  /** The format's name, such as `csv`, instead of what extension and content suggest. */
  readonly format?: string | undefined;
  /** Only these columns, in this order. */
  readonly columns?: readonly string[] | undefined;
  /** Only the rows that pass. */
  readonly where?: Where | undefined;
  /** At most so many rows, counted after `where`. */
  readonly limit?: number | undefined;
  /** Rows in each table of `readBatches`, about: 65,536 unless told. */
  readonly batchSize?: number | undefined;
  /** Of text: `utf-8` or `utf-16` by the byte order mark, else `utf-8`, unless told. Such as `windows-1252`. */
  readonly encoding?: string | undefined;
  /** Detected by extension or content unless told. */
  readonly compression?: Compression | "none" | undefined;
  /** Excel: the sheet's name, or its number from 1 on: the first unless told. */
  readonly sheet?: string | number | undefined;
  readonly limits?: Limits | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** How to write. */
export interface WriteOptions {
  /** The format's name: `csv`, `tsv`, `json`, `jsonl`, `parquet`, `arrow` (a file) or `arrows` (a stream). */
  readonly format: string;
  /** The codec over the whole file; for Parquet that of its pages: `snappy` unless told. */
  readonly compression?: Compression | "snappy" | "none" | undefined;
  /** CSV: `,` unless told, tab for TSV. */
  readonly delimiter?: string | undefined;
  /** CSV: whether the first line holds the names: true unless told. */
  readonly header?: boolean | undefined;
  /** CSV: `"escape"` keeps spreadsheets from running text as a formula. `"raw"` unless told. */
  readonly formulas?: "raw" | "escape" | undefined;
  /** Parquet: rows in each row group: 100,000 unless told. */
  readonly rowGroupSize?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}
