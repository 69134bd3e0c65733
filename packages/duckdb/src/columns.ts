import type { ColumnChunk } from "@conn/core";
import {
  type DuckDBDataChunk,
  DuckDBDateValue,
  type DuckDBResult,
  DuckDBTimestampValue,
  DuckDBTypeId,
} from "@duckdb/node-api";
import bindings from "@duckdb/node-bindings";
import { DatetimeWriter } from "./datetimes.ts";
import { TextReader } from "./texts.ts";
import { cellOf, isJson, specOf } from "./types.ts";
import { isoText, isTemporal, temporalText } from "./temporal.ts";

/** The memory of one column of a chunk. It is DuckDB's, and must be copied before the next chunk is asked for. */
interface Memory {
  readonly data: Uint8Array;
  readonly rows: number;
  /** A bitmap, lowest bit first, where 0 means null; undefined where nothing is. */
  readonly valid: Uint8Array | undefined;
}

/** Reads a column of a chunk; undefined where a value is none that the column's type has, such as `infinity`. */
type ColumnReader = (chunk: DuckDBDataChunk) => ColumnChunk | undefined;

/** Reads the columns of a result's chunks, each type in the quickest way that there is for it. */
export class ChunkReader {
  readonly #columns: ColumnReader[];

  constructor(result: DuckDBResult) {
    this.#columns = Array.from({ length: result.columnCount }, (_, index) =>
      columnReader(result, index),
    );
  }

  /**
   * The columns of a chunk, in memory of their own.
   *
   * @param toText Called with each column that is text from this chunk on.
   */
  read(chunk: DuckDBDataChunk, toText: (index: number) => void): ColumnChunk[] {
    return this.#columns.map((column, index) => {
      const read = column(chunk);
      if (read) return read;
      toText(index);
      const written = (later: DuckDBDataChunk): ColumnChunk => writtenColumn(later, index);
      this.#columns[index] = written;
      return written(chunk);
    });
  }
}

function writtenColumn(chunk: DuckDBDataChunk, index: number): ColumnChunk {
  const vector = chunk.getColumnVector(index);
  return eachRow(vector.itemCount, (row) => {
    const value = vector.getItem(row);
    return isTemporal(value) ? temporalText(value) : null;
  });
}

function columnReader(result: DuckDBResult, index: number): ColumnReader {
  const { type } = specOf(result, index);
  const json = isJson(result, index);
  const id = result.columnType(index).typeId;
  const found = memoryReader(id);
  const size = widths.get(id);
  if (found === undefined || size === undefined || json)
    return (chunk) => {
      const vector = chunk.getColumnVector(index);
      const cell = (row: number): unknown => {
        const value = vector.getItem(row);
        return type === "datetime" && isTemporal(value) ? isoText(value) : cellOf(value, type);
      };
      return whole(eachRow(vector.itemCount, cell));
    };
  return (chunk) => {
    const rows = chunk.rowCount;
    const vector = bindings.data_chunk_get_vector(chunk.chunk, index);
    const data = bindings.vector_get_data(vector, rows * size);
    // The declarations leave out that there is no bitmap where nothing is null.
    const bits = bindings.vector_get_validity(vector, ((rows + 63) >> 6) * 8) as
      | Uint8Array
      | undefined;
    return found({ data, rows, valid: bits?.slice() });
  };
}

/** Bytes of a value of the types that are read from memory. */
const widths: ReadonlyMap<DuckDBTypeId, number> = new Map([
  [DuckDBTypeId.BOOLEAN, 1],
  [DuckDBTypeId.TINYINT, 1],
  [DuckDBTypeId.UTINYINT, 1],
  [DuckDBTypeId.SMALLINT, 2],
  [DuckDBTypeId.USMALLINT, 2],
  [DuckDBTypeId.INTEGER, 4],
  [DuckDBTypeId.UINTEGER, 4],
  [DuckDBTypeId.FLOAT, 4],
  [DuckDBTypeId.DATE, 4],
  [DuckDBTypeId.BIGINT, 8],
  [DuckDBTypeId.DOUBLE, 8],
  [DuckDBTypeId.TIMESTAMP, 8],
  [DuckDBTypeId.TIMESTAMP_TZ, 8],
  [DuckDBTypeId.VARCHAR, 16],
]);

type MemoryReader = (memory: Memory) => ColumnChunk | undefined;

