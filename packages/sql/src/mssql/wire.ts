import { ConnError, type Table } from "@conn/core";
import type { Statement } from "@conn/core/sql";
import { mssql as facts } from "../dialect-facts.ts";
import type { ExecuteResult } from "../engine.ts";
import { integerOf } from "../integer.ts";
import type { Isolation } from "../options.ts";
import { tablesOf } from "../server/catalog.ts";
import type { BeginOptions, CatalogTable, Wire, WireReadOptions } from "../server/wire.ts";
import { statementKind } from "../statement.ts";
import { transactionError } from "../transactions.ts";
import { bindValue } from "./bind.ts";
import { type CatalogCells, catalogQuery, rowOfCatalog } from "./catalog.ts";
import { type Connection, innerOf, type Tedious } from "./driver.ts";
import { exactly } from "./exact.ts";
import type { Pool } from "./pool.ts";
import { Batches, type Listeners, ResultSet } from "./results.ts";
import { type Lender, sessionLender } from "./shared.ts";

type Sent = Pick<Statement, "text"> & Partial<Pick<Statement, "values">>;

/** SQL Server through tedious, the driver under mssql. Statements with values go through sp_executesql. */
export class MssqlWire implements Wire<Connection> {
  readonly facts = facts;
  readonly #tedious: Tedious;
  readonly #pool: Pool;
  /** Those in a transaction of ours, and whether it only reads. */
  readonly #transactions = new WeakMap<Connection, { readonly readOnly: boolean }>();

  constructor(tedious: Tedious, pool: Pool) {
    this.#tedious = tedious;
    this.#pool = pool;
  }

  take(): Promise<Connection> {
    return this.#pool.take();
  }

  ready(): boolean {
    return this.#pool.ready();
  }

  give(client: Connection, broken: boolean): void {
    this.#pool.give(client, broken);
  }

  counts(): { readonly open: number; readonly idle: number } {
    return this.#pool.counts();
  }

  keepAwake(client: Connection, awake: boolean): void {
    innerOf(client).socket?.[awake ? "ref" : "unref"]();
  }

  destroy(client: Connection): void {
    if (!this.#pool.has(client)) return;
    client.close();
    innerOf(client).socket?.destroy();
  }

  /** Within the connection, by an attention; the server answers it before anything else. */
  async cancel(client: Connection): Promise<void> {
    client.cancel();
  }

  async clean(client: Connection): Promise<void> {
    // TypeORM's transactions are no connections, and clean up after themselves.
    if (this.#pool.has(client)) await told((done) => client.reset(done));
  }

  forRunner(client: Connection): Lender {
    return sessionLender(client, () => this.#assertGoesOn(client));
  }

  async query(client: Connection, statement: Statement, options: WireReadOptions): Promise<Table> {
    const { maxRows } = options;
    const started = performance.now();
    const { sets } = await this.#send(client, statement, maxRows);
    return (sets[0] ?? new ResultSet([])).finish({ ms: performance.now() - started });
  }

  async execute(client: Connection, statement: Statement): Promise<ExecuteResult> {
    const started = performance.now();
    const inserts = statementKind(statement.source, facts).writer === "INSERT";
    // In the scope of the statement: that of its triggers is another.
    const text = inserts ? `${statement.text}\n;select scope_identity()` : statement.text;
    const { sets, counts } = await this.#send(client, { ...statement, text });
    const [id] = inserts ? Object.values(sets.pop()?.finish({}).at(0) ?? {}) : [];
    if (inserts) counts.pop();
    const rows = (sets[0] ?? new ResultSet([])).finish({ ms: performance.now() - started });
    return {
      // Those of triggers come before the statement's own.
      rowCount: counts.at(-1) ?? rows.length,
      ...(typeof id === "string" ? { lastId: integerOf(id) } : {}),
      rows,
    };
  }

  async *stream(
    client: Connection,
    statement: Statement,
    batchSize: number,
  ): AsyncGenerator<Table, void, undefined> {
    const batches = new Batches(batchSize);
    const running = this.#run(client, statement, batches).finally(() => batches.end());
    // Whoever leaves the loop early does not hear of a failure.
    running.catch(() => {});
    try {
      for (;;) {
        const started = performance.now();
        await batches.ready();
        if (batches.ended) await running;
        const batch = batches.take();
        if (!batch) return;
        yield batch.finish({ ms: performance.now() - started });
      }
    } finally {
      if (!batches.ended) {
        client.cancel();
        // The driver gives up on a server that does not answer.
        await running.catch(() => {});
      }
    }
  }

  async begin(client: Connection, { readOnly, isolation }: BeginOptions): Promise<void> {
    const level = this.#tedious.ISOLATION_LEVEL[levels[isolation ?? "read committed"]];
    if (level === undefined)
      throw new ConnError("CONN_ARGUMENT", `There is no isolation ${JSON.stringify(isolation)}.`, {
        hint: `There are ${Object.keys(levels).join(", ")}.`,
      });
    await told((done) => client.beginTransaction(done, "", level));
    this.#transactions.set(client, { readOnly });
  }

  async commit(client: Connection): Promise<void> {
    const transaction = this.#transactions.get(client);
    this.#assertGoesOn(client);
    this.#transactions.delete(client);
    // Whatever a statement got past the words that were looked for, it leaves nothing.
    if (transaction?.readOnly) await told((done) => client.rollbackTransaction(done));
    else await told((done) => client.commitTransaction(done));
  }

  async rollback(client: Connection): Promise<void> {
    this.#transactions.delete(client);
    // After some errors the server has done so by itself.
    if (innerOf(client).inTransaction) await told((done) => client.rollbackTransaction(done));
  }

  async ping(client: Connection): Promise<void> {
    await this.#send(client, { text: "select 1" });
  }

  async catalog(client: Connection): Promise<readonly CatalogTable[]> {
    const { sets } = await this.#send(client, { text: catalogQuery });
    const rows = sets[0]?.finish({}).rows() ?? [];
    return tablesOf((rows as unknown as CatalogCells[]).map(rowOfCatalog));
  }

  close(): Promise<void> {
    return this.#pool.close();
  }

  /** What a statement returns; with `maxRows`, the first rows and one more if there is one. */
  async #send(
    client: Connection,
    sent: Sent,
    maxRows?: number,
  ): Promise<{ readonly sets: ResultSet[]; readonly counts: number[] }> {
    const sets: ResultSet[] = [];
    const counts: number[] = [];
    let stopped = false;
    try {
      await this.#run(client, sent, {
        onColumns: (columns) => sets.push(new ResultSet(columns, maxRows)),
        onRow: (cells) => {
          if (stopped) return;
          const length = sets.at(-1)!.add(cells);
          stopped = maxRows !== undefined && length > maxRows;
          if (stopped) client.cancel();
        },
        onCount: (count) => counts.push(count),
      });
    } catch (error) {
      // What we have stopped ourselves has given what it was asked for.
      if (!stopped || (error as { code?: unknown }).code !== "ECANCEL") throw error;
    }
    return { sets, counts };
  }

