import { ConnError, type Table } from "@conn/core";
import type { ColumnPlan } from "../columns.ts";
import { mssql as facts } from "../dialect-facts.ts";
import type { ExecuteResult } from "../engine.ts";
import type { Isolation } from "../options.ts";
import type { Statement } from "../params.ts";
import { type CatalogRow, tablesOf } from "../server/catalog.ts";
import type { BeginOptions, CatalogTable, Wire, WireReadOptions } from "../server/wire.ts";
import { statementKind } from "../statement.ts";
import { tableOfRows } from "../table-of-rows.ts";
import { transactionError } from "../transactions.ts";
import { bindValue } from "./bind.ts";
import {
  type ColumnMetadata,
  type Connection,
  innerOf,
  type Request,
  type Tedious,
} from "./driver.ts";
import { exactly } from "./exact.ts";
import type { Pool } from "./pool.ts";
import { type Lender, sessionLender } from "./shared.ts";
import { planColumn } from "./types.ts";

type Sent = Pick<Statement, "text"> & Partial<Pick<Statement, "values">>;
type Rows = unknown[][];

interface ResultSet {
  readonly plans: readonly ColumnPlan[];
  readonly rows: Rows;
}

/** What is told of a request while it runs. */
interface Listeners {
  readonly onRequest?: (request: Request) => void;
  readonly onColumns: (columns: readonly ColumnMetadata[]) => void;
  readonly onRow: (cells: unknown[]) => void;
  readonly onCount?: (count: number) => void;
}

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
    const { sets, stopped } = await this.#send(client, statement, maxRows);
    const { plans, rows } = inOne(sets[0] ?? empty);
    return tableOfRows(plans, stopped ? rows.slice(0, maxRows) : rows, {
      ms: performance.now() - started,
      ...(stopped ? { truncated: true } : {}),
    });
  }

  async execute(client: Connection, statement: Statement): Promise<ExecuteResult> {
    const inserts = statementKind(statement.source, facts).writer === "INSERT";
    // In the scope of the statement: that of its triggers is another.
    const text = inserts ? `${statement.text}\n;select scope_identity()` : statement.text;
    const { sets, counts } = await this.#send(client, { ...statement, text });
    const id = inserts ? sets.pop()?.rows[0]?.[0] : undefined;
    if (inserts) counts.pop();
    const { plans, rows } = inOne(sets[0] ?? empty);
    return {
      // Those of triggers come before the statement's own.
      rowCount: counts.at(-1) ?? rows.length,
      ...(typeof id === "string" ? { lastId: numberOf(id) } : {}),
      rows: await tableOfRows(plans, rows, { ms: 0 }),
    };
  }

  async *stream(
    client: Connection,
    statement: Statement,
    batchSize: number,
  ): AsyncGenerator<Table, void, undefined> {
    const state = new RowQueue(batchSize);
    const running = this.#run(client, statement, state).finally(() => state.end());
    // Whoever leaves the loop early does not hear of a failure.
    running.catch(() => {});
    try {
      for (;;) {
        const started = performance.now();
        await state.full();
        if (state.ended) await running;
        const rows = state.take();
        if (rows.length === 0) return;
        yield await tableOfRows(state.plans, rows, { ms: performance.now() - started });
      }
    } finally {
      if (!state.ended) {
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
    return tablesOf((sets[0]?.rows ?? []).map(rowOfCatalog));
  }

  close(): Promise<void> {
    return this.#pool.close();
  }

  /** What a statement returns; with `maxRows`, the first rows and one more if there is one. */
  async #send(
    client: Connection,
    sent: Sent,
    maxRows?: number,
  ): Promise<{ readonly sets: ResultSet[]; readonly counts: number[]; readonly stopped: boolean }> {
    const sets: ResultSet[] = [];
    const counts: number[] = [];
    let stopped = false;
    try {
      await this.#run(client, sent, {
        onColumns: (columns) => sets.push({ plans: columns.map(planColumn), rows: [] }),
        onRow: (cells) => {
          if (stopped) return;
          const { rows } = sets.at(-1)!;
          rows.push(cells);
          stopped = maxRows !== undefined && rows.length > maxRows;
          if (stopped) client.cancel();
        },
        onCount: (count) => counts.push(count),
      });
    } catch (error) {
      // What we have stopped ourselves has given what it was asked for.
      if (!stopped || (error as { code?: unknown }).code !== "ECANCEL") throw error;
    }
    return { sets, counts, stopped };
  }

  #run(client: Connection, { text, values = [] }: Sent, listeners: Listeners): Promise<void> {
    const { options } = innerOf(client).config;
    return new Promise((resolve, reject) => {
      this.#assertGoesOn(client);
      const request = new this.#tedious.Request(text, (error) => {
        options[exactly] = false;
        if (error) reject(firstOf(error));
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
        .on("row", (cells) => listeners.onRow(cells.map(({ value }) => value)))
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

/** Takes rows in, and lets the server pause where they are not taken out. */
class RowQueue implements Listeners {
  plans: readonly ColumnPlan[] = [];
  ended = false;
  readonly #batchSize: number;
  #rows: Rows = [];
  #request: Request | undefined;
  #wake = (): void => {};

  constructor(batchSize: number) {
    this.#batchSize = batchSize;
  }

  onRequest(request: Request): void {
    this.#request = request;
  }

  onColumns(columns: readonly ColumnMetadata[]): void {
    this.plans = columns.map(planColumn);
  }

  onRow(cells: unknown[]): void {
    if (this.#rows.push(cells) < this.#batchSize) return;
    this.#request?.pause();
    this.#wake();
  }

  end(): void {
    this.ended = true;
    this.#wake();
  }

  /** Resolves when there are enough rows for a batch, or all. */
  full(): Promise<void> {
    if (this.ended || this.#rows.length >= this.#batchSize) return Promise.resolve();
    this.#request?.resume();
    return new Promise((resolve) => (this.#wake = resolve));
  }

  take(): Rows {
    return this.#rows.splice(0, this.#batchSize);
  }
}

const empty: ResultSet = { plans: [], rows: [] };

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

/** FOR JSON and FOR XML give one long text, in as many rows as it takes. */
function inOne({ plans, rows }: ResultSet): ResultSet {
  const [plan] = plans;
  const form = plan && plans.length === 1 && /^(JSON|XML)_F52E2B61-/.exec(plan.spec.name)?.[1];
  if (!form) return { plans, rows };
  const text = rows.map(([part]) => String(part)).join("");
  return {
    plans: [{ ...plan, spec: { ...plan.spec, name: form.toLowerCase() } }],
    rows: rows.length === 0 ? [] : [[text]],
  };
}

function numberOf(id: string): number | bigint {
  const number = Number(id);
  return Number.isSafeInteger(number) ? number : BigInt(id);
}

function rowOfCatalog(cells: readonly unknown[]): CatalogRow {
  const [schema, table, kind, column, type, nullable, length, precision, scale] = cells as [
    string,
    string,
    string,
    string | null,
    string,
    string,
    ...(number | null)[],
  ];
  return {
    schema,
    table,
    kind: kind === "VIEW" ? "view" : "table",
    column,
    type: column === null ? "" : typeOf(type, length, precision, scale),
    nullable: nullable === "YES",
  };
}

function typeOf(
  name: string,
  length: number | null | undefined,
  precision: number | null | undefined,
  scale: number | null | undefined,
): string {
  if (/^(decimal|numeric)$/i.test(name)) return `${name}(${precision}, ${scale})`;
  if (typeof length !== "number" || !/char|binary/i.test(name)) return name;
  return `${name}(${length === -1 ? "max" : length})`;
}

const catalogQuery = `
  select t.table_schema, t.table_name, t.table_type, c.column_name, c.data_type, c.is_nullable,
    c.character_maximum_length, c.numeric_precision, c.numeric_scale
  from information_schema.tables t
  left join information_schema.columns c
    on c.table_schema = t.table_schema and c.table_name = t.table_name
  order by t.table_schema, t.table_name, c.ordinal_position`;
