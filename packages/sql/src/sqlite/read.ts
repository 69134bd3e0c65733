import { ConnError, type Table, TableBuilder } from "@conn/core";
import { breathe, outOfBreath } from "./breathe.ts";
import { IntegerOverflow, type SqliteStatement } from "./driver.ts";
import { type ColumnPlan, type Convert, misfit, planColumn } from "./types.ts";

export interface ReadOptions {
  /** Rows after which reading stops; `meta.truncated` then says that there were more. */
  readonly maxRows?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Read row by row, with pauses, rather than at once: whoever may want to stop needs a chance to. */
  readonly patient?: boolean | undefined;
}

/** Rows that are read between two looks at the clock. */
const chunkSize = 1024;

/**
 * Reads a statement's rows into a table, letting the event loop run in between. A cell that breaks
 * the promise of its column's declaration makes the whole column keep what SQLite stored; integers
 * beyond 2^53 come out exact. Either is found while reading, and the statement is then read again.
 */
export async function readTable(
  statement: SqliteStatement,
  values: readonly unknown[],
  options: ReadOptions,
): Promise<Table> {
  const columns = new Columns(statement);
  const started = performance.now();
  for (let bigints = false; ;) {
    try {
      const builder = await readOnce(statement, values, columns, bigints, options);
      if (builder)
        return builder.table.finish({
          ms: performance.now() - started,
          ...(builder.truncated ? { truncated: true } : {}),
        });
    } catch (error) {
      if (!(error instanceof IntegerOverflow)) throw error;
      bigints = true;
    }
  }
}

/** Reads in batches, each a table, as fast as the caller takes them. */
export async function* readBatches(
  statement: SqliteStatement,
  values: readonly unknown[],
  batchSize: number,
  { signal }: ReadOptions,
): AsyncGenerator<Table, void, undefined> {
  const columns = new Columns(statement);
  // What was handed out cannot be read again, so integers come as bigints from the start.
  const rows = statement.rows(values, true);
  try {
    for (let done = false; !done;) {
      const started = performance.now();
      const batch: unknown[][] = [];
      while (batch.length < batchSize && !done) {
        done = take(rows, batch, Math.min(batchSize, batch.length + chunkSize));
        if (outOfBreath()) await breathe();
        checkAbort(signal);
      }
      if (batch.length === 0) return;
      const table = tableOf(columns, batch);
      yield table.withMeta({ ...table.meta, ms: performance.now() - started });
    }
  } finally {
    rows.return?.();
  }
}

/** A table of rows that were read as bigints, and are not read again. */
export function tableOfRows(statement: SqliteStatement, rows: unknown[][]): Table {
  return tableOf(new Columns(statement), rows);
}

/** Tables of `batchSize` rows each. */
export function* tablesOfRows(
  statement: SqliteStatement,
  rows: unknown[][],
  batchSize: number,
  signal: AbortSignal | undefined,
): Generator<Table, void, undefined> {
  const columns = new Columns(statement);
  for (let from = 0; from < rows.length; from += batchSize) {
    checkAbort(signal);
    yield tableOf(columns, rows.slice(from, from + batchSize));
  }
}

function tableOf(columns: Columns, rows: unknown[][]): Table {
  const { cells } = columns.take(rows, 0, rows.length);
  const table = new TableBuilder(columns.specs());
  table.appendColumns(cells, rows.length);
  return table.finish();
}

/** One pass over the rows; undefined where the columns changed under way and it takes another. */
async function readOnce(
  statement: SqliteStatement,
  values: readonly unknown[],
  columns: Columns,
  bigints: boolean,
  { maxRows = Infinity, signal, patient = false }: ReadOptions,
): Promise<{ readonly table: TableBuilder; readonly truncated: boolean } | undefined> {
  const source =
    patient || maxRows < Infinity
      ? chunksOf(statement.rows(values, bigints), maxRows)
      : slicesOf(statement.all(values, bigints));
  let table: TableBuilder | undefined;
  let again = false;
  let truncated = false;
  for (const chunk of source) {
    // After the first misfit the rest is only looked through for others, so that two passes suffice.
    const { rows, from, to } = chunk;
    const taken = columns.take(rows, from, to);
    if (!taken.kept && table) again = true;
    table ??= new TableBuilder(columns.specs());
    if (!again) table.appendColumns(taken.cells, to - from);
    truncated = chunk.truncated;
    if (outOfBreath()) await breathe();
    checkAbort(signal);
  }
  return again ? undefined : { table: table ?? new TableBuilder(columns.specs()), truncated };
}

