import { ConnError } from "@conn/core";
import type { SqliteDatabase } from "./driver.ts";

/** Handles that only read, each lent to one call at a time. Opened when needed, kept for the next. */
export class Readers {
  readonly #open: () => SqliteDatabase;
  readonly #free: SqliteDatabase[] = [];
  readonly #all = new Set<SqliteDatabase>();
  readonly #waiting: ((database: SqliteDatabase) => void)[] = [];
  readonly #most = 8;

  constructor(open: () => SqliteDatabase) {
    this.#open = open;
  }

  /** @throws CONN_POOL_TIMEOUT */
  async take(seconds: number): Promise<SqliteDatabase> {
    const free = this.#free.pop();
    if (free) return free;
    if (this.#all.size < this.#most) {
      const database = this.#open();
      this.#all.add(database);
      return database;
    }
    return new Promise((resolve, reject) => {
      const turn = (database: SqliteDatabase): void => {
        clearTimeout(timer);
        resolve(database);
      };
      const timer = setTimeout(() => {
        this.#waiting.splice(this.#waiting.indexOf(turn), 1);
        reject(
          new ConnError(
            "CONN_POOL_TIMEOUT",
            `All ${this.#most} reading handles stayed taken for ${seconds} s.`,
            {
              hint: "Read streams to their end or leave their loops, and end sessions sooner.",
            },
          ),
        );
      }, seconds * 1000);
      this.#waiting.push(turn);
    });
  }

  give(database: SqliteDatabase): void {
    if (!this.#all.has(database)) return;
    if (database.inTransaction) database.exec("ROLLBACK");
    const next = this.#waiting.shift();
    if (next) next(database);
    else this.#free.push(database);
  }

  close(): void {
    for (const database of this.#all) database.close();
    this.#all.clear();
    this.#free.length = 0;
  }
}
