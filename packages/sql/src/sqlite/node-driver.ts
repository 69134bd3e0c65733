import { ConnError } from "@conn/core";
import {
  IntegerOverflow,
  type OpenOptions,
  refreshSchema,
  type SqliteColumn,
  type SqliteDatabase,
  type SqliteDriver,
  type SqliteStatement,
} from "./driver.ts";

/** What we use of `node:sqlite` and of `@photostructure/sqlite`, which has the same interface. */
export interface NodeSqlite {
  readonly DatabaseSync: new (
    path: string,
    options?: { readonly readOnly?: boolean; readonly timeout?: number },
  ) => NodeDatabase;
}

interface NodeDatabase {
  readonly isTransaction: boolean;
  prepare(text: string): NodeStatement;
  exec(text: string): void;
  close(): void;
}

interface NodeStatement {
  columns(): readonly { readonly name: string; readonly type: string | null }[];
  iterate(...values: unknown[]): Iterator<unknown[], unknown, undefined>;
  all(...values: unknown[]): unknown[][];
  run(...values: unknown[]): unknown;
  setReturnArrays(on: boolean): void;
  setReadBigInts(on: boolean): void;
}

export function nodeDriver(name: string, { DatabaseSync }: NodeSqlite): SqliteDriver {
  const check = cutsText(DatabaseSync) ? refuseNul : accept;
  return { name, open: (options) => new NodeHandle(name, check, DatabaseSync, options) };
}

class NodeHandle implements SqliteDatabase {
  readonly driver: string;
  readonly #check: Check;
  readonly #database: NodeDatabase;

  constructor(
    driver: string,
    check: Check,
    DatabaseSync: NodeSqlite["DatabaseSync"],
    { path, readOnly }: OpenOptions,
  ) {
    this.driver = driver;
    this.#check = check;
    // No waiting inside SQLite: it would stop the whole event loop. Locks are waited for between calls.
    this.#database = new DatabaseSync(path, { readOnly, timeout: 0 });
  }

  get inTransaction(): boolean {
    return this.#database.isTransaction;
  }

  prepare(text: string): SqliteStatement {
    this.#database.exec(refreshSchema);
    return new NodeRows(this.#database.prepare(text), this.#check);
  }

  exec(text: string): void {
    this.#database.exec(text);
  }

  close(): void {
    this.#database.close();
  }
}

class NodeRows implements SqliteStatement {
  readonly columns: readonly SqliteColumn[];
  /** `node:sqlite` keeps what SQLite knows of a statement to itself; the engine asks EXPLAIN. */
  readonly writes = undefined;
  readonly #statement: NodeStatement;

  readonly #check: (values: readonly unknown[]) => readonly unknown[];

  constructor(statement: NodeStatement, check: (values: readonly unknown[]) => readonly unknown[]) {
    this.#statement = statement;
    this.#check = check;
    this.columns = statement.columns();
    if (this.columns.length > 0) statement.setReturnArrays(true);
  }

  rows(values: readonly unknown[], bigints: boolean): Iterator<unknown[], unknown, undefined> {
    this.#statement.setReadBigInts(bigints);
    const iterator = this.#statement.iterate(...this.#check(values));
    return bigints ? iterator : new OverflowIterator(iterator);
  }

  all(values: readonly unknown[], bigints: boolean): unknown[][] {
    this.#statement.setReadBigInts(bigints);
    try {
      return this.#statement.all(...this.#check(values));
    } catch (error) {
      throw named(error);
    }
  }

  run(values: readonly unknown[]): void {
    // Later versions of Node refuse to tell an id beyond 2^53 as a number, after the row was written.
    this.#statement.setReadBigInts(true);
    this.#statement.run(...this.#check(values));
  }
}

class OverflowIterator implements Iterator<unknown[], unknown, undefined> {
  readonly #rows: Iterator<unknown[], unknown, undefined>;

  constructor(rows: Iterator<unknown[], unknown, undefined>) {
    this.#rows = rows;
  }

  next(): IteratorResult<unknown[], unknown> {
    try {
      return this.#rows.next();
    } catch (error) {
      throw named(error);
    }
  }

  return(): IteratorResult<unknown[], unknown> {
    return this.#rows.return?.() ?? { done: true, value: undefined };
  }
}

/** Gives the one failure that has a remedy its name. Node and the other package share its words, not its code. */
function named(error: unknown): unknown {
  return error instanceof Error &&
    error.message.includes("too large to be represented as a JavaScript number")
    ? new IntegerOverflow()
    : error;
}

/** What may be bound, as this version of the driver takes it. */
type Check = (values: readonly unknown[]) => readonly unknown[];

function accept(values: readonly unknown[]): readonly unknown[] {
  return values;
}

/** @photostructure/sqlite 1.2.1 and Node 22 read text up to its first NUL, and the rest is lost without a word. */
function refuseNul(values: readonly unknown[]): readonly unknown[] {
  const at = values.findIndex((value) => typeof value === "string" && value.includes("\0"));
  if (at === -1) return values;
  throw new ConnError(
    "CONN_PARAMS",
    `Value ${at + 1} is text with a NUL character, which this SQLite driver would cut off.`,
    { hint: "Store it as bytes: Buffer.from(text), or use Node 24." },
  );
}

function cutsText(DatabaseSync: NodeSqlite["DatabaseSync"]): boolean {
  const database = new DatabaseSync(":memory:");
  try {
    const statement = database.prepare("select ?");
    statement.setReturnArrays(true);
    return statement.all("a\0b")[0]?.[0] !== "a\0b";
  } finally {
    database.close();
  }
}
