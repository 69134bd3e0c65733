import { randomUUID } from "node:crypto";
import {
  BaseConnection,
  type CatalogEntry,
  type CheckSteps,
  ConnError,
  type ConnectionClass,
  type OpenContext,
  type Table,
} from "@conn/core";
import {
  callerOf,
  compile,
  type Fragment,
  type Params,
  type QueryTag,
  queryTag,
  type Statement,
} from "@conn/core/sql";
import { checkCount, checkRows, type EndWith, Streamed, wrapError } from "@conn/core/toolkit";
import type { DataSource, EntityManager, EntityTarget, ObjectLiteral, Repository } from "typeorm";
import { abortedError, abortedSession } from "./aborted.ts";
import { config, type SQLConfig } from "./config.ts";
import { type Dialect, dialectOf } from "./dialects.ts";
import type { Engine, ExecuteResult, PoolNumbers } from "./engine.ts";
import { explainFailure } from "./explain.ts";
import { checkIsolation } from "./isolation.ts";
import type { QueryOptions, SessionOptions, StreamOptions, TransactionOptions } from "./options.ts";
import { SQLSession } from "./session.ts";
import { TransactionScope } from "./transaction-scope.ts";

const streamAborted = "The stream was aborted before its end.";

/** The engine of each DataSource: while one drains after a reset, the next is open beside it. */
const engines = new WeakMap<DataSource, Engine>();

/** A SQL database: queries as tables, cached; sessions; and TypeORM's DataSource for everything else. */
export class SQLConnection extends BaseConnection<DataSource, SQLConfig> {
  static readonly type = "sql";
  static readonly config: ConnectionClass<SQLConnection, SQLConfig>["config"] = config;
  static readonly members: Readonly<Record<string, string>> = {
    query: "Reads, as a table; cached.",
    sql: "The same as a template: await conn.sql`select * from pets where owner = ${owner}`.",
    execute: "Writes, and commits.",
    stream: "Reads a large result in batches.",
    session: "A transaction: await using session = await conn.session().",
    transaction: "Runs a function in a transaction, and again where the engine asks for it.",
    browse: "Lists tables and their columns.",
    pool: "How many connections are open, busy and waited for.",
    manager: "TypeORM's entity manager.",
    repository: "TypeORM's repository of an entity.",
    dataSource: "TypeORM's DataSource.",
  };

  /** Runs a template as a query: `` await conn.sql`select * from pets where owner = ${owner}` ``. */
  readonly sql: QueryTag = queryTag((fragment) => this.query(fragment));
  #opening: string = randomUUID();
  #engine: Engine | undefined;

