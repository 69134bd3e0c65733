import { type ColumnChunk, type ColumnSpec, ConnError, type Table, TableBuilder } from "@conn/core";
import {
  type DuckDBDataChunk,
  type DuckDBResult,
  DuckDBTimestampTZVector,
  type DuckDBVector,
} from "@duckdb/node-api";
import { cellOf, specOf } from "./types.ts";

/** Milliseconds that reading may hold the event loop. */
const slice = 12;

/** The members of fixed-width vectors that DuckDB's declarations call private. */
interface Vector {
  readonly items?: unknown;
  readonly validity?: { readonly data: BigUint64Array | null };
}

export function columnsOf(result: DuckDBResult): ColumnSpec[] {
  return Array.from({ length: result.columnCount }, (_, index) => specOf(result, index));
}

/** The rest of a result as a table; with `maxRows`, as much of it. */
export async function readTable(
  result: DuckDBResult,
  { maxRows = Infinity, signal }: { maxRows?: number | undefined; signal: AbortSignal },
): Promise<Table> {
  const specs = columnsOf(result);
  const builder = new TableBuilder(specs);
  let since = performance.now();
  for (;;) {
    signal.throwIfAborted();
    const chunk = await result.fetchChunk();
    if (!chunk || chunk.rowCount === 0) return builder.finish();
    const room = maxRows - builder.length;
    if (room <= 0) return builder.finish({ truncated: true });
    builder.appendColumns(chunkColumns(chunk, specs), Math.min(room, chunk.rowCount));
    if (chunk.rowCount > room) return builder.finish({ truncated: true });
    if (performance.now() - since > slice) {
      await new Promise<void>((resolve) => setImmediate(resolve));
      since = performance.now();
    }
  }
}

/** The columns of a chunk, in memory of their own. */
export function chunkColumns(chunk: DuckDBDataChunk, specs: readonly ColumnSpec[]): ColumnChunk[] {
  return specs.map(({ type }, index) => columnOf(chunk.getColumnVector(index), type));
}

function columnOf(vector: DuckDBVector, type: ColumnSpec["type"]): ColumnChunk {
  const { items, validity } = vector as unknown as Vector;
  const bits = validity?.data;
  const valid = bits
    ? new Uint8Array(bits.buffer, bits.byteOffset, bits.byteLength).slice()
    : undefined;
  if (vector instanceof DuckDBTimestampTZVector)
    return {
      values: Float64Array.from(items as BigInt64Array, (micros) => Number(micros) / 1000),
      valid,
    };
  if ((type === "integer" || type === "float") && ArrayBuffer.isView(items))
    return { values: (items as Float64Array).slice(), valid };
  return Array.from({ length: vector.itemCount }, (_, row) => cellOf(vector.getItem(row), type));
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
