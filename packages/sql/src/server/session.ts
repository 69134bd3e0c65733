import { ConnError, type Table } from "@conn/core";
import type { Statement } from "@conn/core/sql";
import type { EntityManager, QueryRunner } from "typeorm";
import { endedSession } from "../aborted.ts";
import type {
  EngineReadOptions,
  EngineSession,
  EngineSessionOptions,
  ExecuteResult,
} from "../engine.ts";
import { assertAnswers, assertHarmless, assertKeepsSession } from "../guard.ts";
import type { RunnerSession } from "../runner-session.ts";
import { assertOne, assertReads } from "../statement.ts";
import { Turns } from "../turns.ts";
import type { Lent } from "./clients.ts";
import type { ServerEngine } from "./engine.ts";

/** TypeORM's own notes of a transaction, which is begun and ended here. */
interface Runner extends QueryRunner {
  databaseConnection: object;
  isReleased: boolean;
  isTransactionActive: boolean;
  transactionDepth: number;
}

/** Transactions on one client, which nobody else uses until the end. */
export class ServerSession implements EngineSession {
  readonly #engine: ServerEngine;
  readonly #lent: Lent<object>;
  readonly #options: EngineSessionOptions;
  readonly #runner: Runner;
  // The calls of one session run one after the other, however they were started.
  readonly #order = new Turns(1);
  #wrote = false;
  #broken = false;
  /** The server has ended the transaction by itself; going on would commit half of it. */
  #failed = false;
  #ended = false;

  static async begin(
    engine: ServerEngine,
    lent: Lent<object>,
    options: EngineSessionOptions,
  ): Promise<ServerSession> {
    const session = new ServerSession(engine, lent, options);
    try {
      await session.#call(options.signal, async () => {});
      return session;
    } catch (error) {
      await session.end();
      throw error;
    }
  }

  private constructor(engine: ServerEngine, lent: Lent<object>, options: EngineSessionOptions) {
    this.#engine = engine;
    this.#lent = lent;
    this.#options = options;
    const { holder, scope, signal } = options;
    this.#runner = engine.dataSource.createQueryRunner() as Runner;
    // What the runner takes for its own connection is ours to give back.
    this.#runner.databaseConnection = engine.wire.forRunner?.(lent.client) ?? lent.client;
    this.#runner.data = {
      holder,
      scope,
      signal,
      run: (task, writes) =>
        this.#call(signal, () => {
          this.#wrote ||= writes;
          return task();
        }),
    } satisfies RunnerSession;
  }

  get manager(): EntityManager {
    if (!this.#options.readOnly) return this.#runner.manager;
    throw new ConnError("CONN_UNSUPPORTED", "A read-only session has no entity manager.", {
      hint: "Use conn.manager() for reading, or a session that writes.",
    });
  }

  query(
    statement: Statement,
    { maxRows, signal = this.#options.signal }: EngineReadOptions,
  ): Promise<Table> {
    const { wire, facts } = this.#engine;
    const { readOnly } = this.#options;
    return this.#call(signal, async () => {
      assertReads(statement.source, facts);
      if (readOnly) assertHarmless(statement.source, facts);
      return wire.query(this.#lent.client, statement, {
        maxRows,
        guarded: readOnly,
        inTransaction: true,
      });
    });
  }

  execute(statement: Statement): Promise<ExecuteResult> {
    const { wire, facts } = this.#engine;
    return this.#call(this.#options.signal, async () => {
      if (this.#options.readOnly)
        throw new ConnError("CONN_READ_ONLY", "This session only reads.", {
          hint: "Open one that writes: conn.session().",
        });
      assertOne(statement.source, facts);
      assertAnswers(statement.source);
      assertKeepsSession(statement.source, facts);
      this.#wrote = true;
      return wire.execute(this.#lent.client, statement);
    });
  }

  commit(): Promise<void> {
    return this.#ordered(async () => {
      if (!this.#runner.isTransactionActive) return;
      if (this.#failed) throw failedTransaction();
      try {
        await this.#noting(() => this.#engine.wire.commit(this.#lent.client));
      } finally {
        // A commit whose answer was lost may have taken place.
        if (this.#wrote) this.#engine.afterWrite();
        this.#note(false);
      }
    });
  }

  rollback(): Promise<void> {
    return this.#ordered(() => this.#undo());
  }

  end(): Promise<void> {
    return this.#ordered(async () => {
      if (this.#ended) return;
      this.#ended = true;
      try {
        await this.#undo();
        if (!this.#broken) await this.#noting(() => this.#engine.wire.clean(this.#lent.client));
      } catch {
        // The server rolls back what a closed connection leaves open.
        this.#broken = true;
      } finally {
        this.#runner.isReleased = true;
        this.#lent.give(this.#broken);
      }
    });
  }

  #call<T>(signal: AbortSignal | undefined, task: () => Promise<T>): Promise<T> {
    return this.#ordered(async () => {
      await this.#begin();
      return this.#noting(() => this.#engine.clients.stoppable(this.#lent.client, signal, task));
    });
  }

  /** After a commit or a rollback the next call begins anew. */
  async #begin(): Promise<void> {
    if (this.#ended) throw endedSession();
    if (this.#broken)
      throw new ConnError("CONN_LOST", "The session lost its connection, and was rolled back.", {
        hint: "Open another session, and do all of it again.",
      });
    if (this.#failed) throw failedTransaction();
    if (this.#runner.isTransactionActive) return;
    const { readOnly, isolation } = this.#options;
    await this.#noting(() => this.#engine.wire.begin(this.#lent.client, { readOnly, isolation }));
    this.#note(true);
  }

  async #undo(): Promise<void> {
    if (!this.#runner.isTransactionActive) return;
    this.#note(false);
    if (!this.#broken) await this.#noting(() => this.#engine.wire.rollback(this.#lent.client));
  }

  async #noting<T>(task: () => Promise<T>): Promise<T> {
    const { clients, errors } = this.#engine;
    try {
      return await clients.awake(this.#lent.client, task);
    } catch (error) {
      this.#broken ||= errors.lost(error);
      this.#failed ||= errors.mayPassAgain(error);
      throw error;
    }
  }

  #note(active: boolean): void {
    this.#runner.isTransactionActive = active;
    this.#runner.transactionDepth = active ? 1 : 0;
    this.#wrote &&= active;
    this.#failed = false;
  }

  #ordered<T>(task: () => Promise<T>): Promise<T> {
    return this.#order.run({ seconds: Infinity, holder: "a call of the session" }, task);
  }
}

function failedTransaction(): ConnError {
  return new ConnError(
    "CONN_QUERY",
    "The server has rolled the session's transaction back after an earlier failure.",
    {
      hint: "Call session.rollback() and do all of it again; conn.transaction(fn) does so by itself.",
    },
  );
}
