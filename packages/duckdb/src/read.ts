import { type ColumnSpec, type Table, TableBuilder } from "@conn/core";
import { type DuckDBResult, StatementType } from "@duckdb/node-api";
import { ChunkReader } from "./columns.ts";
import { Breath } from "./interrupt.ts";
import { specOf } from "./types.ts";

/** The rest of a result as a table; with `maxRows`, as much of it. */
export async function readTable(
  result: DuckDBResult,
  { maxRows = Infinity, signal }: { maxRows?: number | undefined; signal: AbortSignal },
): Promise<Table> {
  const reader = new ChunkReader(result);
  const builder = new TableBuilder(columnsOf(result));
  const breath = new Breath();
  for (;;) {
    signal.throwIfAborted();
    const chunk = await result.fetchChunk();
    if (!chunk || chunk.rowCount === 0) {
      assertWhole(result, signal);
      return builder.finish();
    }
    const room = maxRows - builder.length;
    if (room <= 0) return builder.finish({ truncated: true });
    builder.appendColumns(reader.read(chunk), Math.min(room, chunk.rowCount));
    if (chunk.rowCount > room) return builder.finish({ truncated: true });
    await breath.take();
  }
}

/** A result in tables of `batchSize` rows and up to a chunk more, each read when it is asked for. */
export async function* readBatches(
  result: DuckDBResult,
  { batchSize, signal }: { batchSize: number; signal: AbortSignal },
): AsyncGenerator<Table, void, undefined> {
  const reader = new ChunkReader(result);
  const specs = columnsOf(result);
  const breath = new Breath();
  let builder = new TableBuilder(specs);
  for (;;) {
    signal.throwIfAborted();
    const chunk = await result.fetchChunk();
    if (!chunk || chunk.rowCount === 0) break;
    builder.appendColumns(reader.read(chunk), chunk.rowCount);
    await breath.take();
    if (builder.length < batchSize) continue;
    yield builder.finish();
    builder = new TableBuilder(specs);
  }
  assertWhole(result, signal);
  if (builder.length > 0) yield builder.finish();
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

function columnsOf(result: DuckDBResult): ColumnSpec[] {
  return Array.from({ length: result.columnCount }, (_, index) => specOf(result, index));
}
