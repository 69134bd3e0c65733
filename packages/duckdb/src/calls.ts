import { Table } from "@conn/core";
import type { Statement } from "@conn/core/sql";
import { type DuckDBConnection as Handle, ResultReturnType } from "@duckdb/node-api";
import { bind } from "./bind.ts";
import { quoted } from "./dialect.ts";
import { stage, typedSelect } from "./load.ts";
import type { ExecuteResult } from "./options.ts";
import { BrokenOff, readBatches, readTable } from "./read.ts";
import { type Demands, prepare } from "./statement.ts";

export interface QueryDemands {
  readonly maxRows?: number | undefined;
  readonly signal: AbortSignal;
  readonly locked: boolean;
}

/** Reads while DuckDB still works, so that it need not hold the whole result as well. */
export async function runQuery(
  handle: Handle,
  statement: Statement,
  { maxRows, signal, locked }: QueryDemands,
): Promise<Table> {
  const prepared = await prepare(handle, statement, { reads: true, locked });
  try {
    return await readTable(await prepared.stream(), { maxRows, signal });
  } catch (error) {
    throw await reasonOf(error, handle, statement);
  } finally {
    prepared.destroySync();
  }
}

/** The same once DuckDB is done: within a transaction, a result that breaks off could not be asked why. */
export async function runQueryWhole(
  handle: Handle,
  statement: Statement,
  { maxRows, signal, locked }: QueryDemands,
): Promise<Table> {
  const prepared = await prepare(handle, statement, { reads: true, locked });
  try {
    return await readTable(await prepared.run(), { maxRows, signal });
  } finally {
    prepared.destroySync();
  }
}

export async function* runStream(
  handle: Handle,
  statement: Statement,
  { batchSize, signal, locked }: QueryDemands & { batchSize: number },
): AsyncGenerator<Table, void, undefined> {
  const prepared = await prepare(handle, statement, { reads: true, locked });
  try {
    yield* readBatches(await prepared.stream(), { batchSize, signal });
  } catch (error) {
    throw await reasonOf(error, handle, statement);
  } finally {
    prepared.destroySync();
  }
}

/** Why a result broke off: DuckDB tells it when the statement runs again, without its rows. */
async function reasonOf(
  error: unknown,
  handle: Handle,
  { text, values }: Statement,
): Promise<unknown> {
  if (!(error instanceof BrokenOff)) return error;
  try {
    const statements = await handle.extractStatements(`explain analyze ${text}`);
    const prepared = await statements.prepare(0);
    bind(prepared, values);
    await prepared.run();
    return error;
  } catch (reason) {
    return reason;
  }
}

export async function runExecute(
  handle: Handle,
  statement: Statement,
  { signal, ...demands }: Demands & { signal: AbortSignal },
): Promise<ExecuteResult> {
  const prepared = await prepare(handle, statement, demands);
  try {
    const result = await prepared.run();
    const { returnType, rowsChanged } = result;
    const rows = await readTable(result, { signal });
    if (returnType === ResultReturnType.QUERY_RESULT)
      return { rowCount: rowsChanged || rows.length, rows };
    // What comes here is a row with the number, if anything: of CREATE TABLE AS it stands nowhere else.
    const rowCount = rowsChanged || Number(rows.at(0)?.["Count"] ?? 0);
    return { rowCount, rows: Table.fromArrays([], []) };
  } finally {
    prepared.destroySync();
  }
}

/** Adds rows to a table in one statement: all of them, or none. Columns are matched by name. */
export async function runAppend(
  handle: Handle,
  target: string,
  table: Table<object>,
  signal: AbortSignal,
): Promise<number> {
  if (table.length === 0) return 0;
  await stage(handle, table, signal);
  const select = await typedSelect(handle, table);
  const path = target.split(".").map(quoted).join(".");
  const { rowsChanged } = await handle.run(`insert into ${path} by name ${select}`);
  await handle.run("drop table temp.main.conn_staging");
  return rowsChanged;
}
