import { ConnError, type Lease, type Params, type Table } from "@conn/core";
import { type Fragment, type QueryTag, queryTag, warnOfSession } from "@conn/core/sql";
import { checkRows } from "@conn/core/toolkit";
import type { DuckDBConnection as Handle, DuckDBInstance } from "@duckdb/node-api";
import { runAppend, runExecute, runQueryWhole } from "./calls.ts";
import { type Compiled, compiled } from "./compiled.ts";
import { interruptOn } from "./interrupt.ts";
import type { ExecuteResult, QueryOptions, Rows } from "./options.ts";
import { readOnlyError, toTable } from "./rows.ts";

export interface SessionInit {
  readonly connection: string;
  readonly handle: Handle;
  readonly lease: Lease<DuckDBInstance>;
  readonly signal: AbortSignal;
  readonly readOnly: boolean;
  readonly explain: (error: unknown, operation: string, statement?: string) => unknown;
  readonly afterWrite: () => void;
  /** Lets the handle find the tables that are registered by now. */
  readonly show: (statement?: string) => Promise<void>;
  /** Where it was opened, for the warning about one that nobody ended. */
  readonly place: string;
}

/** Options of a query inside a session, which is never cached. */
export type SessionQueryOptions<Row extends object> = Pick<
  QueryOptions<Row>,
  "params" | "maxRows" | "schema"
>;

/**
 * One transaction on one handle: what others do is not seen once it has begun, and what is done here is
 * seen by nobody before `commit()`. Left without a commit, it is rolled back. Temporary tables, `use` and
 * `set` stay inside.
 */
export class DuckDBSession implements AsyncDisposable {
  /** Runs a template as a query: `` await session.sql`select * from pets where owner = ${owner}` ``. */
  readonly sql: QueryTag;
  readonly #inner: InnerSession;

  constructor(init: SessionInit) {
    this.#inner = new InnerSession(init);
    this.sql = queryTag((fragment) => this.query(fragment));
    forgotten.register(this, this.#inner, this.#inner);
  }

  /**
   * Reads, within the transaction and past the cache.
   *
   * @throws CONN_READ_ONLY for what is no SELECT, CONN_PARAMS, CONN_QUERY, CONN_CLOSED, CONN_ROW_INVALID.
   */
  async query<Row extends object = Record<string, unknown>>(
    statement: string | Fragment,
    { params, maxRows, schema }: SessionQueryOptions<Row> = {},
  ): Promise<Table<Row>> {
    const table = await this.#inner.call("query", statement, params, (handle, one, init) =>
      runQueryWhole(handle, one, { maxRows, signal: init.signal, locked: init.readOnly }),
    );
    return schema ? checkRows(table, schema, this.#inner.connection) : (table as Table<Row>);
  }

  /**
   * Runs a statement that writes; others see what it did after `commit()`.
   *
   * @throws CONN_PARAMS, CONN_QUERY, CONN_UNSUPPORTED for BEGIN and COMMIT, CONN_READ_ONLY, CONN_CLOSED.
   */
  execute<Row extends object = Record<string, unknown>>(
    statement: string | Fragment,
    params?: Params,
  ): Promise<ExecuteResult<Row>> {
    return this.#inner.call(
      "execute",
      statement,
      params,
      (handle, one, { signal, readOnly }) =>
        runExecute(handle, one, { signal, reads: readOnly, locked: readOnly }) as Promise<
          ExecuteResult<Row>
        >,
    );
  }

  /** Adds rows to a table, columns matched by name; resolves to their number. */
  append(table: string, rows: Rows): Promise<number> {
    return this.#inner.step("append", (handle, { signal, readOnly }) => {
      if (readOnly) throw readOnlyError("session.append");
      return runAppend(handle, table, toTable(rows), signal);
    });
  }

  /** Makes what was done permanent. The next call begins another transaction. */
  commit(): Promise<void> {
    return this.#inner.finish("commit");
  }

  /** Undoes what was done since the beginning or the last commit. The next call begins another transaction. */
  rollback(): Promise<void> {
    return this.#inner.finish("rollback");
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
  readonly place: string;
  readonly #init: SessionInit;
  readonly #settle: () => void;
  readonly #abort = (): void => {
    this.end().catch(() => {});
  };
  #begun = false;
  #ending: Promise<void> | undefined;
  /** A handle reads one result at a time: another statement would cut it off without a word. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(init: SessionInit) {
    this.#init = init;
    this.connection = init.connection;
    this.place = init.place;
    this.#settle = interruptOn(init.signal, () => init.handle.interrupt());
    // A connection that is closed, or a caller that gives up, must not leave the transaction open.
    init.signal.addEventListener("abort", this.#abort, { once: true });
  }

  call<T>(
    operation: string,
    statement: string | Fragment,
    params: Params | undefined,
    task: (handle: Handle, one: Compiled, init: SessionInit) => Promise<T>,
  ): Promise<T> {
    let one: Compiled;
    try {
      this.#assertOpen();
      one = compiled(statement, params);
    } catch (error) {
      return Promise.reject(this.#init.explain(error, `session.${operation}`));
    }
    return this.step(operation, (handle, init) => task(handle, one, init), one);
  }

  async step<T>(
    operation: string,
    task: (handle: Handle, init: SessionInit) => Promise<T>,
    one?: Compiled,
  ): Promise<T> {
    const { handle, readOnly, show } = this.#init;
    return this.#inTurn(
      operation,
      async () => {
        await show(one?.text);
        if (!this.#begun) await handle.run(`begin transaction${readOnly ? " read only" : ""}`);
        this.#begun = true;
        return task(handle, this.#init);
      },
      one?.source.text,
    );
  }

  finish(statement: "commit" | "rollback"): Promise<void> {
    return this.#inTurn(statement, async () => {
      if (!this.#begun) return;
      this.#begun = false;
      try {
        await this.#init.handle.run(statement);
      } finally {
        if (statement === "commit") this.#init.afterWrite();
      }
    });
  }

  end(): Promise<void> {
    return (this.#ending ??= this.#end());
  }

  async #inTurn<T>(operation: string, task: () => Promise<T>, statement?: string): Promise<T> {
    const turn = this.#turn.then(() => {
      this.#assertOpen();
      return task();
    });
    this.#turn = turn.catch(() => {});
    try {
      return await turn;
    } catch (error) {
      throw this.#init.explain(error, `session.${operation}`, statement);
    }
  }

  #assertOpen(): void {
    const { signal } = this.#init;
    if (signal.aborted)
      throw signal.reason instanceof ConnError
        ? signal.reason
        : new ConnError("CONN_ABORTED", "The session was aborted and rolled back.", {
            cause: signal.reason,
          });
    if (this.#ending)
      throw new ConnError("CONN_CLOSED", "The session has ended.", {
        hint: "Open another one: await using session = await conn.session()",
      });
  }

  async #end(): Promise<void> {
    const { handle, lease, signal } = this.#init;
    signal.removeEventListener("abort", this.#abort);
    await this.#turn;
    this.#settle();
    // Closing the handle rolls back what is open.
    handle.closeSync();
    lease.release();
  }
}

const forgotten = new FinalizationRegistry<InnerSession>((session) => {
  warnOfSession(
    `A session of ${session.connection} was dropped without an end, and is rolled back. It was opened ${session.place}.`,
    "Write: await using session = await conn.session()",
  );
  session.end().catch(() => {});
});
