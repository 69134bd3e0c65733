import { checkValue } from "@conn/core/sql";
import { sqlite } from "../dialect-facts.ts";
import { bindValue } from "./bind.ts";
import { Changes, narrowInteger } from "./changes.ts";
import type { SqliteDatabase, SqliteStatement } from "./driver.ts";
import { sqliteCode } from "./errors.ts";

/**
 * Any of our databases in the shape of better-sqlite3 that TypeORM drives: the part that
 * TypeORM 1.1's BetterSqlite3Driver and its query runner call.
 */
export class TypeormDatabase {
  readonly #database: SqliteDatabase;
  readonly #changes: Changes;
  readonly #onClose: () => void;

  constructor(database: SqliteDatabase, onClose: () => void) {
    this.#database = database;
    this.#changes = new Changes(database);
    this.#onClose = onClose;
  }

  prepare(text: string): TypeormStatement {
    return named(() => new TypeormStatement(this.#changes, this.#database.prepare(text)));
  }

  /** Rows of a PRAGMA, as objects. */
  pragma(text: string): object[] {
    const statement = this.prepare(`PRAGMA ${text}`);
    if (statement.reader) return statement.all();
    statement.run();
    return [];
  }

  close(): void {
    this.#onClose();
  }
}

export class TypeormStatement {
  readonly reader: boolean;
  readonly #changes: Changes;
  readonly #statement: SqliteStatement;

  constructor(changes: Changes, statement: SqliteStatement) {
    this.#changes = changes;
    this.#statement = statement;
    this.reader = statement.columns.length > 0;
  }

  /** Rows as objects; integers are numbers where numbers hold them exactly. */
  all(...values: unknown[]): object[] {
    const bound = values.map(bind);
    // As bigints at once: read again for their sake, an INSERT … RETURNING would insert again.
    const rows = named(() => this.#statement.all(bound, true));
    return rows.map((cells) => toObject(this.#statement, cells));
  }

  run(...values: unknown[]): { changes: number; lastInsertRowid: number | bigint } {
    const bound = values.map(bind);
    return named(() => {
      this.#statement.run(bound);
      const { changes, lastId = 0 } = this.#changes.read();
      return { changes, lastInsertRowid: lastId };
    });
  }
}

function bind(value: unknown, index: number): unknown {
  // TypeORM leaves out what an entity does not set.
  return value === undefined
    ? null
    : bindValue(checkValue(value, `parameter ${index + 1}`, sqlite));
}

function toObject({ columns }: SqliteStatement, cells: readonly unknown[]): object {
  const row: Record<string, unknown> = {};
  for (const [index, { name }] of columns.entries()) {
    const value = narrowInteger(cells[index]);
    if (name === "__proto__")
      Object.defineProperty(row, name, {
        value,
        writable: true,
        enumerable: true,
        configurable: true,
      });
    else row[name] = value;
  }
  return row;
}

/** Errors carry the result code's name as `code`, which is what TypeORM's users test. */
function named<T>(task: () => T): T {
  try {
    return task();
  } catch (error) {
    const code = sqliteCode(error);
    if (code === undefined || (error as { code?: unknown }).code === code) throw error;
    throw Object.assign(new Error((error as Error).message, { cause: error }), {
      name: "SqliteError",
      code,
    });
  }
}
