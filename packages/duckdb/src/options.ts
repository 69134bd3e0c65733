import type { Params, ReadOptions, StandardSchemaV1, Table } from "@conn/core";

export interface QueryOptions<Row extends object = Record<string, unknown>> extends ReadOptions<
  Table<Row>
> {
  /** An array for `?` and `$1`, an object for `:name` and `$name`. */
  readonly params?: Params;
  /** Rows after which reading stops; `meta.truncated` then says that there were more. Default: no bound. */
  readonly maxRows?: number;
  /** Any Standard Schema of a row: each row is checked at every call, and typed by it. */
  readonly schema?: StandardSchemaV1<unknown, Row>;
}

export interface StreamOptions {
  readonly params?: Params;
  /** Rows of each table, at least; a table holds whole chunks of up to 2,048. Default: 10,000. */
  readonly batchSize?: number;
  readonly signal?: AbortSignal;
}

export interface SessionOptions {
  /**
   * A session that sees one state of the database and writes nothing. It reads files as the connection
   * may: forbid that with the connection's own `readOnly`, or its `enable_external_access = false`.
   * Default: that of the connection.
   */
  readonly readOnly?: boolean;
  readonly signal?: AbortSignal;
}

export interface TransactionOptions extends SessionOptions {
  /** How often the whole is tried where two writers of one row met. Default: 3. */
  readonly attempts?: number;
}

export interface ExecuteResult<Row extends object = Record<string, unknown>> {
  /** Rows that were changed, or given back. */
  readonly rowCount: number;
  /** What `returning` and the like give back; else empty. */
  readonly rows: Table<Row>;
}

/** What can become a table of DuckDB: a Table of any connection, or plain rows. */
export type Rows = Table<object> | readonly object[];