  #run(client: Connection, { text, values = [] }: Sent, listeners: Listeners): Promise<void> {
    const { options } = innerOf(client).config;
    return new Promise((resolve, reject) => {
      this.#assertGoesOn(client);
      let failure: unknown;
      const request = new this.#tedious.Request(text, (error) => {
        options[exactly] = false;
        if (error) reject(firstOf(error));
        else if (failure !== undefined) reject(failure);
        else if (this.#isLeftOpen(client)) reject(transactionError("BEGIN"));
        else resolve();
      });
      for (const [index, value] of values.entries())
        bindValue(request, `p${index}`, value, this.#tedious);
      const count = (rowCount: number | undefined): void => {
        if (rowCount !== undefined) listeners.onCount?.(rowCount);
      };
      request
        .on("columnMetadata", (columns) => listeners.onColumns(columns))
        .on("row", (cells) => {
          // Thrown in here, it would end the process.
          try {
            listeners.onRow(cells.map(({ value }) => value));
          } catch (error) {
            failure ??= error;
          }
        })
        .on("done", count)
        .on("doneInProc", count);
      listeners.onRequest?.(request);
      options[exactly] = true;
      // What a batch leaves, such as a temporary table, is there for the next; what a procedure leaves is not.
      if (values.length > 0) client.execSql(request);
      else client.execSqlBatch(request);
    });
  }

  /** Begun in the middle of a text, a transaction would be rolled back with the connection, and what it wrote be lost. */
  #isLeftOpen(client: Connection): boolean {
    return innerOf(client).inTransaction && !this.#transactions.has(client);
  }

  /** An error may have ended the transaction; what came after it would be committed at once. */
  #assertGoesOn(client: Connection): void {
    if (!this.#transactions.has(client) || innerOf(client).inTransaction) return;
    if (innerOf(client).closed) return;
    throw new ConnError(
      "CONN_QUERY",
      "SQL Server has rolled the session's transaction back, because of an earlier error.",
      { hint: "Call session.rollback() and do all of it again." },
    );
  }
}

const levels: Readonly<Record<Isolation, string>> = {
  "read uncommitted": "READ_UNCOMMITTED",
  "read committed": "READ_COMMITTED",
  "repeatable read": "REPEATABLE_READ",
  serializable: "SERIALIZABLE",
  snapshot: "SNAPSHOT",
};

function told(task: (done: (error?: Error | null) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => task((error) => (error ? reject(error) : resolve())));
}

/** Of several errors the first is the reason of the others. */
function firstOf(error: Error): Error {
  return error instanceof AggregateError
    ? ((error.errors[0] as Error | undefined) ?? error)
    : error;
}
