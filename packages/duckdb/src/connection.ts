import { randomUUID } from "node:crypto";
import {
  BaseConnection,
  type CatalogEntry,
  ConnError,
  type ConnectionClass,
  type OpenContext,
  type Params,
  type ReadOptions,
  type Table,
  TableBuilder,
} from "@conn/core";
import type { DuckDBConnection as Handle, DuckDBInstance } from "@duckdb/node-api";
import { config, type DuckDBConfig } from "./config.ts";

export interface QueryOptions extends ReadOptions<Table> {
  /** An array for `?` and `$1`, an object for `$name`. */
  readonly params?: Params;
  /** Rows after which reading stops; `meta.truncated` then says that there were more. Default: no bound. */
  readonly maxRows?: number;
}

export interface StreamOptions {
  readonly params?: Params;
  /** Rows of each table, at least. Default: 10,000. */
  readonly batchSize?: number;
  readonly signal?: AbortSignal;
}

/** A DuckDB database, in this process: queries as tables, cached, and SQL over files. */
export class DuckDBConnection extends BaseConnection<DuckDBInstance, DuckDBConfig> {
  static readonly type = "duckdb";
  static readonly config: ConnectionClass<DuckDBConnection, DuckDBConfig>["config"] = config;
  static readonly members: Readonly<Record<string, string>> = {
    query: "Reads, as a table; cached.",
    execute: "Writes, and commits.",
    stream: "Reads a large result in batches.",
    browse: "Lists tables and their columns.",
  };
  #opening: string = randomUUID();

  /**
   * Reads rows as a table; equal calls are answered from the cache for `ttl`.
   *
   * @throws CONN_READ_ONLY for what is not one SELECT, CONN_PARAMS, CONN_QUERY, CONN_TIMEOUT, CONN_ABORTED.
   */
  query(statement: string, { params, maxRows, ...reading }: QueryOptions = {}): Promise<Table> {
    return this.cached(
      { method: "query", args: [statement, params, maxRows, this.#identity()] },
      reading,
      (client, signal) =>
        this.#with(client, signal, "query", statement, async (handle) => {
          const [{ prepare }, { readTable }] = await modules();
          const prepared = await prepare(handle, statement, params, true);
          return readTable(await prepared.stream(), { maxRows, signal });
        }),
    );
  }

