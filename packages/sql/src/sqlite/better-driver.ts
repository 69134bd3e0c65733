import {
  IntegerOverflow,
  type OpenOptions,
  refreshSchema,
  type SqliteColumn,
  type SqliteDatabase,
  type SqliteDriver,
  type SqliteStatement,
} from "./driver.ts";

/** What we use of the package better-sqlite3: its default export, as the user hands it over. */
export type BetterSqlite = new (
  path: string,
  options?: { readonly readonly?: boolean; readonly timeout?: number },
) => BetterDatabase;

interface BetterDatabase {
  readonly inTransaction: boolean;
  prepare(text: string): BetterStatement;
  exec(text: string): unknown;
  close(): unknown;
}

interface BetterStatement {
  readonly reader: boolean;
  readonly readonly: boolean;
  columns(): readonly { readonly name: string; readonly type: string | null }[];
  raw(on: boolean): unknown;
  safeIntegers(on: boolean): unknown;
  iterate(...values: unknown[]): Iterator<unknown[], unknown, undefined>;
  all(...values: unknown[]): unknown[][];
  run(...values: unknown[]): unknown;
}

export function betterDriver(Database: BetterSqlite): SqliteDriver {
  return { name: "better-sqlite3", open: (options) => new BetterHandle(Database, options) };
}

class BetterHandle implements SqliteDatabase {
  readonly driver = "better-sqlite3";
  readonly #database: BetterDatabase;

  constructor(Database: BetterSqlite, { path, readOnly }: OpenOptions) {
    this.#database = new Database(path, { readonly: readOnly, timeout: 0 });
  }

  get inTransaction(): boolean {
    return this.#database.inTransaction;
  }

  prepare(text: string): SqliteStatement {
    this.#database.exec(refreshSchema);
    return new BetterRows(this.#database.prepare(text));
  }

  exec(text: string): void {
    this.#database.exec(text);
  }

  close(): void {
    this.#database.close();
  }
}

class BetterRows implements SqliteStatement {
  readonly columns: readonly SqliteColumn[];
  readonly writes: boolean;
  readonly #statement: BetterStatement;

  constructor(statement: BetterStatement) {
    this.#statement = statement;
    this.columns = statement.reader ? statement.columns() : [];
    this.writes = !statement.readonly;
    // Rows as objects would lose a column called `__proto__`, and all but one of equal names.
    if (statement.reader) statement.raw(true);
  }

  rows(values: readonly unknown[], bigints: boolean): Iterator<unknown[], unknown, undefined> {
    this.#statement.safeIntegers(bigints);
    const iterator = this.#statement.iterate(...values);
    return bigints ? iterator : new SafeIterator(iterator);
  }

  all(values: readonly unknown[], bigints: boolean): unknown[][] {
    this.#statement.safeIntegers(bigints);
    const rows = this.#statement.all(...values);
    if (!bigints && rows.some(mayBeRounded)) throw new IntegerOverflow();
    return rows;
  }

  run(values: readonly unknown[]): void {
    this.#statement.run(...values);
  }
}

class SafeIterator implements Iterator<unknown[], unknown, undefined> {
  readonly #rows: Iterator<unknown[], unknown, undefined>;

  constructor(rows: Iterator<unknown[], unknown, undefined>) {
    this.#rows = rows;
  }

  next(): IteratorResult<unknown[], unknown> {
    const step = this.#rows.next();
    if (!step.done && mayBeRounded(step.value)) {
      this.#rows.return?.();
      throw new IntegerOverflow();
    }
    return step;
  }

  return(): IteratorResult<unknown[], unknown> {
    return this.#rows.return?.() ?? { done: true, value: undefined };
  }
}

/** better-sqlite3 rounds integers beyond 2^53 without a word; a number that large may be one of them. */
function mayBeRounded(row: readonly unknown[]): boolean {
  for (const cell of row) {
    if (
      typeof cell === "number" &&
      (cell >= 2 ** 53 || cell <= -(2 ** 53)) &&
      Number.isFinite(cell)
    )
      return true;
  }
  return false;
}
