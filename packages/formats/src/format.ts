import type { Table } from "@conn/core";
import type { FormatOptions, WriteOptions } from "./options.ts";
import type { ByteSource } from "./source.ts";

/** A file format: how it is recognised, read and written. */
export interface Format {
  /** Lower case, such as `csv`: what `format` asks for. */
  readonly name: string;
  /** Without the dot, such as `["csv"]`. */
  readonly extensions: readonly string[];
  /** Media types that a server may announce. */
  readonly contentTypes?: readonly string[];
  /** Whether the first bytes (up to 64 kB, decompressed) are this format's, beyond doubt. */
  matches?(head: Uint8Array): boolean;
  /**
   * Whether it compresses by itself and is read by ranges (Parquet): then the source comes as it is.
   * Otherwise `stream` gives decompressed bytes.
   */
  readonly ranged?: boolean;
  /** The rows in tables; the caller applies `columns`, `where` and `limit` to them, whether or not the format has. */
  read(source: ByteSource, options: FormatOptions): AsyncIterable<Table>;
  write?(table: Table, options: WriteOptions): AsyncIterable<Uint8Array>;
}