  /**
   * Runs a statement that writes, commits it, and drops this connection's cached results.
   *
   * @throws CONN_READ_ONLY where the connection is, CONN_PARAMS, CONN_QUERY.
   */
  execute(
    statement: string,
    params?: Params,
  ): Promise<{ readonly rowCount: number; readonly rows: Table }> {
    return this.run("execute", (client, signal) =>
      this.#with(client, signal, "execute", statement, async (handle) => {
        const [{ prepare }, { readTable }] = await modules();
        const prepared = await prepare(handle, statement, params, this.config.readOnly);
        try {
          const result = await prepared.run();
          const { rowsChanged } = result;
          const rows = await readTable(result, { signal });
          return { rowCount: rowsChanged || rows.length, rows };
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
  async *stream(
    statement: string,
    { params, batchSize = 10_000, signal }: StreamOptions = {},
  ): AsyncGenerator<Table, void, undefined> {
    using lease = await this.lease("stream", { signal });
    const either = signal ? AbortSignal.any([signal, lease.signal]) : lease.signal;
    const [{ prepare }, { ChunkReader, columnsOf, interruptOn }] = await modules();
    // Another statement on the same handle would cut an open stream short without a word.
    const handle = await lease.client.connect();
    const settle = interruptOn(either, () => handle.interrupt());
    try {
      const result = await (await prepare(handle, statement, params, true)).stream();
      const specs = columnsOf(result);
      const reader = new ChunkReader(result);
      let builder = new TableBuilder(specs);
      for (;;) {
        const chunk = await result.fetchChunk();
        either.throwIfAborted();
        if (!chunk || chunk.rowCount === 0) break;
        builder.appendColumns(reader.read(chunk), chunk.rowCount);
        if (builder.length < batchSize) continue;
        yield builder.finish();
        builder = new TableBuilder(specs);
      }
      if (builder.length > 0) yield builder.finish();
    } catch (error) {
      throw this.#explained(error, "stream", statement, either);
    } finally {
      settle();
      handle.closeSync();
    }
  }

  /** Tables and views with their columns; with a table's name, its columns. */
  async browse([table]: readonly string[] = []): Promise<readonly CatalogEntry[]> {
    const rows = (
      await this.query(
        `select c.table_name, c.column_name, c.data_type, c.is_nullable, coalesce(v.view_name, '') <> '' as is_view
         from duckdb_columns() c left join duckdb_views() v on v.view_oid = c.table_oid and v.database_name = c.database_name
         where not c.internal and c.database_name = current_database() order by 1, c.column_index`,
        { ttl: 0 },
      )
    ).rows();
    const entries = new Map<
      string,
      CatalogEntry & { columns: { name: string; type: string; nullable: boolean }[] }
    >();
    for (const row of rows) {
      const name = String(row["table_name"]);
      const kind = row["is_view"] === true ? "view" : "table";
      const entry = entries.get(name) ?? { name, kind, path: [name], columns: [] };
      entries.set(name, entry);
      entry.columns.push({
        name: String(row["column_name"]),
        type: String(row["data_type"]),
        nullable: row["is_nullable"] === true,
      });
    }
    if (table === undefined) return [...entries.values()];
    return (entries.get(table)?.columns ?? []).map(({ name }) => ({
      name,
      kind: "column",
      path: [table, name],
    }));
  }

  protected async open(settings: DuckDBConfig, _context: OpenContext): Promise<DuckDBInstance> {
    const { DuckDBInstance } = await import("@duckdb/node-api");
    const { database, token, readOnly } = settings;
    const memory = database === ":memory:";
    const options = {
      ...settings.settings,
      ...(token !== undefined && { motherduck_token: token }),
      ...(readOnly && {
        ...(!memory && { access_mode: "READ_ONLY" }),
        enable_external_access: "false",
        lock_configuration: "true",
      }),
    };
    // One process may open a file once: connections with equal settings share it.
    return memory
      ? DuckDBInstance.create(database, options)
      : DuckDBInstance.fromCache(database, options);
  }

  protected override async release(client: DuckDBInstance): Promise<void> {
    this.#opening = randomUUID();
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

  async #with<T>(
    client: DuckDBInstance,
    signal: AbortSignal,
    operation: string,
    statement: string,
    task: (handle: Handle) => Promise<T>,
  ): Promise<T> {
    const [, { interruptOn }] = await modules();
    const handle = await client.connect();
    try {
      const settle = interruptOn(signal, () => handle.interrupt());
      try {
        return await task(handle);
      } finally {
        settle();
      }
    } catch (error) {
      throw this.#explained(error, operation, statement, signal);
    } finally {
      handle.closeSync();
    }
  }

  /** A failure in conn's words: connection, operation and the statement's first line, never its values. */
  #explained(error: unknown, operation: string, statement: string, signal: AbortSignal): unknown {
    const { name: connection } = this;
    const known = signal.aborted && signal.reason instanceof ConnError ? signal.reason : error;
    if (known instanceof ConnError)
      return Object.assign(known, {
        connection: known.connection ?? connection,
        operation: known.operation ?? operation,
      });
    if (signal.aborted)
      return new ConnError("CONN_ABORTED", `${connection}.${operation} was aborted.`, {
        connection,
        operation,
        cause: signal.reason,
      });
    if (!(error instanceof Error)) return error;
    const [first = "", second = ""] = error.message.split("\n");
    const refused = /^Permission Error|read-only mode/.test(first);
    return new ConnError(
      refused ? "CONN_READ_ONLY" : "CONN_QUERY",
      `${connection}.${operation} failed: ${first}\n  in: ${statement.trim().split("\n")[0]!.slice(0, 120)}`,
      {
        connection,
        operation,
        cause: error,
        ...(second.startsWith("Did you mean") && { hint: second }),
      },
    );
  }

  /** A database in memory ends with its connection, and shares results with no other. */
  #identity(): string {
    return this.config.database === ":memory:" ? this.#opening : "";
  }
}

/** DuckDB takes long to load, so what needs it is imported on first use. */
function modules(): Promise<[typeof import("./statement.ts"), typeof import("./read.ts")]> {
  return Promise.all([import("./statement.ts"), import("./read.ts")]);
}
