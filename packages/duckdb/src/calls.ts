import type { Table } from "@conn/core";
import type { Statement } from "@conn/core/sql";
import type { DuckDBConnection as Handle } from "@duckdb/node-api";
import { quoted } from "./dialect.ts";
import { stage, typedSelect } from "./load.ts";
import type { ExecuteResult } from "./options.ts";
import { readTable } from "./read.ts";
import { type Demands, prepare } from "./statement.ts";

export async function runQuery(
  handle: Handle,
  statement: Statement,
  {
    maxRows,
    signal,
    locked,
  }: { maxRows?: number | undefined; signal: AbortSignal; locked: boolean },
): Promise<Table> {
  const prepared = await prepare(handle, statement, { reads: true, locked });
  try {
    return await readTable(await prepared.stream(), { maxRows, signal });
  } finally {
    prepared.destroySync();
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
    const { rowsChanged } = result;
    const rows = await readTable(result, { signal });
    return { rowCount: rowsChanged || rows.length, rows };
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
