import type { ConnError } from "@conn/core";
import { Turns, type TurnRequest } from "../turns.ts";
import type { SqliteDatabase } from "./driver.ts";

const most = 8;

/** A handle that is lent; `give` it back. */
export interface LentReader {
  readonly database: SqliteDatabase;
  readonly give: () => void;
}

/** Handles that only read, each lent to one call at a time. Opened when needed, kept for the next. */
export class Readers {
  readonly #open: () => SqliteDatabase;
  readonly #free: SqliteDatabase[] = [];
  readonly #all = new Set<SqliteDatabase>();
  readonly #turns = new Turns(
    most,
    `All ${most} reading handles stayed taken`,
    "Read streams to their end or leave their loops, and end sessions sooner.",
  );

  constructor(open: () => SqliteDatabase) {
    this.#open = open;
  }

  /** @throws CONN_POOL_TIMEOUT, CONN_ABORTED, CONN_CLOSED. */
  async take(request: TurnRequest): Promise<LentReader> {
    const release = await this.#turns.acquire(request);
    try {
      const database = this.#free.pop() ?? this.#add();
      return {
        database,
        give: () => {
          try {
            this.#give(database);
          } finally {
            release();
          }
        },
      };
    } catch (error) {
      release();
      throw error;
    }
  }

  close(reason: ConnError): void {
    this.#turns.close(reason);
    for (const database of this.#all) database.close();
    this.#all.clear();
    this.#free.length = 0;
  }

  #add(): SqliteDatabase {
    const database = this.#open();
    this.#all.add(database);
    return database;
  }

  #give(database: SqliteDatabase): void {
    // Closed meanwhile, or given back already.
    if (!this.#all.has(database) || this.#free.includes(database)) return;
    if (database.inTransaction) database.exec("ROLLBACK");
    this.#free.push(database);
  }
}
