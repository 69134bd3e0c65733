import { ConnError, type Table } from "@conn/core";
import type { Statement } from "@conn/core/sql";
import type { ClientConfig, Pool, PoolClient, PoolConfig, Submittable } from "pg";
import { postgres } from "../dialect-facts.ts";
import type { ExecuteResult } from "../engine.ts";
import { tablesOf, type CatalogRow } from "../server/catalog.ts";
import { verbOf } from "../statement.ts";
import type { BeginOptions, CatalogTable, Wire, WireReadOptions } from "../server/wire.ts";
import { type Answer, Exchange, type Sent } from "./exchange.ts";
import { PreparedStatements } from "./prepared.ts";

/** What is used of the module `pg`. */
export interface Pg {
  readonly Pool: new (config: object) => Pool;
  readonly Connection: new (config: Pick<ClientConfig, "ssl">) => Line;
}

/** The parts of pg's connection that send something which belongs to no session. */
interface Line {
  readonly stream: { destroy(): void };
  on(event: "connect" | "sslconnect" | "end", listener: () => void): void;
  on(event: "error", listener: (error: Error) => void): void;
  connect(portOrSocket: number | string, host?: string): void;
  requestSsl(): void;
  cancel(processID: number | null, secretKey: number | null): void;
}

/** The parts of a client that pg's own types leave out. */
interface Inner {
  readonly host: string;
  readonly port: number;
  readonly processID: number | null;
  readonly secretKey: number | null;
  readonly connection: { readonly stream: { ref(): void; unref(): void; destroy(): void } };
}

const cursor = "conn_cursor";
/** Milliseconds. */
const mostForCancel = 2000;

/** https://www.postgresql.org/docs/current/errcodes-appendix.html */
const nameUnknown = "26000";
const nameTaken = "42P05";
/** A statement's columns are others than when it was prepared. */
const resultChanged = "0A000";
/** Names that may get lost until nothing is named any more. */
const mostNamesLost = 3;

