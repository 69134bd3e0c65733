import type { Table } from "@conn/core";
import { quoteIdentifier, type Statement } from "@conn/core/sql";
import { toTimer } from "@conn/core/toolkit";
import type { Pool, PoolConnection, PoolOptions } from "mysql2";
import type { SQLConfig } from "../config.ts";
import { mysql } from "../dialect-facts.ts";
import type { ExecuteResult } from "../engine.ts";
import { type CatalogRow, tablesOf } from "../server/catalog.ts";
import type { BeginOptions, CatalogTable, Wire, WireReadOptions } from "../server/wire.ts";
import { RowCollector } from "../row-collector.ts";
import { bindValue, type ToInteger } from "./bind.ts";
import { catalogQuery } from "./catalog.ts";
import { lastIdOf } from "./last-id.ts";
import { type RowStream, send, streamRows } from "./send.ts";

/** What is used of the module `mysql2`. */
export interface Mysql {
  createPool(options: PoolOptions): Pool;
  createConnection(options: PoolOptions): PoolConnection;
  readonly TypedParameter?: { readonly LONGLONG?: ToInteger };
}

type WireSettings = Pick<SQLConfig, "poolSize" | "idleTimeout" | "statementTimeout">;

/** The parts of a connection that mysql2's own types leave out. */
interface Inner {
  readonly stream: { ref(): void; unref(): void; destroy(): void };
}

/** MySQL and MariaDB through mysql2. Statements with values are prepared on the server. */
export class MysqlWire implements Wire<PoolConnection> {
  readonly facts = mysql;
  readonly pool: Pool;
  readonly #mysql: Mysql;
  readonly #options: PoolOptions;
  /** All that are connected, and since when nobody uses them. */
  readonly #clients = new Map<PoolConnection, number | undefined>();
  /** Those whose session reads only, until they are cleaned. */
  readonly #readOnly = new WeakSet<PoolConnection>();
  readonly #idleTimer: NodeJS.Timeout;
  /** What a new session is told, and one that was reset. */
  readonly #settings: string;
  readonly #toInteger: ToInteger | undefined;

