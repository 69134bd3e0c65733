import type { CatalogEntry, Table } from "@conn/core";
import type { Statement } from "@conn/core/sql";
import type { DataSource, EntityManager } from "typeorm";
import type { DialectFacts } from "./dialect-facts.ts";
import type { Isolation } from "./options.ts";
import type { TransactionScope } from "./transaction-scope.ts";

/** What a write did. */
export interface ExecuteResult<Row extends object = Record<string, unknown>> {
  /** Rows inserted, updated or deleted; of a statement that reads, the rows it returned. */
  readonly rowCount: number;
  /** The id that the database gave to the last inserted row; bigint beyond 2^53. */
  readonly lastId?: number | bigint;
  /** What the statement returned, as with RETURNING; empty where it returns nothing. */
  readonly rows: Table<Row>;
}

/** A server's pool of connections. */
export interface PoolNumbers {
  /** The most connections that may be open. */
  readonly size: number;
  readonly open: number;
  /** Those that a call, a session, a stream or a query runner of TypeORM holds. */
  readonly busy: number;
  /** Calls, sessions and streams that wait for one. */
  readonly waiting: number;
}

export interface EngineReadOptions {
  readonly maxRows?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Whether the caller may want to stop before the end. */
  readonly patient?: boolean | undefined;
}

export interface EngineStreamOptions {
  readonly batchSize: number;
  readonly signal?: AbortSignal | undefined;
}

export interface EngineSessionOptions {
  readonly readOnly: boolean;
  readonly isolation?: Isolation | undefined;
  /** Ends the session, and the wait for it. */
  readonly signal: AbortSignal;
  /** How messages name the session, with the place that opened it. */
  readonly holder: string;
  /** The function that the session is for, where it is a transaction's. */
  readonly scope?: TransactionScope | undefined;
}

/** What each dialect does in its own way: the open database behind a connection. */
export interface Engine {
  readonly facts: DialectFacts;
  readonly dataSource: DataSource;
  /** Absent where a database is no server. */
  readonly pool?: PoolNumbers;
  query(statement: Statement, options: EngineReadOptions): Promise<Table>;
  execute(statement: Statement, signal?: AbortSignal): Promise<ExecuteResult>;
  stream(
    statement: Statement,
    options: EngineStreamOptions,
  ): AsyncGenerator<Table, void, undefined>;
  session(options: EngineSessionOptions): Promise<EngineSession>;
  browse(path: readonly string[]): Promise<CatalogEntry[]>;
  ping(): Promise<void>;
  /** The names a message may propose instead of one that does not exist. */
  nearNames(kind: "table" | "column"): string[];
  close(): Promise<void>;
}

/** One transaction after another, all on one handle that nobody else writes through. */
export interface EngineSession {
  readonly manager: EntityManager;
  query(statement: Statement, options: EngineReadOptions): Promise<Table>;
  execute(statement: Statement): Promise<ExecuteResult>;
  commit(): Promise<void>;
  rollback(): Promise<void>;
  /** Rolls back what is not committed, and gives the handle back. */
  end(): Promise<void>;
}
