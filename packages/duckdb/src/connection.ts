import { randomUUID } from "node:crypto";
import {
  BaseConnection,
  type CatalogEntry,
  ConnError,
  type ConnectionClass,
  type OpenContext,
  type Params,
  type Table,
} from "@conn/core";
import { callerOf, type Fragment, type QueryTag, queryTag, sql } from "@conn/core/sql";
import { checkCount, checkRows, type EndWith, Streamed, wrapError } from "@conn/core/toolkit";
import type { DuckDBConnection as Handle, DuckDBInstance } from "@duckdb/node-api";
import { catalogEntries, catalogQuery } from "./catalog.ts";
import { type Compiled, compiled } from "./compiled.ts";
import { config, type DuckDBConfig } from "./config.ts";
import { explainFailure, mayPassAgain } from "./explain.ts";
import { interruptOn } from "./interrupt.ts";
import { openInstance } from "./open.ts";
import { checkName, RegisteredTables } from "./registered.ts";
import { readOnlyError, toColumns, toTable } from "./rows.ts";
import type {
  ExecuteResult,
  QueryOptions,
  Rows,
  SessionOptions,
  StreamOptions,
  TransactionOptions,
} from "./options.ts";
import type { DuckDBSession } from "./session.ts";

/** A DuckDB database, in this process: queries as tables, cached, and SQL over files and other connections' tables. */
export class DuckDBConnection extends BaseConnection<DuckDBInstance, DuckDBConfig> {
  static readonly type = "duckdb";
  static readonly config: ConnectionClass<DuckDBConnection, DuckDBConfig>["config"] = config;
  static readonly members: Readonly<Record<string, string>> = {
    query: "Reads, as a table; cached.",
    sql: "The same as a template: await conn.sql`select * from pets where owner = ${owner}`.",
    execute: "Writes, and commits.",
    stream: "Reads a large result in batches.",
    append: "Adds many rows to a table, quickly.",
    register: "Gives a table or rows a name, for SQL over them.",
    unregister: "Takes the name away again.",
    from: "A table or rows, for the FROM of a template.",
    session: "A transaction: await using session = await conn.session().",
    transaction: "Runs a function in a transaction, and again where two writers met.",
    browse: "Lists tables and their columns.",
  };

  /** Runs a template as a query: `` await conn.sql`select * from pets where owner = ${owner}` ``. */
  readonly sql: QueryTag = queryTag((fragment) => this.query(fragment));
  readonly #registered = new RegisteredTables();
  /** The tables behind names in fragments: alive as long as those are. */
  readonly #tables = new WeakMap<object, Table<object>>();
  #opening: string = randomUUID();

  /**
   * Reads rows as a table; equal calls are answered from the cache for `ttl`.
   *
   * Placeholders are `?` or `$1` with an array as `params`, `:name` or `$name` with an object; an array
   * as a value fills `IN (…)`, and is a list elsewhere.
   *
   * @throws CONN_READ_ONLY for what is no SELECT, CONN_PARAMS, CONN_QUERY, CONN_ROW_INVALID, CONN_TIMEOUT,
   * CONN_ABORTED, CONN_OPEN.
   */
  async query<Row extends object = Record<string, unknown>>(
    statement: string | Fragment,
    { params, maxRows, schema, ...reading }: QueryOptions<Row> = {},
  ): Promise<Table<Row>> {
    checkCount("maxRows", maxRows);
    const one = this.#compile("query", statement, params);
    const table = await this.cached<Table<Row>>(
      { method: "query", args: [one.text, one.values, maxRows, this.#identity()] },
      reading,
      (client, signal) =>
        this.#onHandle("query", { client, signal, one }, async (handle) => {
          const { runQuery } = await import("./calls.ts");
          const { readOnly: locked } = this.config;
          return runQuery(handle, one, { maxRows, signal, locked }) as Promise<Table<Row>>;
        }),
    );
    return schema ? checkRows(table, schema, this.name) : table;
  }

