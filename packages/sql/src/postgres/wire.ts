import { ConnError, type Table } from "@conn/core";
import type {
  Client,
  ClientConfig,
  FieldDef,
  Pool,
  PoolClient,
  PoolConfig,
  QueryArrayResult,
} from "pg";
import { postgres } from "../dialect-facts.ts";
import type { ExecuteResult } from "../engine.ts";
import type { Statement } from "../params.ts";
import { tablesOf, type CatalogRow } from "../server/catalog.ts";
import { verbOf } from "../statement.ts";
import type { BeginOptions, CatalogTable, Wire, WireReadOptions } from "../server/wire.ts";
import { tableOfRows } from "../table-of-rows.ts";
import { bindValue } from "./bind.ts";
import { planField } from "./types.ts";

/** What is used of the module `pg`. */
export interface Pg {
  readonly Pool: new (config: object) => Pool;
  readonly Client: new (config: ClientConfig) => Client;
}

/** The parts of a client that pg's own types leave out. */
interface Inner {
  readonly processID: number | null;
  readonly connection: { readonly stream: { ref(): void; unref(): void; destroy(): void } };
}

/** Cells stay text: the columns read them, each type in its own loop. */
const asText = { getTypeParser: () => (cell: string) => cell };
const cursor = "conn_cursor";

/** PostgreSQL through pg, always over the extended protocol: a text is one statement, and no value is part of it. */
export class PostgresWire implements Wire<PoolClient> {
  readonly facts = postgres;
  readonly pool: Pool;
  readonly #pg: Pg;
  readonly #config: ClientConfig;
  readonly #clients = new Set<PoolClient>();

