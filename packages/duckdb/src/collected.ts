import { type ColumnSpec, type Table, TableBuilder, type TableMeta } from "@conn/core";
import { cellReader, columnsOfTable, isValid, type Storage } from "@conn/core/toolkit";
import { type DuckDBDataChunk, type DuckDBResult, DuckDBTimestampTZValue } from "@duckdb/node-api";
import { ChunkReader } from "./columns.ts";
import { temporalText } from "./temporal.ts";
import { specOf } from "./types.ts";

/** Collects a result's chunks into tables. A column in which `infinity` is found goes on as text. */
export class Collected {
  readonly #reader: ChunkReader;
  readonly #specs: ColumnSpec[];
  #builder: TableBuilder;

  constructor(result: DuckDBResult) {
    this.#reader = new ChunkReader(result);
    this.#specs = Array.from({ length: result.columnCount }, (_, index) => specOf(result, index));
    this.#builder = new TableBuilder(this.#specs);
  }

  /** Rows so far. */
  get length(): number {
    return this.#builder.length;
  }

  add(chunk: DuckDBDataChunk, rows: number): void {
    const toText = new Set<number>();
    const columns = this.#reader.read(chunk, (index) => toText.add(index));
    if (toText.size > 0) this.#rebuild(toText);
    this.#builder.appendColumns(columns, rows);
  }

  /** The rows so far; what is added afterwards begins another table. */
  finish(meta?: Partial<TableMeta>): Table {
    const table = this.#builder.finish(meta);
    this.#builder = new TableBuilder(this.#specs);
    return table;
  }

  #rebuild(toText: ReadonlySet<number>): void {
    const before = this.#builder.finish();
    for (const index of toText)
      this.#specs[index] = { name: this.#specs[index]!.name, type: "string" };
    this.#builder = new TableBuilder(this.#specs);
    const columns = columnsOfTable(before).map(({ storage }, index) => {
      const read = toText.has(index) ? textReader(storage) : readerOf(storage);
      return Array.from({ length: before.length }, (_, row) => read(row));
    });
    this.#builder.appendColumns(columns, before.length);
  }
}

type CellReader = (row: number) => unknown;

/** As they were collected: a Date would cut microseconds off. */
function readerOf(storage: Storage): CellReader {
  if (storage.kind !== "instant") return cellReader(storage);
  return (row) => (isValid(storage.valid, row) ? storage.data[row] : null);
}

/** The dates or timestamps of a column as DuckDB writes them in UTC. */
function textReader(storage: Storage): CellReader {
  const read = readerOf(storage);
  return (row) => {
    const cell = read(row);
    if (typeof cell !== "number") return (cell as string | null)?.replace("T", " ") ?? null;
    return temporalText(new DuckDBTimestampTZValue(BigInt(Math.round(cell * 1000))));
  };
}
