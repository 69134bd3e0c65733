import { ConnError } from "../errors.ts";
import type { InferOutput, StandardSchemaV1 } from "../standard-schema.ts";
import type { ArrowTable } from "./arrow-values.ts";
import { Collector } from "./collector.ts";
import { columnBytes, sliceColumn, type Core } from "./column.ts";
import { printTable, sizeText, type PrintOptions } from "./print.ts";
import { compiledRows, interpretedRows, type RowFactory } from "./rows.ts";
import { printable } from "./sanitize.ts";
import { jsonValue, toCSV, toMarkdown, type CSVOptions } from "./text.ts";
import type { ColumnInfo, ColumnSpec, TableMeta } from "./types.ts";
import { setOwn } from "./values.ts";
import { arrowType, ColumnView, type ArrowTypeLike } from "./view.ts";

const loaded: TableMeta = Object.freeze({ cached: false, age: 0, ms: 0 });

/** Rows from which compiling a row factory pays. */
const manyRows = 256;

/** The rows that a schema makes. */
export type RowOf<S extends StandardSchemaV1> =
  InferOutput<S> extends object ? InferOutput<S> : never;

/** The part of Node's `util.InspectOptions` that is used here. */
interface InspectOptions {
  readonly depth?: number;
  readonly stylize: (text: string, style: "undefined") => string;
}

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

  /** A table of columns of equal length. Typed arrays are copied, for they remain the caller's. */
  static fromColumns<R extends object = Record<string, unknown>>(
    columns: Readonly<Record<string, ArrayLike<unknown>>>,
    options: { readonly columns?: readonly ColumnSpec[]; readonly meta?: Partial<TableMeta> } = {},
  ): Table<R> {
    const specs = options.columns ?? Object.keys(columns).map((name) => ({ name }));
    const chunks = specs.map(({ name }) => {
      const values = Object.hasOwn(columns, name) ? columns[name] : undefined;
      if (!values) throw noColumn(name, Object.keys(columns));
      return ArrayBuffer.isView(values) ? (values as unknown as Float64Array).slice() : values;
    });
    const length = chunks[0]?.length ?? 0;
    if (chunks.some((chunk) => chunk.length !== length)) {
      throw new ConnError("CONN_ARGUMENT", "The columns are not equally long.", {
        hint: `Their lengths: ${specs.map(({ name }, index) => `${printable(name)} ${chunks[index]!.length}`).join(", ")}.`,
      });
    }
    const collector = new Collector(specs);
    collector.appendColumns(chunks, length);
    return makeTable<R>(collector.finishCore(), options.meta);
  }

  /** A table of an Arrow table, of flechette or apache-arrow. An instant without a zone becomes a `datetime`. */
  static async fromArrow<R extends object = Record<string, unknown>>(
    arrow: ArrowTable,
    meta?: Partial<TableMeta>,
  ): Promise<Table<R>> {
    const { coreFromArrow } = await import("./arrow-values.ts");
    return makeTable<R>(coreFromArrow(arrow), meta);
  }

  /**
   * A table of Arrow's IPC format, stream or file.
   * Errors: `CONN_PACKAGE_MISSING` where `@uwdata/flechette` is not installed.
   */
  static async fromIPC<R extends object = Record<string, unknown>>(
    bytes: Uint8Array,
    meta?: Partial<TableMeta>,
  ): Promise<Table<R>> {
    const { readIPC } = await import("./arrow.ts");
    return makeTable<R>(await readIPC(bytes), meta);
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
    if (!view) throw noColumn(name, namesOf(this.columns));
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
      if (!column) throw noColumn(name, namesOf(this.columns));
      return column;
    });
    return new Table<Pick<Row, Name>>({ core: { length: this.length, columns } }, this.meta);
  }

  /** The same rows with other `meta`, in constant time: nothing is copied. */
  withMeta(meta: TableMeta): Table<Row> {
    return new Table<Row>(this.#lazy, meta);
  }

  /** Rows for `JSON.stringify`: bigint becomes decimal text and bytes base64, at any depth. */
  toJSON(): Record<string, unknown>[] {
    const rows = this.rows() as Record<string, unknown>[];
    for (const { name, storage } of this.#lazy.core.columns) {
      if (storage.kind !== "bigint" && storage.kind !== "plain" && storage.kind !== "object")
        continue;
      for (const row of rows) setOwn(row, name, jsonValue(row[name]));
    }
    return rows;
  }

  /** CSV by RFC 4180; see `CSVOptions`. */
  toCSV(options?: CSVOptions): string {
    return toCSV(this.#lazy.core, options);
  }

  /** A GitHub-flavored Markdown table. */
  toMarkdown(): string {
    return toMarkdown(this.#lazy.core);
  }

  /** A box that fits the terminal, in which no cell and no name can act on the terminal. */
  toString(options?: Omit<PrintOptions, "dim">): string {
    return printTable(this.#lazy.core, options);
  }

  /**
   * An Arrow table, made by `@uwdata/flechette`, in memory of its own.
   * Errors: `CONN_PACKAGE_MISSING` where that package is not installed.
   */
  async toArrow(): Promise<ArrowTable> {
    const { toArrow } = await import("./arrow.ts");
    return toArrow(this.#lazy.core);
  }

  /** The bytes of Arrow's IPC stream format. Errors: `CONN_PACKAGE_MISSING` as `toArrow`. */
  async toIPC(): Promise<Uint8Array> {
    const { toIPC } = await import("./arrow.ts");
    return toIPC(this.#lazy.core);
  }

  /**
   * The rows as a Standard Schema (zod, valibot, arktype and others) makes them, typed accordingly.
   * Errors: `CONN_ROW_INVALID`, which names row (the first is 1) and column of the first ten problems.
   */
  async validate<S extends StandardSchemaV1>(schema: S): Promise<Table<RowOf<S>>> {
    const { validRows } = await import("./validate.ts");
    const rows = (await validRows(this, schema)) as RowOf<S>[];
    // No row shows which columns an empty table has.
    if (rows.length === 0) return new Table(this.#lazy, this.meta);
    const types = new Map(this.columns.map((column) => [column.name, column]));
    const columns = columnsOf(rows).map(({ name }) => ({ name, ...pickType(types.get(name)) }));
    return Table.fromRows(rows, { columns, meta: this.meta });
  }

  /** What `console.log` shows: the box, or its size alone inside of another object. */
  [Symbol.for("nodejs.util.inspect.custom")](depth: number, options: InspectOptions): string {
    const { core } = this.#lazy;
    if (options.depth !== undefined && depth !== options.depth) return `Table(${sizeText(core)})`;
    return printTable(core, { dim: (text) => options.stylize(text, "undefined") });
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
  for (const [index, row] of rows.entries()) {
    if (typeof row !== "object" || row === null) {
      throw new ConnError(
        "CONN_ARGUMENT",
        `Row ${index + 1} is no object but ${row === null ? "null" : `a ${typeof row}`}.`,
        {
          hint: "For arrays use Table.fromArrays(rows, columns).",
        },
      );
    }
    for (const name of Object.keys(row)) names.add(name);
  }
  return [...names].map((name) => ({ name }));
}

function pickType(column: ColumnInfo | undefined): Partial<ColumnSpec> {
  return column && column.type !== "unknown" ? { type: column.type, scale: column.scale } : {};
}

function namesOf(columns: readonly ColumnInfo[]): string[] {
  return columns.map(({ name }) => name);
}

function noColumn(name: string, existing: readonly string[]): ConnError {
  return new ConnError("CONN_ARGUMENT", `The table has no column "${printable(name)}".`, {
    hint: `It has: ${existing.map(printable).join(", ") || "none"}.`,
  });
}
