import type { Table } from "@conn/core";
import { type DuckDBResult, StatementType } from "@duckdb/node-api";
import { Collected } from "./collected.ts";
import { Breath } from "./interrupt.ts";

/** The rest of a result as a table; with `maxRows`, as much of it. */
export async function readTable(
  result: DuckDBResult,
  { maxRows = Infinity, signal }: { maxRows?: number | undefined; signal: AbortSignal },
): Promise<Table> {
  const rows = new Collected(result);
  const breath = new Breath();
  for (;;) {
    signal.throwIfAborted();
    const chunk = await result.fetchChunk();
    if (!chunk || chunk.rowCount === 0) {
      assertWhole(result, signal);
      return rows.finish();
    }
    const room = maxRows - rows.length;
    if (room <= 0) return rows.finish({ truncated: true });
    rows.add(chunk, Math.min(room, chunk.rowCount));
    if (chunk.rowCount > room) return rows.finish({ truncated: true });
    await breath.take();
  }
}

/** A result in tables of `batchSize` rows and up to a chunk more, each read when it is asked for. */
export async function* readBatches(
  result: DuckDBResult,
  { batchSize, signal }: { batchSize: number; signal: AbortSignal },
): AsyncGenerator<Table, void, undefined> {
  const rows = new Collected(result);
  const breath = new Breath();
  for (;;) {
    signal.throwIfAborted();
    const chunk = await result.fetchChunk();
    if (!chunk || chunk.rowCount === 0) break;
    rows.add(chunk, chunk.rowCount);
    await breath.take();
    if (rows.length >= batchSize) yield rows.finish();
  }
  assertWhole(result, signal);
  if (rows.length > 0) yield rows.finish();
}

/** A result that ended before its end; DuckDB's client does not say why. */
export class BrokenOff extends Error {}

/**
 * A result that fails while it is read, or is interrupted, ends like one that is complete: with an empty
 * chunk. Afterwards the type of its statement is none.
 */
function assertWhole(result: DuckDBResult, signal: AbortSignal): void {
  signal.throwIfAborted();
  if (result.statementType === StatementType.INVALID)
    throw new BrokenOff("DuckDB broke the result off in its middle.");
}
