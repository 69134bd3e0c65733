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
    let broken: Map<number, ColumnPlan> | undefined;
    const chunks = this.#plans.map((plan, index): ColumnChunk => {
      const { convert } = plan;
      const chunk = filled[index]?.finish() ?? (convert && convertColumn(rows, index, convert));
      if (!chunk && convert) (broken ??= new Map()).set(index, plan);
      return chunk ?? { rows, index };
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

/** A column's cells as its type has them; undefined where one of them does not fit. */
function convertColumn(rows: Rows, index: number, convert: Convert): unknown[] | undefined {
  const cells: unknown[] = [];
  for (const row of rows) {
    const cell = row[index];
    const converted = cell === null ? null : convert(cell);
    if (converted === misfit) return undefined;
    cells.push(converted);
  }
  return cells;
}