interface Chunk {
  readonly rows: unknown[][];
  readonly from: number;
  readonly to: number;
  /** Whether rows beyond the limit were left out. */
  readonly truncated: boolean;
}

function* slicesOf(rows: unknown[][]): Generator<Chunk> {
  for (let from = 0; from < rows.length; from += chunkSize)
    yield { rows, from, to: Math.min(from + chunkSize, rows.length), truncated: false };
}

function* chunksOf(
  rows: Iterator<unknown[], unknown, undefined>,
  maxRows: number,
): Generator<Chunk> {
  try {
    for (let count = 0, done = false; !done && count < maxRows;) {
      const chunk: unknown[][] = [];
      done = take(rows, chunk, Math.min(chunkSize, maxRows - count));
      count += chunk.length;
      yield {
        rows: chunk,
        from: 0,
        to: chunk.length,
        truncated: !done && count >= maxRows && !rows.next().done,
      };
    }
  } finally {
    rows.return?.();
  }
}

/** Moves rows into `chunk` until it has `size`; true at the end of the rows. */
function take(
  rows: Iterator<unknown[], unknown, undefined>,
  chunk: unknown[][],
  size: number,
): boolean {
  while (chunk.length < size) {
    const step = rows.next();
    if (step.done) return true;
    chunk.push(step.value);
  }
  return false;
}

/** The columns of a result. One whose cells break its declaration is read as it is from then on. */
class Columns {
  readonly #plans: ColumnPlan[];
  readonly #cells: unknown[][];

  constructor(statement: SqliteStatement) {
    this.#plans = statement.columns.map(planColumn);
    this.#cells = this.#plans.map(() => []);
  }

  specs(): ColumnPlan["spec"][] {
    return this.#plans.map(({ spec }) => spec);
  }

  /**
   * The cells of `rows[from…to-1]`, column by column, in arrays that the next call fills again. `kept` is false where
   * a column lost its declared type over them; its cells are then as SQLite stored them.
   */
  take(
    rows: Rows,
    from: number,
    to: number,
  ): { readonly cells: unknown[][]; readonly kept: boolean } {
    let kept = true;
    for (const [index, { spec, convert }] of this.#plans.entries()) {
      const cells = this.#cells[index]!;
      if (convert && convertCells(cells, rows, index, from, to, convert)) continue;
      if (convert) {
        this.#plans[index] = { spec: { name: spec.name }, convert: undefined };
        kept = false;
      }
      for (let row = from; row < to; row++) cells[row - from] = rows[row]![index];
    }
    return { cells: this.#cells, kept };
  }
}

type Rows = readonly (readonly unknown[])[];

/** Fills `cells` with a column's cells as its type has them; false where one of them does not fit. */
function convertCells(
  cells: unknown[],
  rows: Rows,
  index: number,
  from: number,
  to: number,
  convert: Convert,
): boolean {
  for (let row = from; row < to; row++) {
    const cell = rows[row]![index];
    const converted = cell === null ? null : convert(cell);
    if (converted === misfit) return false;
    cells[row - from] = converted;
  }
  return true;
}

/** Ends a reading when asked to. */
function checkAbort(signal: AbortSignal | undefined): void {
  if (!signal?.aborted) return;
  const reason: unknown = signal.reason;
  throw reason instanceof ConnError
    ? reason
    : new ConnError("CONN_ABORTED", "Reading was aborted.", { cause: reason });
}
