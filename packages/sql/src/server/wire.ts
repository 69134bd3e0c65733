import type { CatalogEntry, Table } from "@conn/core";
import type { Statement } from "@conn/core/sql";
import type { DialectFacts } from "../dialect-facts.ts";
import type { ExecuteResult } from "../engine.ts";
import type { Isolation } from "../options.ts";

export interface WireReadOptions {
  readonly maxRows?: number | undefined;
  /** Let the server itself refuse everything but one statement that reads. */
  readonly guarded?: boolean;
  /** Whether the client is inside of a session's transaction, which must go on. */
  readonly inTransaction?: boolean;
}

/** What one server's driver does in its own way. A client is one connection to the server. */
export interface Wire<Client extends object = object> {
  readonly facts: DialectFacts;
  /** Takes a client out of the pool, or connects one. It keeps the process alive. */
  take(): Promise<Client>;
  /** Gives it back; a broken one is closed. */
  give(client: Client, broken: boolean): void;
  /** Whether one is free, and comes to whoever takes it now without waiting for anything. */
  ready(): boolean;
  /** How many clients are connected, and how many of them nobody uses. */
  counts(): { readonly open: number; readonly idle: number };
  /** Lets the process live as long as the client works, and no longer. */
  keepAwake(client: Client, awake: boolean): void;
  /** Closes a client's socket at once. What runs on it rejects. */
  destroy(client: Client): void;
  /** Asks the server, on another connection, to stop what the client is running. */
  cancel(client: Client): Promise<void>;
  /** Forgets what a session left behind: settings, temporary tables, locks. Ends a transaction. */
  clean(client: Client): Promise<void>;
  query(client: Client, statement: Statement, options: WireReadOptions): Promise<Table>;
  execute(client: Client, statement: Statement): Promise<ExecuteResult>;
  stream(
    client: Client,
    statement: Statement,
    batchSize: number,
  ): AsyncGenerator<Table, void, undefined>;
  begin(client: Client, options: BeginOptions): Promise<void>;
  commit(client: Client): Promise<void>;
  rollback(client: Client): Promise<void>;
  /** What TypeORM's query runner takes for the connection that a session has. Default: the client itself. */
  forRunner?(client: Client): object;
  ping(client: Client): Promise<void>;
  /** Every table and view with its columns, in the order of schema, name and position. */
  catalog(client: Client): Promise<readonly CatalogTable[]>;
  /** Closes all clients that are idle, and in the end those that are not. */
  close(): Promise<void>;
}

export interface BeginOptions {
  readonly readOnly: boolean;
  readonly isolation: Isolation | undefined;
}

export type CatalogTable = CatalogEntry & { readonly schema: string };
