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
  /** Whether the first bytes could be this format's: asked where nothing else tells. */
  resembles?(head: Uint8Array): boolean;
  /**
   * Whether it is read by ranges, as Parquet is: then `source.read` answers at once. Of other formats
   * only `source.stream` is to be used, for the source may be decompressed on its way.
   */
  readonly ranged?: boolean;
  /** Whether `types` decides what cells are, so that a column which turns out to be text can be read again as text. */
  readonly typed?: boolean;
  /**
   * The rows in tables of about `batchSize` rows, or in few where that is infinite. `columns`, `where` and `limit`
   * are applied to what comes; a format may use them to read less, but must give the columns that `where` tests.
   */
  read(source: ByteSource, options: FormatOptions): AsyncIterable<Table>;
  /** The file's bytes, before `compression`, which the caller applies unless the format is `ranged`. */
  write?(table: Table, options: WriteOptions): AsyncIterable<Uint8Array>;
}