  /**
   * Reads rows as a table; equal calls are answered from the cache for `ttl`.
   *
   * Placeholders are `?` with an array as `params`, or `:name` with an object; an array as a value
   * fills `IN (…)`.
   *
   * @throws CONN_READ_ONLY for a statement that writes, CONN_PARAMS, CONN_QUERY, CONN_ROW_INVALID,
   * CONN_TIMEOUT, CONN_ABORTED, CONN_OPEN.
   */
  async query<Row extends object = Record<string, unknown>>(
    statement: string | Fragment,
    options: QueryOptions<Row> = {},
  ): Promise<Table<Row>> {
    const { params, maxRows, schema } = options;
    const patient = options.signal !== undefined || options.timeout !== undefined;
    checkCount("maxRows", maxRows);
    const compiled = this.#compile("query", statement, params);
    const table = await this.cached<Table<Row>>(
      { method: "query", args: [compiled.text, compiled.values, maxRows, this.#identity()] },
      options,
      (client, signal) =>
        this.#engaged(
          "query",
          client,
          compiled,
          (engine) => engine.query(compiled, { maxRows, signal, patient }) as Promise<Table<Row>>,
        ),
    );
    return schema ? checkRows(table, schema, this.name) : table;
  }

  /**
   * Runs a statement that writes, commits it, and drops this connection's cached results.
   *
   * @throws CONN_PARAMS, CONN_QUERY, CONN_READ_ONLY where the database is, CONN_POOL_TIMEOUT.
   */
  async execute<Row extends object = Record<string, unknown>>(
    statement: string | Fragment,
    params?: Params,
  ): Promise<ExecuteResult<Row>> {
    const compiled = this.#compile("execute", statement, params);
    return this.run("execute", (client, signal) =>
      this.#engaged(
        "execute",
        client,
        compiled,
        (engine) => engine.execute(compiled, signal) as Promise<ExecuteResult<Row>>,
      ),
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
    const compiled = this.#compile("stream", statement, params);
    return new Streamed((endWith) => this.#batches<Row>(compiled, batchSize, signal, endWith));
  }

  /**
   * Begins a transaction: `await using session = await conn.session()`. What is not committed when the
   * block is left is rolled back. On SQLite sessions that write take turns.
   *
   * @throws CONN_POOL_TIMEOUT where others hold the database longer than `lockTimeout`, naming them;
   * CONN_ARGUMENT for an `isolation` that is none.
   */
  async session(options: SessionOptions = {}): Promise<SQLSession> {
    return this.#session(options, callerOf(new Error("opened")));
  }

  /**
   * Runs a function in a transaction and commits what it did; rolled back when it throws, and run
   * again where the engine asks for that, so let it do nothing that cannot be done twice.
   *
   * @throws what the function throws, CONN_POOL_TIMEOUT.
   */
  async transaction<T>(
    task: (session: SQLSession) => T | Promise<T>,
    { attempts = 3, ...options }: TransactionOptions = {},
  ): Promise<T> {
    checkCount("attempts", attempts);
    const place = callerOf(new Error("opened"));
    const deadline = performance.now() + this.config.lockTimeout * 1000;
    for (let attempt = 1; ; attempt++) {
      const scope = new TransactionScope();
      await using session = await this.#session(options, place, scope);
      try {
        const result = await scope.run(() => task(session));
        await session.commit();
        return result;
      } catch (error) {
        const again = attempt < attempts && performance.now() < deadline;
        if (!again || !this.#dialect.errors.mayPassAgain(error)) throw error;
      }
    }
  }

  /** Tables and views with their columns; with a table's name, its columns. */
  browse(path: readonly string[] = []): Promise<readonly CatalogEntry[]> {
    return this.run("browse", async (client) => engines.get(client)!.browse(path), {
      repeat: true,
    });
  }

  /** How the pool of connections is doing; undefined before the first use, and for an embedded database. */
  get pool(): PoolNumbers | undefined {
    return this.#engine?.pool;
  }

  /** TypeORM's DataSource, initialized. The same as `client()`. */
  dataSource(): Promise<DataSource> {
    return this.client();
  }

  /** TypeORM's entity manager. Each of its calls takes its turn with all others. */
  async manager(): Promise<EntityManager> {
    return (await this.client()).manager;
  }

  /** TypeORM's repository of an entity that `entities` in the settings names. */
  async repository<Entity extends ObjectLiteral>(
    entity: EntityTarget<Entity>,
  ): Promise<Repository<Entity>> {
    return (await this.client()).getRepository(entity);
  }

  protected async open(settings: SQLConfig, { name, signal }: OpenContext): Promise<DataSource> {
    const dialect = dialectOf(settings.dialect)!;
    const engine = await dialect.open(settings, {
      name,
      signal,
      afterWrite: () => this.dropCached(),
    });
    engines.set(engine.dataSource, engine);
    this.#engine = engine;
    return engine.dataSource;
  }

  protected override release(client: DataSource): Promise<void> {
    this.#opening = randomUUID();
    const engine = engines.get(client)!;
    if (this.#engine === engine) this.#engine = undefined;
    return engine.close();
  }

  protected override async steps(): Promise<CheckSteps> {
    const steps = await super.steps();
    const way = await this.#dialect.way?.(this.config, this.name);
    if (!way) return steps;
    const { open, ...others } = steps;
    return { ...way, login: open!, ...others };
  }

  protected override ping(client: DataSource): Promise<void> {
    return engines.get(client)!.ping();
  }

  protected override isConnectionLost(error: unknown): boolean {
    return this.#dialect.errors.lost(error);
  }

  protected override isTransient(error: unknown): boolean | undefined {
    const { errors } = this.#dialect;
    return errors.silent?.(error) ? false : errors.transient(error) || undefined;
  }

  protected override explain(error: unknown, operation: string): ConnError | undefined {
    const explained = this.#explain(error, operation);
    return explained instanceof ConnError ? explained : undefined;
  }

  /** At the call itself: what the caller does to `params` afterwards changes neither the key nor what is sent. */
  #compile(operation: string, statement: string | Fragment, params: Params | undefined): Statement {
    try {
      return compile(statement, params, this.#dialect.facts);
    } catch (error) {
      throw this.#explain(error, operation);
    }
  }

  #engaged<T>(
    operation: string,
    client: DataSource,
    { source }: Statement,
    task: (engine: Engine) => Promise<T>,
  ): Promise<T> {
    const engine = engines.get(client)!;
    return task(engine).catch((error: unknown) => {
      throw this.#explain(error, operation, source.text, engine);
    });
  }

  async *#batches<Row extends object>(
    compiled: Statement,
    batchSize: number,
    signal: AbortSignal | undefined,
    endWith: EndWith,
  ): AsyncGenerator<Table<Row>, void, undefined> {
    using lease = await this.lease("stream", { signal });
    const either = signal ? AbortSignal.any([signal, lease.signal]) : lease.signal;
    const engine = engines.get(lease.client)!;
    const explained = (error: unknown): Error =>
      wrapError(this.#explain(error, "stream", compiled.source.text, engine), this.name, "stream");
    using _ending = endWith(either, () => explained(abortedError(either, streamAborted)));
    try {
      yield* engine.stream(compiled, { batchSize, signal: either }) as AsyncGenerator<Table<Row>>;
    } catch (error) {
      throw explained(error);
    }
  }

  async #session(
    { readOnly = false, isolation, signal }: SessionOptions,
    place: string,
    scope?: TransactionScope,
  ): Promise<SQLSession> {
    checkIsolation(isolation);
    const lease = await this.lease("session", { signal });
    const engine = engines.get(lease.client)!;
    const explain = (error: unknown, operation: string, statement?: string): unknown =>
      wrapError(this.#explain(error, operation, statement, engine), this.name, operation);
    const either = signal ? AbortSignal.any([signal, lease.signal]) : lease.signal;
    try {
      const holder = `a session opened ${place}`;
      const inner = await engine.session({ readOnly, isolation, signal: either, holder, scope });
      if (either.aborted) {
        await inner.end();
        throw abortedSession(either);
      }
      return new SQLSession({
        connection: this.name,
        facts: engine.facts,
        engine: inner,
        lease,
        signal: either,
        explain,
        place,
        warnAfter: this.config.sessionWarning,
      });
    } catch (error) {
      lease.release();
      throw explain(error, "session");
    }
  }

  /** A database that ends with its connection shares results with no other, however alike their settings. */
  #identity(): string {
    const { identity = () => "" } = this.#dialect;
    return identity(this.config) ?? this.#opening;
  }

  get #dialect(): Dialect {
    return dialectOf(this.config.dialect)!;
  }

  #explain(error: unknown, operation: string, statement?: string, engine?: Engine): unknown {
    const call = { connection: this.name, operation, statement };
    return explainFailure(error, call, this.#dialect.errors, engine);
  }
}
