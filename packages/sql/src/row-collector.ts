import { type Table, TableBuilder, type TableMeta } from "@conn/core";
import { cellReader, columnsOfTable, isValid, type Storage } from "@conn/core/toolkit";
import { type Batch, type ColumnPlan, Columns, type ReadColumns } from "./columns.ts";
import { smallTable } from "./small-table.ts";

/** Few enough that the rows, and the texts in them, are garbage before the engine has moved them. */
const batchSize = 1024;

/**
 * Collects rows as they arrive into a table, batch by batch, and lets go of them. A column whose cells
 * break its plan goes on as the server sends it; what was read of it before is turned back.
 */
export class RowCollector {
  readonly #columns: Columns;
  readonly #most: number;
  readonly #batch: Batch | undefined;
  #table: TableBuilder | undefined;
  #rows: (readonly unknown[])[] = [];
  #length = 0;

  /**
   * @param most Rows that are kept; further ones are counted alone.
   * @param batch What holds rows that are not taken apart yet: its last ones are read by `finish`.
   */
  constructor(plans: readonly ColumnPlan[], most: number = Infinity, batch?: Batch) {
    this.#columns = new Columns(plans);
    this.#most = most;
    this.#batch = batch;
  }

  /** Rows so far, those that were not kept among them. */
  get length(): number {
    return this.#length + (this.#batch?.length ?? 0);
  }

  add(row: readonly unknown[]): void {
    if (++this.#length > this.#most) return;
    this.#rows.push(row);
    if (this.#rows.length === batchSize) this.#append(this.#read());
  }

  /** Takes the batch's rows, which has room for others then. */
  addBatch(): void {
    this.#append(this.#read());
  }

  finish(meta: Partial<TableMeta>): Table {
    const told = this.#length > this.#most ? { ...meta, truncated: true } : meta;
    const read = this.#read();
    if (!this.#table && read.broken.size === 0) {
      const small = smallTable(this.#columns.specs(), read.chunks, read.length, told);
      if (small) return small;
    }
    this.#append(read);
    return this.#table!.finish(told);
  }

  /** What has come since the last time. */
  #read(): ReadColumns & { readonly length: number } {
    const [rows, batch] = [this.#rows, this.#batch];
    if (!batch || batch.length === 0) {
      this.#rows = [];
      return { ...this.#columns.read(rows), length: rows.length };
    }
    const { length } = batch;
    const read = this.#columns.readBatch(batch);
    batch.clear();
    this.#length += length;
    return { ...read, length };
  }

  #append({ chunks, broken, length }: ReadColumns & { readonly length: number }): void {
    if (broken.size > 0 && this.#table) this.#table = this.#rebuilt(this.#table, broken);
    this.#table ??= new TableBuilder(this.#columns.specs());
    this.#table.appendColumns(chunks, length);
  }

  #rebuilt(builder: TableBuilder, broken: ReadonlyMap<number, ColumnPlan>): TableBuilder {
    const before = builder.finish();
    const rebuilt = new TableBuilder(this.#columns.specs());
    const chunks = columnsOfTable(before).map(({ storage }, index) => {
      const cells = cellsOf(storage, before.length);
      const restore = broken.get(index)?.restore;
      return restore ? cells.map((cell) => (cell === null ? null : restore(cell))) : cells;
    });
    rebuilt.appendColumns(chunks, before.length);
    return rebuilt;
  }
}

/** As they were collected: a Date would cut microseconds off. */
function cellsOf(storage: Storage, length: number): unknown[] {
  const read =
    storage.kind === "instant"
      ? (row: number) => (isValid(storage.valid, row) ? storage.data[row] : null)
      : cellReader(storage);
  return Array.from({ length }, (_, row) => read(row));
}