  constructor(pg: Pg, config: ClientConfig, pool: PoolConfig) {
    this.#pg = pg;
    this.#config = config;
    // A script that has nothing left to do ends, whatever is idle in the pool.
    this.pool = new pg.Pool({ ...config, ...pool, allowExitOnIdle: true });
    this.pool.on("error", () => {});
    this.pool.on("connect", (client) => {
      this.#clients.add(client);
      // A socket that breaks between two calls fails the next one; unheard it would end the process.
      client.on("error", () => {});
    });
    this.pool.on("remove", (client) => this.#clients.delete(client));
  }

  take(): Promise<PoolClient> {
    return this.pool.connect();
  }

  give(client: PoolClient, broken: boolean): void {
    client.release(broken);
  }

  counts(): { open: number; idle: number } {
    return { open: this.pool.totalCount, idle: this.pool.idleCount };
  }

  keepAwake(client: PoolClient, awake: boolean): void {
    innerOf(client).connection.stream[awake ? "ref" : "unref"]();
  }

  destroy(client: PoolClient): void {
    innerOf(client).connection.stream.destroy();
  }

  async cancel(client: PoolClient): Promise<void> {
    const { processID } = innerOf(client);
    const helper = new this.#pg.Client({ ...this.#config, connectionTimeoutMillis: 2000 });
    helper.on("error", () => {});
    try {
      await helper.connect();
      await helper.query("select pg_cancel_backend($1)", [processID]);
    } finally {
      await helper.end().catch(() => {});
    }
  }

  async clean(client: PoolClient): Promise<void> {
    await client.query("DISCARD ALL");
  }

  async query(
    client: PoolClient,
    statement: Statement,
    { maxRows, guarded = false, inTransaction = false }: WireReadOptions,
  ): Promise<Table> {
    const started = performance.now();
    if ((maxRows === undefined && !guarded) || !hasCursor(statement)) {
      const { fields, rows } = await this.#send(client, statement.text, statement.values);
      const left = maxRows === undefined ? rows : rows.slice(0, maxRows);
      return toTable(fields, left, started, left.length < rows.length);
    }
    return this.#within(client, !inTransaction, async () => {
      await this.#declare(client, statement);
      const count = maxRows === undefined ? "ALL" : maxRows + 1;
      const { fields, rows } = await this.#send(client, `FETCH ${count} FROM ${cursor}`);
      await this.#send(client, `CLOSE ${cursor}`);
      const truncated = maxRows !== undefined && rows.length > maxRows;
      return toTable(fields, truncated ? rows.slice(0, maxRows) : rows, started, truncated);
    });
  }

  async execute(client: PoolClient, statement: Statement): Promise<ExecuteResult> {
    const started = performance.now();
    const result = await this.#send(client, statement.text, statement.values);
    const rows = await toTable(result.fields ?? [], result.rows ?? [], started, false);
    return { rowCount: result.rowCount ?? 0, rows };
  }

  async *stream(
    client: PoolClient,
    statement: Statement,
    batchSize: number,
  ): AsyncGenerator<Table, void, undefined> {
    if (!hasCursor(statement)) {
      yield await this.query(client, statement, {});
      return;
    }
    await this.begin(client, { readOnly: true, isolation: undefined });
    try {
      // Planned for all of its rows, and not for the first few.
      await this.#send(client, "SET LOCAL cursor_tuple_fraction = 1");
      await this.#declare(client, statement);
      for (;;) {
        const started = performance.now();
        const { fields, rows } = await this.#send(client, `FETCH ${batchSize} FROM ${cursor}`);
        if (rows.length > 0) yield await toTable(fields, rows, started, false);
        if (rows.length < batchSize) return;
      }
    } finally {
      await this.rollback(client);
    }
  }

  async begin(client: PoolClient, { readOnly, isolation }: BeginOptions): Promise<void> {
    const level = isolation === undefined ? "" : ` ISOLATION LEVEL ${isolation.toUpperCase()}`;
    if (!readOnly) {
      await client.query(`BEGIN${level}`);
      return;
    }
    // With a first statement done, nothing can make the transaction writable again.
    await client.query(`BEGIN${level} READ ONLY; SELECT 1`);
  }

  async commit(client: PoolClient): Promise<void> {
    const { command } = await client.query("COMMIT");
    if (command !== "ROLLBACK") return;
    throw new ConnError(
      "CONN_QUERY",
      "PostgreSQL has rolled the session's transaction back, because an earlier statement had failed.",
      { hint: "Do all of it again." },
    );
  }

  async rollback(client: PoolClient): Promise<void> {
    await client.query("ROLLBACK");
  }

  async ping(client: PoolClient): Promise<void> {
    await client.query("SELECT 1");
  }

  async catalog(client: PoolClient): Promise<readonly CatalogTable[]> {
    const { rows } = await client.query<CatalogRow>(catalogQuery);
    return tablesOf(rows);
  }

  async close(): Promise<void> {
    const ended = this.pool.end();
    // Whoever still holds a client has had its time.
    const timer = setTimeout(() => {
      for (const client of this.#clients) this.destroy(client);
    }, 1000);
    await ended.finally(() => clearTimeout(timer));
  }

  async #declare(client: PoolClient, { text, values }: Statement): Promise<void> {
    await this.#send(client, `DECLARE ${cursor} NO SCROLL CURSOR FOR ${text}`, values);
  }

  async #within<T>(client: PoolClient, own: boolean, task: () => Promise<T>): Promise<T> {
    if (!own) return task();
    await this.begin(client, { readOnly: true, isolation: undefined });
    try {
      return await task();
    } finally {
      await this.rollback(client);
    }
  }

  async #send(
    client: PoolClient,
    text: string,
    values: readonly unknown[] = [],
  ): Promise<QueryArrayResult<(string | null)[]>> {
    return client.query<(string | null)[]>({
      text,
      values: values.map(bindValue),
      rowMode: "array",
      types: asText as never,
      queryMode: "extended",
    } as never);
  }
}

/** Whether a cursor can stand for it; SHOW and EXPLAIN are short. */
function hasCursor({ source }: Statement): boolean {
  return !/^(SHOW|EXPLAIN)$/.test(verbOf(source));
}

function innerOf(client: PoolClient): Inner {
  return client as unknown as Inner;
}

function toTable(
  fields: readonly FieldDef[],
  rows: readonly (readonly unknown[])[],
  started: number,
  truncated: boolean,
): Promise<Table> {
  return tableOfRows(fields.map(planField), rows, {
    ms: performance.now() - started,
    ...(truncated ? { truncated } : {}),
  });
}

const catalogQuery = `
  select n.nspname as schema, c.relname as table,
    case when c.relkind in ('v', 'm') then 'view' else 'table' end as kind,
    a.attname as column, format_type(a.atttypid, a.atttypmod) as type, not a.attnotnull as nullable
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
  left join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
  where c.relkind in ('r', 'p', 'v', 'm', 'f')
    and n.nspname <> 'information_schema' and n.nspname !~ '^pg_'
  order by n.nspname, c.relname, a.attnum`;
