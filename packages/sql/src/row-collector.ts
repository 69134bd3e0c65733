import { type ColumnChunk, type Table, TableBuilder, type TableMeta } from "@conn/core";
import { type ColumnPlan, Columns } from "./columns.ts";

/** Few enough that the rows, and the texts in them, are garbage before the engine has moved them. */
const batchSize = 1024;

/**
 * Collects rows as they arrive into a table, batch by batch, and lets go of them. A column whose cells
 * break its plan goes on as the server sends it; what was read of it before is turned back.
 */
export class RowCollector {
  readonly #columns: Columns;
  readonly #most: number;
  #table: TableBuilder | undefined;
  #rows: (readonly unknown[])[] = [];
  #length = 0;
  /** The chunks of columns that a table gives back rounded: instants with microseconds. */
  readonly #exact = new Map<number, ColumnChunk[]>();

  /** @param most Rows that are kept; further ones are counted alone. */
  constructor(plans: readonly ColumnPlan[], most: number = Infinity) {
    this.#columns = new Columns(plans);
    this.#most = most;
    for (const [index, { spec }] of plans.entries())
      if (spec.type === "timestamp") this.#exact.set(index, []);
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
    this.#flush();
    const table = this.#table ?? new TableBuilder(this.#columns.specs());
    return table.finish({ ...meta, ...(this.#length > this.#most ? { truncated: true } : {}) });
  }

  #flush(): void {
    const rows = this.#rows;
    if (rows.length === 0) return;
    this.#rows = [];
    const { chunks, broken } = this.#columns.read(rows);
    if (broken.size > 0 && this.#table) this.#table = this.#rebuilt(this.#table, broken);
    this.#table ??= new TableBuilder(this.#columns.specs());
    this.#table.appendColumns(chunks, rows.length);
    for (const [index, parts] of this.#exact) parts.push(chunks[index]!);
  }

  #rebuilt(builder: TableBuilder, broken: ReadonlyMap<number, ColumnPlan>): TableBuilder {
    const before = builder.finish();
    const rebuilt = new TableBuilder(this.#columns.specs());
    const chunks = before.columns.map(({ name }, index) => {
      const parts = this.#exact.get(index);
      const cells = parts ? parts.flatMap(cellsOf) : [...before.column(name)];
      const restore = broken.get(index)?.restore;
      return restore ? cells.map((cell) => (cell === null ? null : restore(cell))) : cells;
    });
    rebuilt.appendColumns(chunks, before.length);
    for (const index of broken.keys()) this.#exact.delete(index);
    return rebuilt;
  }
}

function cellsOf(chunk: ColumnChunk): unknown[] {
  if ("rows" in chunk) return chunk.rows.map((row) => row[chunk.index]);
  const { values, valid } = "length" in chunk ? { values: chunk, valid: undefined } : chunk;
  return Array.from(values, (value, row) =>
    valid && !((valid[row >> 3]! >> (row & 7)) & 1) ? null : value,
  );
}
