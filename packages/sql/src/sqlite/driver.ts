/** One open SQLite database, whichever package it comes from. Every call is synchronous. */
export interface SqliteDatabase {
  /** `node:sqlite`, `@photostructure/sqlite` or `better-sqlite3`. */
  readonly driver: string;
  readonly inTransaction: boolean;
  /** Compiles a statement for the tables as they are now. */
  prepare(text: string): SqliteStatement;
  /** Runs statements without parameters or results. */
  exec(text: string): void;
  close(): void;
}

export interface SqliteStatement {
  /** Empty where the statement returns no rows. */
  readonly columns: readonly SqliteColumn[];
  /** Whether running it may change the database; undefined where the driver cannot tell. */
  readonly writes: boolean | undefined;
  /**
   * Rows as arrays, one after the other. Integers are numbers where `bigints` is false, and bigint
   * throughout where it is true.
   *
   * @throws IntegerOverflow for an integer beyond 2^53 while `bigints` is false.
   */
  rows(values: readonly unknown[], bigints: boolean): Iterator<unknown[], unknown, undefined>;
  /** All rows at once: a third cheaper than one after the other, and nothing else runs meanwhile. */
  all(values: readonly unknown[], bigints: boolean): unknown[][];
  run(values: readonly unknown[]): void;
}

export interface SqliteColumn {
  readonly name: string;
  /** As declared in CREATE TABLE, such as `DECIMAL(10, 2)`; null for an expression. */
  readonly type: string | null;
}

export interface OpenOptions {
  readonly path: string;
  readonly readOnly: boolean;
}

/** What is needed of a driver to open databases. */
export interface SqliteDriver {
  readonly name: string;
  open(options: OpenOptions): SqliteDatabase;
}

/** An integer in the result does not fit a number: read again with bigints. */
export class IntegerOverflow extends Error {
  constructor() {
    super("An integer is beyond the range of numbers.");
    this.name = "IntegerOverflow";
  }
}

/**
 * What a driver runs before it compiles a statement. SQLite looks whether another handle changed the
 * schema when a statement runs, and not when one is compiled: its columns could be those of the tables
 * as they were, and cells would come under the names of others.
 */
export const refreshSchema = "select 1 from sqlite_schema limit 1";
