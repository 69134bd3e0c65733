import { type ColumnSpec, ConnError, type Table, TableBuilder } from "@conn/core";
import type { DuckDBResult } from "@duckdb/node-api";
import { ChunkReader } from "./columns.ts";
import { specOf } from "./types.ts";

export { ChunkReader };

/** Milliseconds that reading may hold the event loop. */
const slice = 12;

/** The columns of a result as a table announces them. */
export function columnsOf(result: DuckDBResult): ColumnSpec[] {
  return Array.from({ length: result.columnCount }, (_, index) => specOf(result, index));
}

/** The rest of a result as a table; with `maxRows`, as much of it. */
export async function readTable(
  result: DuckDBResult,
  { maxRows = Infinity, signal }: { maxRows?: number | undefined; signal: AbortSignal },
): Promise<Table> {
  const reader = new ChunkReader(result);
  const builder = new TableBuilder(columnsOf(result));
  let since = performance.now();
  for (;;) {
    signal.throwIfAborted();
    const chunk = await result.fetchChunk();
    if (!chunk || chunk.rowCount === 0) return builder.finish();
    const room = maxRows - builder.length;
    if (room <= 0) return builder.finish({ truncated: true });
    builder.appendColumns(reader.read(chunk), Math.min(room, chunk.rowCount));
    if (chunk.rowCount > room) return builder.finish({ truncated: true });
    if (performance.now() - since > slice) {
      await new Promise<void>((resolve) => setImmediate(resolve));
      since = performance.now();
    }
  }
}

/**
 * Interrupts once the signal is aborted, until the function that it returns is called. DuckDB forgets an
 * interrupt that comes before the statement has begun, hence again and again.
 *
 * @throws CONN_ABORTED where it is aborted already.
 */
export function interruptOn(signal: AbortSignal, interrupt: () => void): () => void {
  if (signal.aborted)
    throw new ConnError("CONN_ABORTED", "The call was aborted.", { cause: signal.reason });
  let timer: NodeJS.Timeout | undefined;
  const abort = (): void => {
    interrupt();
    timer = setInterval(interrupt, 10);
  };
  signal.addEventListener("abort", abort, { once: true });
  return () => {
    clearInterval(timer);
    signal.removeEventListener("abort", abort);
  };
}
