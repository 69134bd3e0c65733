import type { Table } from "@conn/core";
import type { Statement } from "@conn/core/sql";
import type { EntityManager, QueryRunner } from "typeorm";
import { endedSession } from "../aborted.ts";
import type { DialectFacts } from "../dialect-facts.ts";
import type {
  EngineReadOptions,
  EngineSession,
  EngineSessionOptions,
  ExecuteResult,
} from "../engine.ts";
import { assertKeepsSession } from "../guard.ts";
import { assertOne, assertReads } from "../statement.ts";
import { Turns } from "../turns.ts";
import { executeOn, readRows } from "./run.ts";

type TypeormIsolation = Parameters<QueryRunner["startTransaction"]>[0];

/** One transaction after another on one of TypeORM's query runners. */
export class TypeormSession implements EngineSession {
  readonly #runner: QueryRunner;
  readonly #facts: DialectFacts;
  readonly #isolation: TypeormIsolation;
  // The calls of one session run one after the other, however they were started.
  readonly #order = new Turns(1);
  #ended = false;

  static async begin(
    runner: QueryRunner,
    facts: DialectFacts,
    options: EngineSessionOptions,
  ): Promise<TypeormSession> {
    const session = new TypeormSession(runner, facts, options);
    try {
      await session.#call(async () => {});
      return session;
    } catch (error) {
      await session.end();
      throw error;
    }
  }

  private constructor(
    runner: QueryRunner,
    facts: DialectFacts,
    { isolation }: EngineSessionOptions,
  ) {
    this.#runner = runner;
    this.#facts = facts;
    this.#isolation = isolation?.toUpperCase() as TypeormIsolation;
  }

  get manager(): EntityManager {
    return this.#runner.manager;
  }

  query(statement: Statement, { maxRows }: EngineReadOptions): Promise<Table> {
    return this.#call(() => {
      assertReads(statement.source, this.#facts);
      return readRows(this.#runner, statement, maxRows);
    });
  }

  execute(statement: Statement): Promise<ExecuteResult> {
    return this.#call(() => {
      assertOne(statement.source, this.#facts);
      assertKeepsSession(statement.source, this.#facts);
      return executeOn(this.#runner, statement);
    });
  }

  commit(): Promise<void> {
    return this.#ordered(async () => {
      if (this.#runner.isTransactionActive) await this.#runner.commitTransaction();
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
      } finally {
        await this.#runner.release();
      }
    });
  }

  /** After a commit or a rollback the next call begins anew. */
  #call<T>(task: () => Promise<T>): Promise<T> {
    return this.#ordered(async () => {
      if (this.#ended) throw endedSession();
      if (!this.#runner.isTransactionActive) await this.#runner.startTransaction(this.#isolation);
      return task();
    });
  }

  async #undo(): Promise<void> {
    if (this.#runner.isTransactionActive) await this.#runner.rollbackTransaction();
  }

  #ordered<T>(task: () => Promise<T>): Promise<T> {
    return this.#order.run({ seconds: Infinity, holder: "a call of the session" }, task);
  }
}
