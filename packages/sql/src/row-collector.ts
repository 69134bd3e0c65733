import { type Table, TableBuilder, type TableMeta } from "@conn/core";
import { cellReader, columnsOfTable, isValid, type Storage } from "@conn/core/toolkit";
import { type ColumnPlan, Columns } from "./columns.ts";
import { smallTable } from "./small-table.ts";

/** Few enough that the rows, and the texts in them, are garbage before the engine has moved them. */
const batchSize = 1024;

/**
 * Collects rows as they arrive into a table, batch by batch, and lets go of them. A column whose cells
 * break its plan goes on as the server sends it; what was read of it before is turned back.
 */
export class RowCollector {
  readonly #plans: readonly ColumnPlan[];
  readonly #columns: Columns;
  readonly #most: number;
  #table: TableBuilder | undefined;
  #rows: (readonly unknown[])[] = [];
  #length = 0;

  /** @param most Rows that are kept; further ones are counted alone. */
  constructor(plans: readonly ColumnPlan[], most: number = Infinity) {
    this.#plans = plans;
    this.#columns = new Columns(plans);
    this.#most = most;
  }

  /** Rows so far, those that were not kept among them. */
  get length(): number {
    return this.#length;
  }

  add(row: readonly unknown[]): void {
    if (++this.#length > this.#most) return;
    this.#rows.push(row);
    if (this.#rows.length === batchSize) this.#flush();
  }

  finish(meta: Partial<TableMeta>): Table {
    const told = this.#length > this.#most ? { ...meta, truncated: true } : meta;
    const small = this.#table ? undefined : smallTable(this.#plans, this.#rows, told);
    if (small) return small;
    this.#flush();
    return (this.#table ?? new TableBuilder(this.#columns.specs())).finish(told);
  }

  #flush(): void {
    const rows = this.#rows;
    if (rows.length === 0) return;
    this.#rows = [];
    const { chunks, broken } = this.#columns.read(rows);
    if (broken.size > 0 && this.#table) this.#table = this.#rebuilt(this.#table, broken);
    this.#table ??= new TableBuilder(this.#columns.specs());
    this.#table.appendColumns(chunks, rows.length);
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
