import { type Table, TableBuilder } from "@conn/core";
import { abortedError } from "../aborted.ts";
import { Columns } from "../columns.ts";
import { breathe, outOfBreath } from "../breathe.ts";
import { IntegerOverflow, type SqliteStatement } from "./driver.ts";
import { planColumn } from "./types.ts";

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
  const columns = new Columns(statement.columns.map(planColumn));
  const started = performance.now();
  for (let bigints = false; ;) {
    try {
      if (!options.patient && options.maxRows === undefined) {
        return tableOf(columns, statement.all(values, bigints), started);
      }
      const read = await readOnce(statement, values, columns, bigints, options);
      const ms = performance.now() - started;
      if (read) return read.table.finish({ ms, ...(read.truncated ? { truncated: true } : {}) });
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
  const columns = new Columns(statement.columns.map(planColumn));
  // What was handed out cannot be read again, so integers come as bigints from the start.
  const rows = statement.rows(values, true);
  try {
    for (let done = false; !done;) {
      const started = performance.now();
      const batch: unknown[][] = [];
      while (batch.length < batchSize && !done) {
        // Looked at first: whoever ends a connection under a stream takes its handle away.
        checkAbort(signal);
        done = take(rows, batch, Math.min(batchSize, batch.length + chunkSize));
        if (outOfBreath()) await breathe();
      }
      if (batch.length === 0) return;
      yield tableOf(columns, batch, started);
    }
  } finally {
    endRows(rows);
  }
}

/** A table of rows that were read as bigints, and are not read again. */
export function tableOfRows(statement: SqliteStatement, rows: unknown[][]): Table {
  return tableOf(new Columns(statement.columns.map(planColumn)), rows, performance.now());
}

/** Tables of `batchSize` rows each. */
export function* tablesOfRows(
  statement: SqliteStatement,
  rows: unknown[][],
  batchSize: number,
  signal: AbortSignal | undefined,
): Generator<Table, void, undefined> {
  const columns = new Columns(statement.columns.map(planColumn));
  for (let from = 0; from < rows.length; from += batchSize) {
    checkAbort(signal);
    yield tableOf(columns, rows.slice(from, from + batchSize), performance.now());
  }
}

function tableOf(columns: Columns, rows: unknown[][], started: number): Table {
  const { chunks } = columns.read(rows);
  const table = new TableBuilder(columns.specs());
  table.appendColumns(chunks, rows.length);
  return table.finish({ ms: performance.now() - started });
}

/** One pass over the rows; undefined where the columns changed under way and it takes another. */
async function readOnce(
  statement: SqliteStatement,
  values: readonly unknown[],
  columns: Columns,
  bigints: boolean,
  { maxRows = Infinity, signal }: ReadOptions,
): Promise<{ readonly table: TableBuilder; readonly truncated: boolean } | undefined> {
  const source = chunksOf(statement.rows(values, bigints), maxRows);
  let table: TableBuilder | undefined;
  let again = false;
  let truncated = false;
  for (const chunk of source) {
    // After the first misfit the rest is only looked through for others, so that two passes suffice.
    const { chunks, broken } = columns.read(chunk.rows);
    if (broken.size > 0 && table) again = true;
    table ??= new TableBuilder(columns.specs());
    if (!again) table.appendColumns(chunks, chunk.rows.length);
    truncated = chunk.truncated;
    if (outOfBreath()) await breathe();
    checkAbort(signal);
  }
  return again ? undefined : { table: table ?? new TableBuilder(columns.specs()), truncated };
}

interface Chunk {
  readonly rows: unknown[][];
  /** Whether rows beyond the limit were left out. */
  readonly truncated: boolean;
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
        truncated: !done && count >= maxRows && !rows.next().done,
      };
    }
  } finally {
    endRows(rows);
  }
}

/** Gives the statement back; of a handle that was closed meanwhile there is nothing to give. */
function endRows(rows: Iterator<unknown[], unknown, undefined>): void {
  try {
    rows.return?.();
  } catch {
    // The failure that closed it is the one to tell.
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

/** Ends a reading when asked to. */
function checkAbort(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw abortedError(signal, "Reading was aborted.");
}
