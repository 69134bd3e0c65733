import type { ReadOptions, StandardSchemaV1, Table } from "@conn/core";
import type { Params } from "@conn/core/sql";

export interface QueryOptions<Row extends object = Record<string, unknown>> extends ReadOptions<
  Table<Row>
> {
  /** An array for `?` and `$1`, an object for `:name`. */
  readonly params?: Params;
  /** Rows after which reading stops; `meta.truncated` then says that there were more. Default: no bound. */
  readonly maxRows?: number;
  /** Any Standard Schema of a row: each row is checked at every call, and typed by it. */
  readonly schema?: StandardSchemaV1<unknown, Row>;
}

export interface StreamOptions {
  readonly params?: Params;
  /** Rows of each table. Default: 10,000. */
  readonly batchSize?: number;
  readonly signal?: AbortSignal;
}

/** https://en.wikipedia.org/wiki/Isolation_(database_systems)#Isolation_levels */
export type Isolation =
  | "read uncommitted"
  | "read committed"
  | "repeatable read"
  | "serializable"
  /** SQL Server's own, which locks nothing that is read. */
  | "snapshot";

export interface SessionOptions {
  /** A view of the database that nobody's writes change, and that writes nothing itself. Default: false. */
  readonly readOnly?: boolean;
  /** What concurrent transactions may see of each other. Default: the server's own; SQLite's are serializable. */
  readonly isolation?: Isolation;
  readonly signal?: AbortSignal;
}

export interface TransactionOptions extends SessionOptions {
  /** How often the whole is tried where the engine asks to try again. Default: 3. */
  readonly attempts?: number;
}