  /**
   * Runs a statement that writes, commits it, and drops this connection's cached results. Each call has a
   * handle of its own: temporary tables and `use` belong in a session.
   *
   * @throws CONN_READ_ONLY where the connection is, CONN_PARAMS, CONN_QUERY, CONN_UNSUPPORTED for BEGIN and COMMIT.
   */
  async execute<Row extends object = Record<string, unknown>>(
    statement: string | Fragment,
    params?: Params,
  ): Promise<ExecuteResult<Row>> {
    const one = this.#compile("execute", statement, params);
    return this.run("execute", (client, signal) =>
      this.#onHandle("execute", { client, signal, one }, async (handle) => {
        const { runExecute } = await import("./calls.ts");
        const { readOnly } = this.config;
        try {
          const result = runExecute(handle, one, { signal, reads: readOnly, locked: readOnly });
          return (await result) as ExecuteResult<Row>;
        } finally {
          this.dropCached();
        }
      }),
    );
  }

  /**
   * Reads a result in batches, each a table, no faster than they are taken. Leaving the loop ends it.
   *
   * @throws CONN_READ_ONLY, CONN_PARAMS, CONN_QUERY, CONN_ABORTED.
   */
  stream<Row extends object = Record<string, unknown>>(
    statement: string | Fragment,
    { params, batchSize = 10_000, signal }: StreamOptions = {},
  ): AsyncGenerator<Table<Row>, void, undefined> {
    checkCount("batchSize", batchSize);
    const one = this.#compile("stream", statement, params);
    return new Streamed((endWith) => this.#batches<Row>(one, batchSize, signal, endWith));
  }

  /**
   * Adds rows to a table of the database, columns matched by name: all of them, or none. Columns that the
   * rows do not have get their defaults. Resolves to the number of rows.
   *
   * @param table Its name; of one in another schema, `schema.name`.
   * @throws CONN_QUERY where a column or a value does not fit, CONN_READ_ONLY.
   */
  async append(table: string, rows: Rows): Promise<number> {
    checkName(table);
    const source = toTable(rows);
    if (this.config.readOnly) throw this.#explain(readOnlyError("append"), "append");
    return this.run("append", (client, signal) =>
      this.#onHandle("append", { client, signal }, async (handle) => {
        const { runAppend } = await import("./calls.ts");
        try {
          return await runAppend(handle, table, source, signal);
        } finally {
          this.dropCached();
        }
      }),
    );
  }

  /**
   * Gives a table, of whatever connection, or rows a name in this connection's SQL, or replaces what has it.
   * DuckDB copies them into memory, once; nothing is written to the database.
   *
   * @throws CONN_ARGUMENT where the database has a table of that name.
   */
  async register(name: string, rows: Rows): Promise<void> {
    checkName(name);
    const table = toColumns(rows);
    await this.run("register", (client, signal) =>
      this.#onHandle("register", { client, signal }, async (handle) => {
        const known = await handle.runAndReadAll(
          "select 1 from information_schema.tables where table_catalog = current_database() and table_schema = current_schema() and lower(table_name) = lower($1)",
          [name],
        );
        if (known.currentRowCount > 0)
          throw new ConnError("CONN_ARGUMENT", `The database has a table ${name} already.`, {
            hint: "Register it under another name.",
          });
        await this.#registered.set(name, table, () =>
          this.#registered.show(handle, client, { signal }),
        );
      }),
    );
  }

  /** Forgets a registered table; whether there was one. */
  unregister(name: string): boolean {
    return this.#registered.delete(name);
  }

  /**
   * A table, of whatever connection, or rows, for the FROM of a template. DuckDB copies a table once, and
   * drops its copy when the table is garbage.
   *
   * `` conn.sql`select * from ${conn.from(owners)} join ${conn.from(pets)} using (owner)` ``
   */
  from(rows: Rows): Fragment {
    const table = toColumns(rows);
    const fragment = sql.identifier(this.#registered.nameOf(table));
    for (const part of fragment.parts) if (typeof part === "object") this.#tables.set(part, table);
    return fragment;
  }

  /**
   * Begins a transaction: `await using session = await conn.session()`. What is not committed when the
   * block is left is rolled back. Readers and writers do not wait for each other; the second writer of a row fails.
   */
  async session(options: SessionOptions = {}): Promise<DuckDBSession> {
    return this.#session(options, callerOf(new Error("opened")));
  }

  /**
   * Runs a function in a transaction and commits what it did; rolled back when it throws, and run again
   * where another transaction wrote the same rows, so let it do nothing that cannot be done twice.
   *
   * @throws what the function throws.
   */
  async transaction<T>(
    task: (session: DuckDBSession) => T | Promise<T>,
    { attempts = 3, ...options }: TransactionOptions = {},
  ): Promise<T> {
    checkCount("attempts", attempts);
    const place = callerOf(new Error("opened"));
    for (let attempt = 1; ; attempt++) {
      await using session = await this.#session(options, place);
      try {
        const result = await task(session);
        await session.commit();
        return result;
      } catch (error) {
        if (attempt >= attempts || !mayPassAgain(error)) throw error;
      }
    }
  }

  /** Tables and views with their columns; with a table's name, its columns. */
  async browse(path: readonly string[] = []): Promise<readonly CatalogEntry[]> {
    return catalogEntries(await this.query(catalogQuery, { ttl: 0 }), path);
  }

  protected open(settings: DuckDBConfig, { name }: OpenContext): Promise<DuckDBInstance> {
    return openInstance(settings, name);
  }

  protected override async release(client: DuckDBInstance): Promise<void> {
    this.#opening = randomUUID();
    await this.#registered.leave(client);
    client.closeSync();
  }

  protected override async ping(client: DuckDBInstance): Promise<void> {
    const handle = await client.connect();
    try {
      await handle.run("select 1");
    } finally {
      handle.closeSync();
    }
  }

  protected override explain(error: unknown, operation: string): ConnError | undefined {
    const explained = explainFailure(error, { connection: this.name, operation });
    return explained instanceof ConnError ? explained : undefined;
  }

  /** At the call itself: what the caller does to `params` afterwards changes neither the key nor what is sent. */
  #compile(operation: string, statement: string | Fragment, params: Params | undefined): Compiled {
    try {
      return compiled(statement, params);
    } catch (error) {
      throw this.#explain(error, operation);
    }
  }

  async #onHandle<T>(
    operation: string,
    call: Call,
    task: (handle: Handle) => Promise<T>,
  ): Promise<T> {
    const { client, signal, one } = call;
    const handle = await client.connect();
    try {
      const settle = interruptOn(signal, () => handle.interrupt());
      try {
        await this.#registered.show(handle, client, { signal, statement: one?.text });
        return await task(handle);
      } finally {
        settle();
      }
    } catch (error) {
      throw this.#explain(error, operation, one?.source.text, signal);
    } finally {
      handle.closeSync();
    }
  }

  async *#batches<Row extends object>(
    one: Compiled,
    batchSize: number,
    signal: AbortSignal | undefined,
    endWith: EndWith,
  ): AsyncGenerator<Table<Row>, void, undefined> {
    using lease = await this.lease("stream", { signal });
    const either = signal ? AbortSignal.any([signal, lease.signal]) : lease.signal;
    const explained = (error: unknown): Error =>
      wrapError(this.#explain(error, "stream", one.source.text, either), this.name, "stream");
    using _ending = endWith(either, () => explained(either.reason));
    const { runStream } = await import("./calls.ts");
    // Another statement on the same handle would cut an open stream short without a word.
    const handle = await lease.client.connect();
    try {
      const settle = interruptOn(either, () => handle.interrupt());
      try {
        await this.#registered.show(handle, lease.client, {
          signal: either,
          statement: one.text,
        });
        const { readOnly: locked } = this.config;
        const batches = runStream(handle, one, { batchSize, signal: either, locked });
        yield* batches as AsyncGenerator<Table<Row>>;
      } finally {
        settle();
      }
    } catch (error) {
      throw explained(error);
    } finally {
      handle.closeSync();
    }
  }

  async #session(
    { readOnly = false, signal }: SessionOptions,
    place: string,
  ): Promise<DuckDBSession> {
    const lease = await this.lease("session", { signal });
    const either = signal ? AbortSignal.any([signal, lease.signal]) : lease.signal;
    const explain = (error: unknown, operation: string, statement?: string): unknown =>
      wrapError(this.#explain(error, operation, statement, either), this.name, operation);
    let handle: Handle | undefined;
    try {
      const { DuckDBSession } = await import("./session.ts");
      const { client } = lease;
      const opened = (handle = await client.connect());
      return new DuckDBSession({
        connection: this.name,
        handle: opened,
        show: (statement) => this.#registered.show(opened, client, { signal: either, statement }),
        lease,
        signal: either,
        readOnly: readOnly || this.config.readOnly,
        explain,
        afterWrite: () => this.dropCached(),
        place,
      });
    } catch (error) {
      handle?.closeSync();
      lease.release();
      throw explain(error, "session");
    }
  }

  #explain(error: unknown, operation: string, statement?: string, signal?: AbortSignal): unknown {
    return explainFailure(error, { connection: this.name, operation, statement, signal });
  }

  /** A database in memory ends with its connection, and shares results with no other. */
  #identity(): string {
    const opening = this.config.database === ":memory:" ? this.#opening : "";
    return `${opening}${this.#registered.identity}`;
  }
}

interface Call {
  readonly client: DuckDBInstance;
  readonly signal: AbortSignal;
  readonly one?: Compiled;
}