/** PostgreSQL through pg, always over the extended protocol: a text is one statement, and no value is part of it. */
export class PostgresWire implements Wire<PoolClient> {
  readonly facts = postgres;
  readonly pool: Pool;
  readonly #pg: Pg;
  readonly #config: ClientConfig;
  readonly #clients = new Set<PoolClient>();
  readonly #prepared = new WeakMap<PoolClient, PreparedStatements>();
  #namesLost = 0;

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
    // With a callback the pool makes no promises of its own.
    return new Promise((resolve, reject) =>
      this.pool.connect((error, client) => (error ? reject(error) : resolve(client!))),
    );
  }

  ready(): boolean {
    // They are handed out on the next tick, in the order in which they were asked for.
    return this.pool.idleCount > this.pool.waitingCount;
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

  /** Needs neither a login nor a free place on the server; poolers hand it on to whom it is for. */
  cancel(client: PoolClient): Promise<void> {
    const { host, port, processID, secretKey } = innerOf(client);
    const { ssl } = this.#config;
    const connection = new this.#pg.Connection({ ssl });
    // A server that stands still takes no request either.
    const timer = setTimeout(() => connection.stream.destroy(), mostForCancel);
    return new Promise<void>((resolve, reject) => {
      const send = (): void => connection.cancel(processID, secretKey);
      connection.on("connect", () => (ssl ? connection.requestSsl() : send()));
      connection.on("sslconnect", send);
      connection.on("error", reject);
      // The server's only answer.
      connection.on("end", resolve);
      if (host.startsWith("/")) connection.connect(`${host}/.s.PGSQL.${port}`);
      else connection.connect(port, host);
    }).finally(() => clearTimeout(timer));
  }

  async clean(client: PoolClient): Promise<void> {
    this.#prepared.delete(client);
    await client.query("DISCARD ALL");
  }

  async query(
    client: PoolClient,
    statement: Statement,
    { maxRows, guarded = false, inTransaction = false }: WireReadOptions,
  ): Promise<Table> {
    const started = performance.now();
    const finish = ({ rows }: Answer): Table => rows.finish({ ms: performance.now() - started });
    const plain = maxRows === undefined && !guarded;
    if (plain && !inTransaction) return finish(await this.#sendAgain(client, statement));
    if (plain || !hasCursor(statement))
      return finish(await this.#send(client, { ...statement, most: maxRows }));
    return this.#within(client, !inTransaction, async () => {
      await this.#declare(client, statement);
      const count = maxRows === undefined ? "ALL" : maxRows + 1;
      const answer = await this.#send(client, {
        text: `FETCH ${count} FROM ${cursor}`,
        most: maxRows,
      });
      await this.#send(client, { text: `CLOSE ${cursor}` });
      return finish(answer);
    });
  }

  async execute(client: PoolClient, statement: Statement): Promise<ExecuteResult> {
    const started = performance.now();
    const { rowCount, rows } = await this.#send(client, statement);
    return { rowCount, rows: rows.finish({ ms: performance.now() - started }) };
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
      await this.#send(client, { text: "SET LOCAL cursor_tuple_fraction = 1" });
      await this.#declare(client, statement);
      for (;;) {
        const started = performance.now();
        const { rows } = await this.#send(client, { text: `FETCH ${batchSize} FROM ${cursor}` });
        if (rows.length > 0) yield rows.finish({ ms: performance.now() - started });
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
    await this.#send(client, { text: `DECLARE ${cursor} NO SCROLL CURSOR FOR ${text}`, values });
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

  /**
   * Runs a statement that reads and may come again, outside of a transaction: there one whose name the
   * server does not take can be sent once more without.
   */
  async #sendAgain(client: PoolClient, { text, values }: Statement): Promise<Answer> {
    const sent = { text, values };
    const prepared = this.#preparedOf(client);
    const named = prepared?.named(text);
    if (!prepared || !named) return this.#send(client, sent);
    const closing = prepared.takeClosing();
    try {
      return await this.#send(client, { ...sent, named, closing });
    } catch (error) {
      const code = (error as { readonly code?: unknown }).code;
      if (named.plans === undefined || code === resultChanged) prepared.unname(text);
      if (code === resultChanged) return this.#send(client, sent);
      if (code !== nameUnknown && code !== nameTaken) throw error;
      // Behind a pooler each statement may reach another server; or somebody took the names away.
      this.#prepared.delete(client);
      this.#namesLost++;
      return this.#send(client, sent);
    }
  }

  #preparedOf(client: PoolClient): PreparedStatements | undefined {
    if (this.#namesLost >= mostNamesLost) return undefined;
    let prepared = this.#prepared.get(client);
    if (!prepared) this.#prepared.set(client, (prepared = new PreparedStatements()));
    return prepared;
  }

  /** Runs a statement; its rows are read as they come. */
  #send(client: PoolClient, sent: Sent): Promise<Answer> {
    return new Promise((resolve, reject) => {
      client.query(new Exchange(sent, resolve, reject) as unknown as Submittable);
    });
  }
}

/** Whether a cursor can stand for it; SHOW and EXPLAIN are short. */
function hasCursor({ source }: Statement): boolean {
  return !/^(SHOW|EXPLAIN)$/.test(verbOf(source));
}

function innerOf(client: PoolClient): Inner {
  return client as unknown as Inner;
}

const catalogQuery = `
  select n.nspname as schema, c.relname as table,
    case when c.relkind in ('v', 'm') then 'view' else 'table' end as kind,
    a.attname as column, format_type(a.atttypid, a.atttypmod) as type, not a.attnotnull as nullable,
    array_position(i.indkey::int2[], a.attnum) + 1 as primary_key,
    rn.nspname as ref_schema, rc.relname as ref_table, ra.attname as ref_column
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
  left join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
  left join pg_index i on i.indrelid = c.oid and i.indisprimary
  left join pg_constraint k on k.conrelid = c.oid and k.contype = 'f' and a.attnum = any (k.conkey)
  left join pg_class rc on rc.oid = k.confrelid
  left join pg_namespace rn on rn.oid = rc.relnamespace
  left join pg_attribute ra on ra.attrelid = rc.oid
    and ra.attnum = k.confkey[array_position(k.conkey, a.attnum)]
  where c.relkind in ('r', 'p', 'v', 'm', 'f')
    and n.nspname <> 'information_schema' and n.nspname !~ '^pg_'
  order by n.nspname, c.relname, a.attnum, k.conname`;
