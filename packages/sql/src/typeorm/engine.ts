import { type CatalogEntry, ConnError, Table } from "@conn/core";
import type { Statement } from "@conn/core/sql";
import type { DataSource, QueryRunner } from "typeorm";
import { abortedError } from "../aborted.ts";
import type { DialectFacts } from "../dialect-facts.ts";
import type {
  Engine,
  EngineReadOptions,
  EngineSession,
  EngineSessionOptions,
  EngineStreamOptions,
  ExecuteResult,
} from "../engine.ts";
import { browseCatalog, type CatalogRow, tablesOf } from "../server/catalog.ts";
import { assertOne, assertReads } from "../statement.ts";
import { transactionError, transactionVerbs } from "../transactions.ts";
import type { TypeormKind } from "./kinds.ts";
import { executeOn, readRows } from "./run.ts";
import { TypeormSession } from "./session.ts";

/**
 * A database through TypeORM alone: its driver, its pool and its values. An abort ends the call, and the
 * server goes on until it is done.
 */
export class TypeormEngine implements Engine {
  readonly facts: DialectFacts;
  readonly dataSource: DataSource;
  readonly #kind: Pick<TypeormKind, "ping" | "catalog">;
  readonly #afterWrite: () => void;

  constructor(
    dataSource: DataSource,
    facts: DialectFacts,
    kind: Pick<TypeormKind, "ping" | "catalog">,
    afterWrite: () => void,
  ) {
    this.dataSource = dataSource;
    this.facts = facts;
    this.#kind = kind;
    this.#afterWrite = afterWrite;
  }

  async query(statement: Statement, { maxRows, signal }: EngineReadOptions): Promise<Table> {
    assertReads(statement.source, this.facts);
    return this.#run(signal, (runner) => readRows(runner, statement, maxRows));
  }

  async execute(statement: Statement, signal?: AbortSignal): Promise<ExecuteResult> {
    const { verb } = assertOne(statement.source, this.facts);
    if (transactionVerbs.has(verb)) throw transactionError(verb);
    try {
      return await this.#run(signal, (runner) => executeOn(runner, statement));
    } finally {
      this.#afterWrite();
    }
  }

  async *stream(
    statement: Statement,
    { batchSize, signal }: EngineStreamOptions,
  ): AsyncGenerator<Table, void, undefined> {
    assertReads(statement.source, this.facts);
    const runner = this.dataSource.createQueryRunner();
    try {
      const rows = await runner.stream(statement.text, [...statement.values]);
      let batch: Record<string, unknown>[] = [];
      for await (const row of rows as AsyncIterable<Record<string, unknown>>) {
        if (signal?.aborted) throw abortedError(signal, "The call was aborted.");
        if (batch.push(row) < batchSize) continue;
        yield Table.fromRows<Record<string, unknown>>(batch);
        batch = [];
      }
      if (batch.length > 0) yield Table.fromRows<Record<string, unknown>>(batch);
    } finally {
      await runner.release();
    }
  }

  async session(options: EngineSessionOptions): Promise<EngineSession> {
    if (options.readOnly) {
      throw new ConnError(
        "CONN_UNSUPPORTED",
        `${this.facts.title} has no read-only sessions here.`,
        {
          hint: "Log in as a user who may only read.",
        },
      );
    }
    return TypeormSession.begin(this.dataSource.createQueryRunner(), this.facts, options);
  }

  async browse(path: readonly string[]): Promise<CatalogEntry[]> {
    const rows = await this.dataSource.query<CatalogRow[]>(this.#kind.catalog);
    return browseCatalog(tablesOf(rows), path);
  }

  async ping(): Promise<void> {
    await this.dataSource.query(this.#kind.ping);
  }

  nearNames(): string[] {
    return [];
  }

  async close(): Promise<void> {
    if (this.dataSource.isInitialized) await this.dataSource.destroy();
  }

  async #run<T>(
    signal: AbortSignal | undefined,
    task: (runner: QueryRunner) => Promise<T>,
  ): Promise<T> {
    if (signal?.aborted) throw abortedError(signal, "The call was aborted before it was sent.");
    const running = this.#withRunner(task);
    if (!signal) return running;
    const aborted = new Promise<never>((_resolve, reject) => {
      const abort = (): void => reject(abortedError(signal, "The call was aborted."));
      signal.addEventListener("abort", abort, { once: true });
      const forget = (): void => signal.removeEventListener("abort", abort);
      running.then(forget, forget);
    });
    return Promise.race([running, aborted]);
  }
  async #withRunner<T>(task: (runner: QueryRunner) => Promise<T>): Promise<T> {
    const runner = this.dataSource.createQueryRunner();
    try {
      return await task(runner);
    } finally {
      await runner.release();
    }
  }
}