  constructor(
    mysql2: Mysql,
    options: PoolOptions,
    { poolSize, idleTimeout, statementTimeout }: WireSettings,
  ) {
    this.#mysql = mysql2;
    // Kept: the driver looks up the module at each access.
    this.#toInteger = mysql2.TypedParameter?.LONGLONG;
    this.#options = options;
    this.#settings = `SET time_zone = '+00:00'${limitOf(statementTimeout)}`;
    // The driver closes idle connections only above a number that it is given.
    this.#idleTimer = setInterval(
      () => this.#closeIdle(idleTimeout),
      toTimer(Math.min(idleTimeout / 2, 30)),
    ).unref();
    this.pool = mysql2.createPool({ ...options, connectionLimit: poolSize });
    this.pool.on("connection", (client) => {
      this.#clients.set(client, undefined);
      client.on("end", () => this.#forget(client));
      // A socket that breaks between two calls fails the next one; unheard it would end the process.
      client.on("error", () => this.#forget(client));
      client.query(this.#settings);
    });
    // A script that has nothing left to do ends, whatever is idle in the pool.
    this.pool.on("acquire", (client) => {
      this.#note(client, undefined);
      innerOf(client).stream.ref();
    });
    this.pool.on("release", (client) => {
      this.#note(client, performance.now());
      innerOf(client).stream.unref();
    });
  }

  take(): Promise<PoolConnection> {
    return new Promise((resolve, reject) =>
      this.pool.getConnection((error, client) => (error ? reject(error) : resolve(client))),
    );
  }

  ready(): boolean {
    return this.#countIdle() > 0;
  }

  give(client: PoolConnection, broken: boolean): void {
    if (broken) this.destroy(client);
    else client.release();
  }

  counts(): { open: number; idle: number } {
    return { open: this.#clients.size, idle: this.#countIdle() };
  }

  keepAwake(client: PoolConnection, awake: boolean): void {
    innerOf(client).stream[awake ? "ref" : "unref"]();
  }

  destroy(client: PoolConnection): void {
    this.#forget(client);
    client.destroy();
    innerOf(client).stream.destroy();
  }

  async cancel({ threadId }: PoolConnection): Promise<void> {
    const helper = this.#mysql.createConnection({ ...this.#options, connectTimeout: 2000 });
    helper.on("error", () => {});
    try {
      await send(helper, { text: `KILL QUERY ${threadId}` });
    } finally {
      innerOf(helper).stream.destroy();
    }
  }

  async clean(client: PoolConnection): Promise<void> {
    await new Promise<void>((resolve, reject) =>
      client.reset((error) => (error ? reject(error) : resolve())),
    );
    this.#readOnly.delete(client);
    await send(client, { text: this.#settings });
    // Which database is in use outlives a reset.
    await this.#useDatabase(client);
  }

  async query(
    client: PoolConnection,
    statement: Statement,
    { maxRows, inTransaction = false }: WireReadOptions,
  ): Promise<Table> {
    const started = performance.now();
    if (maxRows !== undefined) return this.#first(client, statement, maxRows, inTransaction);
    const bound = { text: statement.text, values: this.#bind(statement.values) };
    let { fields, rows } = await send(client, bound);
    // As text the server rounds a FLOAT to six digits; prepared, it sends the number itself.
    if (statement.values.length === 0 && fields.some(({ columnType }) => columnType === float))
      ({ fields, rows } = await send(client, bound, true));
    return rows.finish({ ms: performance.now() - started });
  }

  async execute(client: PoolConnection, statement: Statement): Promise<ExecuteResult> {
    const started = performance.now();
    const { rows, header } = await send(client, {
      text: statement.text,
      values: this.#bind(statement.values),
    });
    const table = rows.finish({ ms: performance.now() - started });
    if (!header) return { rowCount: rows.length, rows: table };
    const { affectedRows, insertId } = header;
    return {
      rowCount: affectedRows,
      ...(insertId ? { lastId: lastIdOf(insertId, statement) } : {}),
      rows: table,
    };
  }

  async *stream(
    client: PoolConnection,
    statement: Statement,
    batchSize: number,
  ): AsyncGenerator<Table, void, undefined> {
    const { rows, plans } = this.#stream(client, statement, batchSize);
    let ended = false;
    try {
      let batch: RowCollector | undefined;
      let started = performance.now();
      for await (const row of rows) {
        batch ??= new RowCollector(plans());
        batch.add(row);
        if (batch.length < batchSize) continue;
        yield batch.finish({ ms: performance.now() - started });
        batch = undefined;
        started = performance.now();
      }
      ended = true;
      if (batch) yield batch.finish({ ms: performance.now() - started });
    } finally {
      // The server would go on to send all the rest, and the next statement wait for it.
      if (!ended) this.destroy(client);
    }
  }

  async begin(client: PoolConnection, { readOnly, isolation }: BeginOptions): Promise<void> {
    if (isolation !== undefined)
      await send(client, { text: `SET TRANSACTION ISOLATION LEVEL ${isolation.toUpperCase()}` });
    // Beginning it as read-only alone would let CREATE and DROP pass, which end it.
    if (readOnly && !this.#readOnly.has(client)) {
      await send(client, { text: "SET SESSION TRANSACTION READ ONLY" });
      this.#readOnly.add(client);
    }
    await send(client, { text: "START TRANSACTION" });
  }

  async commit(client: PoolConnection): Promise<void> {
    await send(client, { text: "COMMIT" });
  }

  async rollback(client: PoolConnection): Promise<void> {
    await send(client, { text: "ROLLBACK" });
  }

  async ping(client: PoolConnection): Promise<void> {
    await send(client, { text: "SELECT 1" });
  }

  async catalog(client: PoolConnection): Promise<readonly CatalogTable[]> {
    const { rows } = await send(client, { text: catalogQuery });
    return tablesOf(rows.finish({}).rows() as unknown as CatalogRow[]);
  }

  async close(): Promise<void> {
    clearInterval(this.#idleTimer);
    for (const client of this.#clients.keys()) innerOf(client).stream.ref();
    const timer = setTimeout(() => {
      for (const client of this.#clients.keys()) this.destroy(client);
    }, 1000);
    await new Promise<void>((resolve) => this.pool.end(() => resolve()));
    clearTimeout(timer);
    for (const client of this.#clients.keys()) this.destroy(client);
  }

  /** The one of the settings; a client that left the state of having none is of no more use. */
  async #useDatabase(client: PoolConnection): Promise<void> {
    const { database } = this.#options;
    if (database)
      return void (await send(client, { text: `USE ${quoteIdentifier(database, mysql)}` }));
    const { rows } = await send(client, { text: "SELECT DATABASE() AS used" });
    if (rows.finish({}).at(0)?.["used"] !== null) this.destroy(client);
  }

  #closeIdle(seconds: number): void {
    const before = performance.now() - seconds * 1000;
    for (const [client, since] of this.#clients)
      if (since !== undefined && since < before) this.destroy(client);
  }

  /** Nothing is told of a client that is closed already. */
  #note(client: PoolConnection, idleSince: number | undefined): void {
    if (this.#clients.has(client)) this.#clients.set(client, idleSince);
  }

  #countIdle(): number {
    let idle = 0;
    for (const since of this.#clients.values()) if (since !== undefined) idle++;
    return idle;
  }

  #forget(client: PoolConnection): void {
    this.#clients.delete(client);
  }

  #stream(client: PoolConnection, statement: Statement, rowsAtOnce: number): RowStream {
    const bound = { ...statement, values: this.#bind(statement.values) };
    return streamRows(client, bound, Math.min(rowsAtOnce, 1000));
  }

  #bind(values: readonly unknown[]): unknown[] {
    return values.map((value) => bindValue(value, this.#toInteger));
  }

  /** The first rows. With more to come the connection is closed: the server cannot be told to stop. */
  async #first(
    client: PoolConnection,
    statement: Statement,
    maxRows: number,
    inTransaction: boolean,
  ): Promise<Table> {
    const started = performance.now();
    const source = this.#stream(client, statement, maxRows + 1);
    let rows: RowCollector | undefined;
    for await (const row of source.rows) {
      rows ??= new RowCollector(source.plans(), maxRows);
      rows.add(row);
      // A session needs its connection: the rest is read, and forgotten.
      if (rows.length > maxRows && !inTransaction) {
        this.destroy(client);
        break;
      }
    }
    rows ??= new RowCollector(source.plans());
    return rows.finish({ ms: performance.now() - started });
  }
}

/** In comments that one of both servers reads: they name it differently, and only MySQL's is for reading alone. */
function limitOf(seconds: number | undefined): string {
  if (seconds === undefined) return "";
  return ` /*M! , max_statement_time = ${seconds} */ /*!50708 , max_execution_time = ${Math.ceil(seconds * 1000)} */`;
}

/** The column type of FLOAT. */
const float = 0x04;

function innerOf(client: PoolConnection): Inner {
  return client as unknown as Inner;
}