function memoryReader(id: DuckDBTypeId): MemoryReader | undefined {
  switch (id) {
    case DuckDBTypeId.BOOLEAN:
      return booleans;
    case DuckDBTypeId.TINYINT:
      return numbers(Int8Array);
    case DuckDBTypeId.UTINYINT:
      return numbers(Uint8Array);
    case DuckDBTypeId.SMALLINT:
      return numbers(Int16Array);
    case DuckDBTypeId.USMALLINT:
      return numbers(Uint16Array);
    case DuckDBTypeId.INTEGER:
      return numbers(Int32Array);
    case DuckDBTypeId.UINTEGER:
      return numbers(Uint32Array);
    case DuckDBTypeId.FLOAT:
      return numbers(Float32Array);
    case DuckDBTypeId.DOUBLE:
      return numbers(Float64Array);
    case DuckDBTypeId.BIGINT:
      return integers;
    case DuckDBTypeId.TIMESTAMP_TZ:
      return instants;
    case DuckDBTypeId.TIMESTAMP:
      return datetimes();
    case DuckDBTypeId.DATE:
      return dates();
    case DuckDBTypeId.VARCHAR:
      return texts();
    default:
      return undefined;
  }
}

interface NumbersOf {
  new (
    buffer: ArrayBufferLike,
    offset: number,
    length: number,
  ): { slice(): ArrayLike<number> & ArrayBufferView };
}

function numbers(Numbers: NumbersOf): (memory: Memory) => ColumnChunk {
  return ({ data, rows, valid }) => ({
    values: new Numbers(data.buffer, data.byteOffset, rows).slice(),
    valid,
  });
}

function booleans({ data, rows, valid }: Memory): ColumnChunk {
  return { values: eachRow(rows, (row) => data[row] === 1), valid };
}

/** 64-bit integers as numbers while all of a chunk are safe, without making a bigint of any. */
function integers({ data, rows, valid }: Memory): ColumnChunk {
  const halves = new Int32Array(data.buffer, data.byteOffset, rows * 2);
  const values = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    const high = halves[row * 2 + 1]!;
    const value = high * 2 ** 32 + (halves[row * 2]! >>> 0);
    // What a null's memory holds means nothing, and must not decide.
    if (!Number.isSafeInteger(value) && isValid(valid, row))
      return { values: new BigInt64Array(data.buffer, data.byteOffset, rows).slice(), valid };
    values[row] = value;
  }
  return { values, valid };
}

/** Of a Date. */
const mostMs = 8.64e15;

/** Microseconds since 1970, as milliseconds with a fraction; without, where a number is not exact. */
function instants({ data, rows, valid }: Memory): ColumnChunk | undefined {
  const halves = new Int32Array(data.buffer, data.byteOffset, rows * 2);
  const exact = new BigInt64Array(data.buffer, data.byteOffset, rows);
  const values = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    const micros = microsAt(halves, row);
    const ms = Number.isSafeInteger(micros) ? micros / 1000 : wholeMs(exact[row]!);
    if (Math.abs(ms) > mostMs && isValid(valid, row)) return undefined;
    values[row] = ms;
  }
  return { values, valid };
}

/** Rounded up, the last moment of the year 9999 would be in the next. */
function wholeMs(micros: bigint): number {
  const within = ((micros % 1000n) + 1000n) % 1000n;
  return Number((micros - within) / 1000n);
}

function datetimes(): MemoryReader {
  const writer = new DatetimeWriter();
  return ({ data, rows, valid }) => {
    const halves = new Int32Array(data.buffer, data.byteOffset, rows * 2);
    const exact = new BigInt64Array(data.buffer, data.byteOffset, rows);
    const datetime = (row: number): string | undefined =>
      writer.write(microsAt(halves, row)) ?? isoText(new DuckDBTimestampValue(exact[row]!));
    return whole(eachRow(rows, (row) => (isValid(valid, row) ? datetime(row) : null)));
  };
}

function dates(): MemoryReader {
  const known = new Map<number, string | undefined>();
  const text = (days: number): string | undefined => {
    let date = known.get(days);
    if (date === undefined) {
      date = isoText(new DuckDBDateValue(days));
      // Four centuries of days; more are rather mistakes than dates that come again.
      if (known.size < 150_000) known.set(days, date);
    }
    return date;
  };
  return ({ data, rows, valid }) => {
    const days = new Int32Array(data.buffer, data.byteOffset, rows);
    return whole(eachRow(rows, (row) => (isValid(valid, row) ? text(days[row]!) : null)));
  };
}

function whole<T>(cells: (T | undefined)[]): T[] | undefined {
  return cells.includes(undefined) ? undefined : (cells as T[]);
}

function texts(): (memory: Memory) => ColumnChunk {
  const reader = new TextReader();
  return ({ data, rows, valid }) => reader.read(data, rows, valid);
}

/** A loop: `Array.from` takes several times as long. */
function eachRow<T>(rows: number, cell: (row: number) => T): T[] {
  const cells: T[] = [];
  cells.length = rows;
  for (let row = 0; row < rows; row++) cells[row] = cell(row);
  return cells;
}

function microsAt(halves: Int32Array, row: number): number {
  return halves[row * 2 + 1]! * 2 ** 32 + (halves[row * 2]! >>> 0);
}

function isValid(valid: Uint8Array | undefined, row: number): boolean {
  return valid === undefined || ((valid[row >> 3]! >> (row & 7)) & 1) === 1;
}
