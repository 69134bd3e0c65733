import type { SqliteDatabase, SqliteStatement } from "./driver.ts";

/** What one statement did. */
export interface Change {
  readonly changes: number;
  /** Undefined where no row got a new id. */
  readonly lastId: number | bigint | undefined;
}

/** No row of an application has this id: SQLite gives it to none, and it is the least there is. */
const noId = -(2n ** 63n);

/** Tells what a statement changed on one handle. */
export class Changes {
  readonly #database: SqliteDatabase;
  #reset: SqliteStatement | undefined;
  #last: SqliteStatement | undefined;

  constructor(database: SqliteDatabase) {
    this.#database = database;
  }

  /**
   * To be called before the statement. SQLite keeps the last id through everything that gives none,
   * such as an upsert that updates, and has no call to forget it: an insert of our own takes its place.
   */
  forgetId(): void {
    try {
      this.#reset ??= this.#prepareReset();
      this.#reset.run([noId]);
    } catch {
      // The table went with a transaction that was rolled back.
      this.#reset = this.#prepareReset();
      this.#reset.run([noId]);
    }
  }

  /** To be called after it. Asked through SQL, which counts for statements with RETURNING too. */
  read(): Change {
    this.#last ??= this.#database.prepare("select changes(), last_insert_rowid()");
    const [changes, id] = this.#last.all([], true)[0] as [bigint, bigint];
    return {
      changes: Number(changes),
      lastId: id === noId ? undefined : (narrowInteger(id) as number | bigint),
    };
  }

  #prepareReset(): SqliteStatement {
    this.#database.exec("create temp table if not exists conn_last_id (id integer primary key)");
    return this.#database.prepare("insert or replace into temp.conn_last_id values (?)");
  }
}

/** An integer as a number where numbers hold it exactly. */
export function narrowInteger(value: unknown): unknown {
  if (typeof value !== "bigint") return value;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
