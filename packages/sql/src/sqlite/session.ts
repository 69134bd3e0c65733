import { ConnError, type Table } from "@conn/core";
import type { Statement } from "@conn/core/sql";
import type { EntityManager } from "typeorm";
import { endedSession } from "../aborted.ts";
import { sqlite } from "../dialect-facts.ts";
import type {
  EngineReadOptions,
  EngineSession,
  EngineSessionOptions,
  ExecuteResult,
} from "../engine.ts";
import type { RunnerSession } from "../runner-session.ts";
import { assertOne, assertReads } from "../statement.ts";
import { Turns } from "../turns.ts";
import { breathe } from "../breathe.ts";
import { transactionError, transactionVerbs } from "../transactions.ts";
import { bindValue } from "./bind.ts";
import { whileBusy } from "./busy.ts";
import type { SqliteDatabase } from "./driver.ts";
import type { SqliteEngine } from "./engine.ts";
import { readTable } from "./read.ts";
import type { TurnRunner } from "./runner.ts";

/** A transaction on the writing handle, which is this session's from begin to end. */
export class WriteSession implements EngineSession {
  readonly #engine: SqliteEngine;
  readonly #runner: TurnRunner;
  // The calls of one session run one after the other, however they were started.
  readonly #order = new Turns(1);
  #wrote = false;
  #ended = false;

  static async begin(engine: SqliteEngine, options: EngineSessionOptions): Promise<WriteSession> {
    const session = new WriteSession(engine, options);
    await session.#runner.beginTurn();
    return session;
  }

  private constructor(engine: SqliteEngine, { holder, scope, signal }: EngineSessionOptions) {
    this.#engine = engine;
    this.#runner = engine.dataSource.createQueryRunner() as TurnRunner;
    this.#runner.data = {
      holder,
      scope,
      signal,
      run: (task) =>
        this.#ordered(async () => {
          await this.#begin();
          return task();
        }),
    } satisfies RunnerSession;
  }

  get manager(): EntityManager {
    return this.#runner.manager;
  }

  query(statement: Statement, options: EngineReadOptions): Promise<Table> {
    return this.#ordered(async () => {
      const { verb } = assertReads(statement.source, sqlite);
      await this.#begin();
      return readTable(
        this.#engine.prepareReading(this.#engine.writer, statement, verb),
        statement.values.map(bindValue),
        options,
      );
    });
  }

  execute(statement: Statement): Promise<ExecuteResult> {
    return this.#ordered(async () => {
      const { verb, writer } = assertOne(statement.source, sqlite);
      if (transactionVerbs.has(verb)) throw transactionError(verb);
      await this.#begin();
      this.#wrote = true;
      return this.#engine.write(statement, writer);
    });
  }

  commit(): Promise<void> {
    return this.#ordered(async () => {
      if (!this.#runner.isTransactionActive) return;
      await this.#runner.commitTransaction();
      if (this.#wrote) this.#engine.afterWrite();
      this.#wrote = false;
    });
  }

  rollback(): Promise<void> {
    return this.#ordered(() => this.#undo());
  }

  end(): Promise<void> {
    return this.#ordered(async () => {
      this.#ended = true;
      try {
        await this.#undo();
      } finally {
        await this.#runner.release();
      }
    });
  }

  /** After a commit or a rollback the next call begins anew. */
  async #begin(): Promise<void> {
    await breathe();
    if (this.#ended) throw endedSession();
    if (!this.#runner.isTransactionActive) {
      await this.#runner.beginTurn();
    } else if (!this.#engine.inTransaction()) {
      // A full disk and ON CONFLICT ROLLBACK end a transaction; going on would commit half of it.
      throw new ConnError(
        "CONN_QUERY",
        "SQLite has rolled the session's transaction back after an earlier failure.",
        {
          hint: "Call session.rollback() and do all of it again.",
        },
      );
    }
  }

  async #undo(): Promise<void> {
    this.#wrote = false;
    if (this.#runner.isTransactionActive) await this.#runner.rollbackTransaction();
  }

  #ordered<T>(task: () => Promise<T>): Promise<T> {
    return this.#order.run({ seconds: Infinity, holder: "a call of the session" }, task);
  }
}

/** A view of the database as it was at the first call, on a handle that cannot write. */
export class ReadSession implements EngineSession {
  readonly #engine: SqliteEngine;
  readonly #database: SqliteDatabase;
  readonly #release: () => void;
  readonly #signal: AbortSignal;
  readonly #order = new Turns(1);

  static async begin(
    engine: SqliteEngine,
    database: SqliteDatabase,
    release: () => void,
    signal: AbortSignal,
  ): Promise<ReadSession> {
    const session = new ReadSession(engine, database, release, signal);
    try {
      await session.#begin();
      return session;
    } catch (error) {
      release();
      throw error;
    }
  }

  private constructor(
    engine: SqliteEngine,
    database: SqliteDatabase,
    release: () => void,
    signal: AbortSignal,
  ) {
    this.#engine = engine;
    this.#database = database;
    this.#release = release;
    this.#signal = signal;
  }

  get manager(): never {
    throw new ConnError("CONN_UNSUPPORTED", "A read-only session has no entity manager.", {
      hint: "Use conn.manager() for reading, or a session that writes.",
    });
  }

  query(statement: Statement, options: EngineReadOptions): Promise<Table> {
    return this.#ordered(async () => {
      const { verb } = assertReads(statement.source, sqlite);
      await this.#begin();
      return readTable(
        this.#engine.prepareReading(this.#database, statement, verb),
        statement.values.map(bindValue),
        options,
      );
    });
  }

  execute(): Promise<never> {
    return Promise.reject(
      new ConnError("CONN_READ_ONLY", "This session only reads.", {
        hint: "Open one that writes: conn.session().",
      }),
    );
  }

  commit(): Promise<void> {
    return this.rollback();
  }

  rollback(): Promise<void> {
    return this.#ordered(async () => {
      if (this.#database.inTransaction) this.#database.exec("ROLLBACK");
    });
  }

  async end(): Promise<void> {
    try {
      await this.rollback();
    } finally {
      this.#release();
    }
  }

  async #begin(): Promise<void> {
    await breathe();
    if (this.#database.inTransaction) return;
    this.#database.exec("BEGIN");
    // BEGIN alone takes no snapshot; the first read does.
    await whileBusy(
      () => this.#database.prepare("select count(*) from sqlite_master").all([], false),
      this.#engine.lockSeconds,
      this.#signal,
    );
  }

  #ordered<T>(task: () => Promise<T>): Promise<T> {
    return this.#order.run({ seconds: Infinity, holder: "a call of the session" }, task);
  }
}
