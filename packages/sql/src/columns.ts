import type { ColumnChunk, ColumnSpec } from "@conn/core";
import type { Filler, Rows } from "./fill.ts";

/** Turns a cell that is not null into the column type's value, or into `misfit` where that would lose something. */
export type Convert = (cell: unknown) => unknown;

export const misfit: unique symbol = Symbol("misfit");

/** The column as announced to a table, and how its cells get there; with neither way they go as they are. */
export interface ColumnPlan {
  readonly spec: ColumnSpec;
  readonly convert?: Convert | undefined;
  /** Turns a converted value back into the cell, for a column that breaks under way. Default: it is the cell. */
  readonly restore?: Convert | undefined;
  /** Reads the cells of so many rows straight into the table's memory. */
  readonly filler?: ((index: number, length: number) => Filler) | undefined;
}

const blockSize = 256;

/** Some rows, whose columns are read by what holds them. */
export interface Batch {
  readonly length: number;
  /** A column's cells in memory of their own; undefined where one of them is not what the column promises. */
  filled(index: number): ColumnChunk | undefined;
  /** A column's cells as the driver gives them, in an array of their own. */
  cells(index: number): unknown[];
  /** Lets go of the rows. */
  clear(): void;
}

/** What was read of some rows. */
export interface ReadColumns {
  readonly chunks: readonly ColumnChunk[];
  /** The plans of columns that lost their declared type; their cells are as the source stored them. */
  readonly broken: ReadonlyMap<number, ColumnPlan>;
}

const none: ReadonlyMap<number, ColumnPlan> = new Map();

/** The columns of a result. One whose cells break its declaration is read as it is from then on. */
export class Columns {
  #plans: readonly ColumnPlan[];

  constructor(plans: readonly ColumnPlan[]) {
    this.#plans = plans;
  }

  specs(): ColumnSpec[] {
    return this.#plans.map(({ spec }) => spec);
  }

  /** The rows' cells, column by column. */
  read(rows: Rows): ReadColumns {
    const filled = this.#fill(rows);
    return this.#read(
      ({ convert }, index) =>
        filled[index]?.finish() ?? (convert && converted(cellsOf(rows, index), convert)),
      (index) => ({ rows, index }),
    );
  }

  /** The same of rows that are not taken apart yet. */
  readBatch(batch: Batch): ReadColumns {
    return this.#read(
      ({ convert, filler }, index) =>
        (filler && batch.filled(index)) ?? (convert && converted(batch.cells(index), convert)),
      (index) => batch.cells(index),
    );
  }

  #read(
    typed: (plan: ColumnPlan, index: number) => ColumnChunk | undefined,
    asItIs: (index: number) => ColumnChunk,
  ): ReadColumns {
    let broken: Map<number, ColumnPlan> | undefined;
    const chunks = this.#plans.map((plan, index) => {
      const chunk = typed(plan, index);
      if (!chunk && plan.convert) (broken ??= new Map()).set(index, plan);
      return chunk ?? asItIs(index);
    });
    for (const [index, { spec }] of broken ?? none)
      this.#plans = this.#plans.with(index, { spec: { name: spec.name } });
    return { chunks, broken: broken ?? none };
  }

  /** The columns that go straight into memory, block by block: the rows of a block are still in the processor's cache. */
  #fill(rows: Rows): readonly (Filler | undefined)[] {
    const fillers = this.#plans.map(({ filler }, index) => filler?.(index, rows.length));
    for (let from = 0; from < rows.length; from += blockSize) {
      const to = Math.min(rows.length, from + blockSize);
      for (let index = 0; index < fillers.length; index++)
        if (fillers[index]?.fill(rows, from, to) === false) fillers[index] = undefined;
    }
    return fillers;
  }
}

/** The cells of one column. */
export function cellsOf(rows: Rows, index: number): unknown[] {
  return rows.map((row) => row[index]);
}

/** Cells as their column's type has them; undefined where one of them does not fit. */
function converted(cells: unknown[], convert: Convert): unknown[] | undefined {
  for (let row = 0; row < cells.length; row++) {
    const cell = cells[row];
    if (cell === null) continue;
    const value = convert(cell);
    if (value === misfit) return undefined;
    cells[row] = value;
  }
  return cells;
}
