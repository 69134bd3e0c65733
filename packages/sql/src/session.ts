import type { Lease, Table } from "@conn/core";
import {
  compile,
  type Fragment,
  type Params,
  type QueryTag,
  queryTag,
  warnOfSession,
} from "@conn/core/sql";
import { checkRows } from "@conn/core/toolkit";
import type { DataSource, EntityManager } from "typeorm";
import { abortedSession, endedSession } from "./aborted.ts";
import type { DialectFacts } from "./dialect-facts.ts";
import type { EngineSession, ExecuteResult } from "./engine.ts";
import type { QueryOptions } from "./options.ts";

/** What a session needs of the connection that opened it. */
export interface SessionInit {
  readonly connection: string;
  readonly facts: DialectFacts;
  readonly engine: EngineSession;
  readonly lease: Lease<DataSource>;
  readonly signal: AbortSignal;
  readonly explain: (error: unknown, operation: string, statement?: string) => unknown;
  /** Where it was opened, for the warnings about one that nobody ends. */
  readonly place: string;
  /** Seconds after which one that is still open is warned about. */
  readonly warnAfter: number;
}

/** Options of a query inside a session, which is never cached. */
export type SessionQueryOptions<Row extends object> = Pick<
  QueryOptions<Row>,
  "params" | "maxRows" | "schema" | "signal"
>;

/**
 * One transaction on one handle: what others do is not seen half done, and what is done here is seen
 * by nobody before `commit()`. Left without a commit, it is rolled back.
 */
export class SQLSession implements AsyncDisposable {
  /** Runs a template as a query: `` await session.sql`select * from pets where owner = ${owner}` ``. */
  readonly sql: QueryTag;
  readonly #inner: InnerSession;

  constructor(init: SessionInit) {
    this.#inner = new InnerSession(init);
    this.sql = queryTag((fragment) => this.query(fragment));
    forgotten.register(this, this.#inner, this.#inner);
  }

  /**
   * TypeORM's entity manager inside this transaction. Like the session's own calls it begins another
   * one after a commit, and refuses everything after the end.
   *
   * @throws CONN_CLOSED, CONN_ABORTED; CONN_UNSUPPORTED in a session that only reads.
   */
  get manager(): EntityManager {
    this.#inner.assertOpen("manager");
    return this.#inner.engine.manager;
  }

  /**
   * Reads, within the transaction and past the cache.
   *
   * @throws CONN_READ_ONLY for a statement that writes, CONN_PARAMS, CONN_QUERY, CONN_CLOSED, CONN_ROW_INVALID.
   */
  async query<Row extends object = Record<string, unknown>>(
    statement: string | Fragment,
    options: SessionQueryOptions<Row> = {},
  ): Promise<Table<Row>> {
    const { params, maxRows, schema, signal } = options;
    const table = await this.#inner.call("query", statement, params, (compiled, engine) =>
      engine.query(compiled, {
        maxRows,
        signal: signal ? AbortSignal.any([signal, this.#inner.signal]) : this.#inner.signal,
        patient: signal !== undefined,
      }),
    );
    return schema ? checkRows(table, schema, this.#inner.connection) : (table as Table<Row>);
  }

  /**
   * Runs a statement that writes; others see what it did after `commit()`.
   *
   * @throws CONN_PARAMS, CONN_QUERY, CONN_UNSUPPORTED for BEGIN and COMMIT, CONN_CLOSED.
   */
  execute<Row extends object = Record<string, unknown>>(
    statement: string | Fragment,
    params?: Params,
  ): Promise<ExecuteResult<Row>> {
    return this.#inner.call(
      "execute",
      statement,
      params,
      (compiled, engine) => engine.execute(compiled) as Promise<ExecuteResult<Row>>,
    );
  }

  /** Makes what was done permanent. The next call begins another transaction. */
  commit(): Promise<void> {
    return this.#inner.step("commit", (engine) => engine.commit());
  }

  /** Undoes what was done since the beginning or the last commit. The next call begins another transaction. */
  rollback(): Promise<void> {
    return this.#inner.step("rollback", (engine) => engine.rollback());
  }

  /** Ends the session; what is not committed is rolled back. Idempotent. */
  async [Symbol.asyncDispose](): Promise<void> {
    forgotten.unregister(this.#inner);
    await this.#inner.end();
  }
}

/** What outlives a session that was dropped without an end, so that it can still be ended. */
class InnerSession {
  readonly connection: string;
  readonly engine: EngineSession;
  readonly signal: AbortSignal;
  readonly place: string;
  readonly #init: SessionInit;
  readonly #abort = (): void => {
    this.#aborted = true;
    this.end().catch(() => {});
  };
  readonly #warning: NodeJS.Timeout | undefined;
  #aborted = false;
  #ending: Promise<void> | undefined;

  constructor(init: SessionInit) {
    this.#init = init;
    this.connection = init.connection;
    this.engine = init.engine;
    this.signal = init.signal;
    this.place = init.place;
    const seconds = init.warnAfter;
    const warnLate = (): void =>
      warnOfSession(
        `A session of ${this.connection} is still open after ${seconds} s. It was opened ${this.place}.`,
        "End sessions soon, or raise `sessionWarning`: await using session = await conn.session()",
      );
    // A timer cannot wait for longer than 24 days.
    if (seconds < 2_000_000) this.#warning = setTimeout(warnLate, seconds * 1000).unref();
    // A connection that is closed, or a caller that gives up, must not leave the transaction open.
    if (init.signal.aborted) this.#abort();
    else init.signal.addEventListener("abort", this.#abort, { once: true });
  }

  async call<T>(
    operation: string,
    statement: string | Fragment,
    params: Params | undefined,
    task: (compiled: ReturnType<typeof compile>, engine: EngineSession) => Promise<T>,
  ): Promise<T> {
    let source: string | undefined;
    return this.step(
      operation,
      (engine) => {
        const compiled = compile(statement, params, this.#init.facts);
        source = compiled.source.text;
        return task(compiled, engine);
      },
      () => source,
    );
  }

  async step<T>(
    operation: string,
    task: (engine: EngineSession) => Promise<T>,
    source?: () => string | undefined,
  ): Promise<T> {
    this.assertOpen(operation);
    try {
      return await task(this.engine);
    } catch (error) {
      throw this.#init.explain(error, `session.${operation}`, source?.());
    }
  }

  assertOpen(operation: string): void {
    if (!this.#ending) return;
    throw this.#init.explain(
      this.#aborted ? abortedSession(this.signal) : endedSession(),
      `session.${operation}`,
    );
  }

  get ended(): boolean {
    return this.#ending !== undefined;
  }

  end(): Promise<void> {
    return (this.#ending ??= this.#end());
  }

  async #end(): Promise<void> {
    clearTimeout(this.#warning);
    this.signal.removeEventListener("abort", this.#abort);
    try {
      await this.engine.end();
    } catch (error) {
      throw this.#init.explain(error, "session.end");
    } finally {
      this.#init.lease.release();
    }
  }
}

const forgotten = new FinalizationRegistry<InnerSession>((session) => {
  // Its signal has ended it, or its connection.
  if (session.ended) return;
  warnOfSession(
    `A session of ${session.connection} was dropped without an end, and is rolled back. It was opened ${session.place}.`,
    "Write: await using session = await conn.session()",
  );
  session.end().catch(() => {});
});
