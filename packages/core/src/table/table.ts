import { ConnError } from "../errors.ts";
import { Collector } from "./collector.ts";
import { columnBytes, sliceColumn, type Core } from "./column.ts";
import { compiledRows, interpretedRows, type RowFactory } from "./rows.ts";
import type { ColumnInfo, ColumnSpec, TableMeta } from "./types.ts";
import { arrowType, ColumnView, type ArrowTypeLike } from "./view.ts";

const loaded: TableMeta = Object.freeze({ cached: false, age: 0, ms: 0 });

/** Rows from which compiling a row factory pays. */
const manyRows = 256;

interface Lazy {
  readonly core: Core;
  infos?: readonly ColumnInfo[];
  bytes?: number;
  factory?: RowFactory;
}

/** A table over a finished core, which must not change afterwards. */
export let makeTable: <Row extends object>(core: Core, meta?: Partial<TableMeta>) => Table<Row>;

/** The core of a table. */
export let coreOf: (table: Table<object>) => Core;

/**
 * Rows and columns that nobody can change. Rows are made when they are asked for, and belong to whoever asked:
 * nothing done to them, to their dates, bytes or nested values, reaches the table.
 */
export class Table<Row extends object = Record<string, unknown>> implements Iterable<Row> {
  readonly meta: TableMeta;
  // Shared by all facades of one core, so that what is computed once serves every cache hit.
  readonly #lazy: Lazy;

  private constructor(lazy: Lazy, meta: TableMeta) {
    this.#lazy = lazy;
    this.meta = meta;
  }

  static {
    // For the other files of this folder alone: a caller who reached the core could change it.
    makeTable = (core, meta) =>
      new Table({ core }, meta ? Object.freeze({ ...loaded, ...meta }) : loaded);
    coreOf = (table) => table.#lazy.core;
  }

  /** A table of objects; the columns are their own enumerable properties, in order of first appearance. */
  static fromRows<R extends object>(
    rows: Iterable<R>,
    options: { readonly columns?: readonly ColumnSpec[]; readonly meta?: Partial<TableMeta> } = {},
  ): Table<R> {
    const all = Array.isArray(rows) ? (rows as R[]) : [...rows];
    const builder = new Collector(options.columns ?? columnsOf(all));
    for (const row of all) builder.appendObject(row);
    return makeTable<R>(builder.finishCore(), options.meta);
  }

  /** A table of arrays, whose cells stand in the order of `columns`: names, or names with types. */
  static fromArrays<R extends object = Record<string, unknown>>(
    rows: Iterable<readonly unknown[]>,
    columns: readonly (string | ColumnSpec)[],
    meta?: Partial<TableMeta>,
  ): Table<R> {
    const builder = new Collector(
      columns.map((column) => (typeof column === "string" ? { name: column } : column)),
    );
    for (const row of rows) builder.append(row);
    return makeTable<R>(builder.finishCore(), meta);
  }

  get length(): number {
    return this.#lazy.core.length;
  }

  get columns(): readonly ColumnInfo[] {
    return (this.#lazy.infos ??= Object.freeze(
      this.#lazy.core.columns.map(({ name, type, nulls, scale }) =>
        Object.freeze({
          name,
          type,
          nullable: nulls > 0,
          ...(scale === undefined ? {} : { scale }),
        }),
      ),
    ));
  }

  /** Bytes of memory that the table takes, rounded up; facades over the same rows share them. */
  get byteLength(): number {
    return (this.#lazy.bytes ??= this.#lazy.core.columns.reduce(
      (sum, column) => sum + columnBytes(column),
      200,
    ));
  }

  /** All rows, as new plain objects. */
  rows(): Row[] {
    const factory = this.#factory();
    const rows: Row[] = [];
    for (let row = 0; row < this.length; row++) rows.push(factory(row) as Row);
    return rows;
  }

  /** One row, as a new plain object; a negative number counts from the end. Undefined beyond either. */
  at(row: number): Row | undefined {
    const index = row < 0 ? this.length + Math.trunc(row) : Math.trunc(row);
    return index >= 0 && index < this.length ? (this.#factory()(index) as Row) : undefined;
  }

  *[Symbol.iterator](): Generator<Row> {
    const factory = this.#factory();
    for (let row = 0; row < this.length; row++) yield factory(row) as Row;
  }

  /** A read-only view of one column. Errors: `CONN_ARGUMENT` where there is no such column. */
  column<Name extends keyof Row & string>(name: Name): ColumnView<Row[Name]> {
    const view = this.getChild(name);
    if (!view) throw noColumn(name, this.columns);
    return view as ColumnView<Row[Name]>;
  }

  /** The first rows: ten unless told. */
  head(rows = 10): Table<Row> {
    const length = Math.max(0, Math.min(Math.trunc(rows) || 0, this.length));
    if (length === this.length) return this;
    const columns = this.#lazy.core.columns.map((column) => sliceColumn(column, length));
    return new Table<Row>({ core: { length, columns } }, this.meta);
  }

  /** These columns, in this order. Errors: `CONN_ARGUMENT` where there is no such column. */
  select<Name extends keyof Row & string>(...names: Name[]): Table<Pick<Row, Name>> {
    const columns = [...new Set<string>(names)].map((name) => {
      const column = this.#lazy.core.columns.find((each) => each.name === name);
      if (!column) throw noColumn(name, this.columns);
      return column;
    });
    return new Table<Pick<Row, Name>>({ core: { length: this.length, columns } }, this.meta);
  }

  /** The same rows with other `meta`, in constant time: nothing is copied. */
  withMeta(meta: TableMeta): Table<Row> {
    return new Table<Row>(this.#lazy, meta);
  }

  // The members below are Arrow's, for libraries that read Arrow tables by shape.

  get schema(): {
    readonly fields: readonly { name: string; type: ArrowTypeLike; nullable: boolean }[];
  } {
    return {
      fields: this.columns.map(({ name, type, nullable }) => ({
        name,
        type: arrowType(type),
        nullable,
      })),
    };
  }

  get numRows(): number {
    return this.length;
  }

  get numCols(): number {
    return this.#lazy.core.columns.length;
  }

  getChild(name: string): ColumnView | null {
    const { core } = this.#lazy;
    const index = core.columns.findIndex((column) => column.name === name);
    return index < 0
      ? null
      : new ColumnView(core.columns[index]!, this.columns[index]!, this.length);
  }

  toArray(): Row[] {
    return this.rows();
  }

  #factory(): RowFactory {
    const make = this.length < manyRows ? interpretedRows : compiledRows;
    return (this.#lazy.factory ??= make(this.#lazy.core.columns));
  }
}

function columnsOf(rows: readonly object[]): ColumnSpec[] {
  const names = new Set<string>();
  for (const row of rows) for (const name of Object.keys(row)) names.add(name);
  return [...names].map((name) => ({ name }));
}

function noColumn(name: string, columns: readonly ColumnInfo[]): ConnError {
  return new ConnError("CONN_ARGUMENT", `The table has no column ${JSON.stringify(name)}.`, {
    hint: `It has: ${columns.map((column) => JSON.stringify(column.name)).join(", ") || "no columns"}.`,
  });
}
