import { AsyncLocalStorage } from "node:async_hooks";
import { randomUUID } from "node:crypto";
import {
  BaseConnection,
  type CatalogEntry,
  ConnError,
  type ConnectionClass,
  type OpenContext,
  type Table,
} from "@conn/core";
import type { DataSource, EntityManager, EntityTarget, ObjectLiteral, Repository } from "typeorm";
import { config, type SQLConfig } from "./config.ts";
import { dialectOf } from "./dialects.ts";
import type { Engine, ExecuteResult } from "./engine.ts";
import { explainFailure } from "./explain.ts";
import { type Fragment, isFragment } from "./fragment.ts";
import type { QueryOptions, SessionOptions, StreamOptions, TransactionOptions } from "./options.ts";
import { compile, type Params, type Statement } from "./params.ts";
import { checkRows } from "./rows-schema.ts";
import { SQLSession } from "./session.ts";
import { isBusy } from "./sqlite/errors.ts";
import { type QueryTag, queryTag } from "./tag.ts";

/** The engine of each DataSource: while one drains after a reset, the next is open beside it. */
const engines = new WeakMap<DataSource, Engine>();

/** The connections whose `transaction` the running code is inside of. */
const within = new AsyncLocalStorage<ReadonlySet<object>>();

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
    manager: "TypeORM's entity manager.",
    repository: "TypeORM's repository of an entity.",
    dataSource: "TypeORM's DataSource.",
  };

  /** Runs a template as a query: `` await conn.sql`select * from pets where owner = ${owner}` ``. */
  readonly sql: QueryTag = queryTag((fragment) => this.query(fragment));
  #opening: string = randomUUID();

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
    const { params, maxRows, schema, ...reading } = options;
    const patient = options.signal !== undefined || options.timeout !== undefined;
    checkCount("maxRows", maxRows);
    this.#checkKey(statement, params);
    const table = await this.cached<Table<Row>>(
      {
        method: "query",
        args: [
          isFragment(statement) ? statement.parts : statement,
          params,
          maxRows,
          this.#identity(),
        ],
      },
      reading,
      (client, signal) =>
        this.#engaged(
          "query",
          client,
          statement,
          params,
          (engine, compiled) =>
            engine.query(compiled, { maxRows, signal, patient }) as Promise<Table<Row>>,
        ),
    );
    return schema ? checkRows(table, schema, this.name) : table;
  }

  /**
   * Runs a statement that writes, commits it, and drops this connection's cached results.
   *
   * @throws CONN_PARAMS, CONN_QUERY, CONN_READ_ONLY where the database is, CONN_POOL_TIMEOUT.
   */
  execute<Row extends object = Record<string, unknown>>(
    statement: string | Fragment,
    params?: Params,
  ): Promise<ExecuteResult<Row>> {
    return this.run("execute", async (client, signal) => {
      this.#refuseWithin("execute");
      return this.#engaged(
        "execute",
        client,
        statement,
        params,
        (engine, compiled) => engine.execute(compiled, signal) as Promise<ExecuteResult<Row>>,
      );
    });
  }

  /**
   * Reads a result in batches, each a table, no faster than they are taken. Leaving the loop ends it.
   *
   * @throws CONN_READ_ONLY, CONN_PARAMS, CONN_QUERY, CONN_ABORTED.
   */
  async *stream<Row extends object = Record<string, unknown>>(
    statement: string | Fragment,
    { params, batchSize = 10_000, signal }: StreamOptions = {},
  ): AsyncGenerator<Table<Row>, void, undefined> {
    checkCount("batchSize", batchSize);
    using lease = await this.lease("stream", { signal });
    const engine = engines.get(lease.client)!;
    const either = signal ? AbortSignal.any([signal, lease.signal]) : lease.signal;
    let source: string | undefined;
    try {
      const compiled = compile(statement, params, engine.facts);
      source = compiled.source.text;
      yield* engine.stream(compiled, { batchSize, signal: either }) as AsyncGenerator<
        Table<Row>,
        void,
        undefined
      >;
    } catch (error) {
      throw explainFailure(
        error,
        { connection: this.name, operation: "stream", statement: source },
        engine,
      );
    }
  }

  /**
   * Begins a transaction: `await using session = await conn.session()`. What is not committed when the
   * block is left is rolled back. On SQLite sessions that write take turns.
   *
   * @throws CONN_POOL_TIMEOUT where others hold the database longer than `lockTimeout`, naming them.
   */
  async session({ readOnly = false, signal }: SessionOptions = {}): Promise<SQLSession> {
    const place = callerOf(new Error("opened"));
    this.#refuseWithin("session");
    const lease = await this.lease("session", { signal });
    const engine = engines.get(lease.client)!;
    const explain = (error: unknown, operation: string, statement?: string): unknown =>
      explainFailure(error, { connection: this.name, operation, statement }, engine);
    try {
      const either = signal ? AbortSignal.any([signal, lease.signal]) : lease.signal;
      const inner = await engine.session({
        readOnly,
        signal: either,
        holder: `a session opened ${place}`,
      });
      return new SQLSession({
        connection: this.name,
        facts: engine.facts,
        engine: inner,
        lease,
        signal: either,
        explain,
        place,
      });
    } catch (error) {
      lease.release();
      throw explain(error, "session");
    }
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
    for (let attempt = 1; ; attempt++) {
      await using session = await this.session(options);
      try {
        const result = await within.run(new Set([...(within.getStore() ?? []), this]), () =>
          task(session),
        );
        await session.commit();
        return result;
      } catch (error) {
        if (attempt >= attempts || !isBusy(error)) throw error;
      }
    }
  }

  /** Tables and views with their columns; with a table's name, its columns. */
  browse(path: readonly string[] = []): Promise<readonly CatalogEntry[]> {
    return this.run("browse", async (client) => engines.get(client)!.browse(path), {
      repeat: true,
    });
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
    if (!dialect.open) {
      throw new ConnError(
        "CONN_UNSUPPORTED",
        `${name} is a ${dialect.facts.title} database, and this release of @conn/sql opens SQLite alone.`,
        {
          connection: name,
          operation: "open",
          hint: `${dialect.facts.title} arrives with a later release: npm view @conn/sql versions`,
        },
      );
    }
    const engine = await dialect.open(settings, {
      name,
      signal,
      afterWrite: () => this.dropCached(),
    });
    engines.set(engine.dataSource, engine);
    return engine.dataSource;
  }

  protected override release(client: DataSource): Promise<void> {
    this.#opening = randomUUID();
    return engines.get(client)!.close();
  }

  protected override ping(client: DataSource): Promise<void> {
    return engines.get(client)!.ping();
  }

  protected override isConnectionLost(error: unknown): boolean {
    return (
      error instanceof Error &&
      lost.test(error.cause instanceof Error ? error.cause.message : error.message)
    );
  }

  protected override explain(error: unknown, operation: string): ConnError | undefined {
    const explained = explainFailure(error, { connection: this.name, operation }, undefined);
    return explained instanceof ConnError ? explained : undefined;
  }

  async #engaged<T>(
    operation: string,
    client: DataSource,
    statement: string | Fragment,
    params: Params | undefined,
    task: (engine: Engine, compiled: Statement) => Promise<T>,
  ): Promise<T> {
    const engine = engines.get(client)!;
    let source: string | undefined;
    try {
      const compiled = compile(statement, params, engine.facts);
      source = compiled.source.text;
      return await task(engine, compiled);
    } catch (error) {
      throw explainFailure(error, { connection: this.name, operation, statement: source }, engine);
    }
  }

  /** A database that ends with its connection shares results with no other, however alike their settings. */
  #identity(): string {
    const { identity = () => "" } = dialectOf(this.config.dialect)!;
    return identity(this.config) ?? this.#opening;
  }

  /** What cannot be part of a cache's key cannot be a value either: the compiler says so in better words. */
  #checkKey(statement: string | Fragment, params: Params | undefined): void {
    const values = isFragment(statement)
      ? statement.parts.map((part) =>
          typeof part === "object" && part.kind === "value" ? part.value : null,
        )
      : typeof params === "object" && params !== null
        ? Object.values(params)
        : [params];
    if (!values.some(isOdd)) return;
    const dialect = dialectOf(this.config.dialect)!;
    try {
      compile(statement, params, dialect.facts);
    } catch (error) {
      throw explainFailure(error, { connection: this.name, operation: "query" }, undefined);
    }
  }

  /** Waiting for the turn of the transaction that one is inside of would take for ever. */
  #refuseWithin(operation: string): void {
    if (!within.getStore()?.has(this)) return;
    throw new ConnError(
      "CONN_ARGUMENT",
      `${this.name}.${operation} was called inside ${this.name}.transaction, which it would wait for.`,
      {
        connection: this.name,
        operation,
        hint: "Use the session that the function is given: session.execute, session.query.",
      },
    );
  }
}

/** A handle that was closed under us, or a file that fails or was put aside. */
const lost = /database (connection )?is not open|disk I\/O error|file has been moved/i;

function isOdd(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(isOdd);
  if (typeof value !== "object" || value === null)
    return typeof value === "function" || typeof value === "symbol";
  return !(value instanceof Date || value instanceof Uint8Array);
}

function checkCount(option: string, value: number | undefined): void {
  if (value === undefined || (Number.isInteger(value) && value >= 1)) return;
  throw new ConnError("CONN_ARGUMENT", `\`${option}\` is not a whole number from 1 on.`, {
    hint: `Leave it out, or give for example ${option}: 1000.`,
  });
}

/** `at work (/app/pets.js:3:5)`: the first line of the stack outside of this file. */
function callerOf({ stack = "" }: Error): string {
  return stack.split("\n")[2]?.trim() ?? "at an unknown place";
}
