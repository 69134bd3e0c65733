import { ConnError } from "../errors.ts";
import { type Column, type Core, isValid } from "./column.ts";
import type { Sink } from "./sink.ts";
import { adoptingSink, firstSink, widen } from "./sinks.ts";
import { TypedSink } from "./typed-sinks.ts";
import type { ColumnSpec } from "./types.ts";

/** A column's values; `valid` is a bitmap, lowest bit first, where 0 means null. */
export type ColumnChunk =
  | ArrayLike<unknown>
  | { readonly values: ArrayLike<unknown>; readonly valid?: Uint8Array | undefined }
  /** The cells at one place of rows: saves an array of them. */
  | { readonly rows: readonly (readonly unknown[])[]; readonly index: number };

/** Collects rows into columns; `TableBuilder` describes how. */
export class Collector {
  readonly #specs: readonly ColumnSpec[];
  readonly #sinks: Sink[];
  #inherited: boolean | undefined;
  #length = 0;
  #finished = false;

  constructor(columns: readonly ColumnSpec[]) {
    this.#specs = withUniqueNames(columns);
    this.#sinks = columns.map((column) => firstSink(column.type));
  }

  /** Rows so far. */
  get length(): number {
    return this.#length;
  }

  /** Adds a row whose cells stand in the order of the columns; absent ones are null. */
  append(row: readonly unknown[]): void {
    const sinks = this.#sinks;
    if (row.length > sinks.length) throw rowTooLong(this.#length, row.length, sinks.length);
    for (let index = 0; index < sinks.length; index++) {
      const value = row[index];
      if (!sinks[index]!.add(value)) this.#widen(index, value);
    }
    this.#length++;
  }

  /** Adds rows whose cells stand in the order of the columns: the quickest way for many. */
  appendRows(rows: readonly (readonly unknown[])[]): void {
    for (const row of rows) this.append(row);
  }

  /** Adds a row by its own properties; absent ones are null, others than the columns are ignored. */
  appendObject(row: object): void {
    const [sinks, specs] = [this.#sinks, this.#specs];
    const inherited = (this.#inherited ??= specs.some(({ name }) => name in Object.prototype));
    for (let index = 0; index < sinks.length; index++) {
      const { name } = specs[index]!;
      // Only names that every object inherits need the slower look.
      const absent = inherited && name in Object.prototype && !Object.hasOwn(row, name);
      const value = absent ? null : (row as Record<string, unknown>)[name];
      if (!sinks[index]!.add(value)) this.#widen(index, value);
    }
    this.#length++;
  }

  /**
   * Adds `length` rows column by column. A typed array that fits its column's type becomes the column's memory
   * where the builder was empty: it must not be changed afterwards.
   */
  appendColumns(chunks: readonly ColumnChunk[], length: number): void {
    if (chunks.length !== this.#sinks.length)
      throw rowTooLong(this.#length, chunks.length, this.#sinks.length);
    for (let index = 0; index < chunks.length; index++) {
      const chunk = chunks[index]!;
      if ("rows" in chunk) {
        this.#appendCells(index, chunk.rows, chunk.index, length);
        continue;
      }
      const { values, valid } = isBare(chunk) ? { values: chunk, valid: undefined } : chunk;
      if (values.length < length) {
        throw new ConnError(
          "CONN_ARGUMENT",
          `Column ${index + 1} has ${values.length} values where ${length} are due.`,
        );
      }
      const fresh = this.#length === 0 ? this.#sinks[index] : undefined;
      const adopted = adoptingSink(this.#specs[index]!.type, values, valid, length, fresh);
      if (adopted && fresh) this.#sinks[index] = adopted;
      else if (!appended(this.#sinks[index]!, adopted))
        this.#appendColumn(index, values, valid, length);
    }
    this.#length += length;
  }

  /** What was collected. Nothing can be added afterwards. */
  finishCore(): Core {
    if (this.#finished)
      throw new ConnError("CONN_ARGUMENT", "This TableBuilder is finished already.");
    this.#finished = true;
    const columns = this.#sinks.map((sink, index): Column => {
      const { name, scale } = this.#specs[index]!;
      return { name, type: sink.type, scale, nulls: sink.nulls, storage: sink.finish() };
    });
    return { length: this.#length, columns };
  }

  #appendCells(
    index: number,
    rows: readonly (readonly unknown[])[],
    cell: number,
    length: number,
  ): void {
    let sink = this.#sinks[index]!;
    for (let row = 0; row < length; row++) {
      const value = rows[row]![cell];
      if (!sink.add(value)) {
        this.#widen(index, value);
        sink = this.#sinks[index]!;
      }
    }
  }

  #appendColumn(
    index: number,
    values: ArrayLike<unknown>,
    valid: Uint8Array | undefined,
    length: number,
  ): void {
    let sink = this.#sinks[index]!;
    for (let row = 0; row < length; row++) {
      const value = isValid(valid, row) ? values[row] : null;
      if (!sink.add(value)) {
        this.#widen(index, value);
        sink = this.#sinks[index]!;
      }
    }
  }

  #widen(index: number, value: unknown): void {
    this.#sinks[index] = widen(this.#sinks[index]!, this.#specs[index]!.type, value);
  }
}

/** Whether the sink has taken in what another one of its class holds. */
function appended(sink: Sink, other: Sink | undefined): boolean {
  return (
    sink instanceof TypedSink &&
    sink.constructor === other?.constructor &&
    sink.append(other as typeof sink)
  );
}

function isBare(chunk: ColumnChunk): chunk is ArrayLike<unknown> {
  return "length" in chunk;
}

/** Names that occur once keep their name, so a suffix never takes another column's. */
export function withUniqueNames(columns: readonly ColumnSpec[]): readonly ColumnSpec[] {
  if (areUnique(columns)) return columns.slice();
  const taken = new Set(columns.map(({ name }) => name));
  const seen = new Set<string>();
  return columns.map((column) => {
    let { name } = column;
    for (let count = 2; seen.has(name) || (name !== column.name && taken.has(name)); count++) {
      name = `${column.name}_${count}`;
    }
    seen.add(name);
    return name === column.name ? column : { ...column, name };
  });
}

/** The most columns whose names are compared one by one: for a table of one row a Set would cost more than the row. */
const fewColumns = 16;

function areUnique(columns: readonly ColumnSpec[]): boolean {
  if (columns.length > fewColumns)
    return new Set(columns.map(({ name }) => name)).size === columns.length;
  for (let index = 1; index < columns.length; index++)
    for (let before = 0; before < index; before++)
      if (columns[before]!.name === columns[index]!.name) return false;
  return true;
}

function rowTooLong(row: number, cells: number, columns: number): ConnError {
  return new ConnError(
    "CONN_ARGUMENT",
    `Row ${row + 1} has ${cells} cells, and the table ${columns} columns.`,
  );
}
