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

/** The columns of a result. One whose cells break its declaration is read as it is from then on. */
export class Columns {
  readonly #plans: ColumnPlan[];

  constructor(plans: readonly ColumnPlan[]) {
    this.#plans = [...plans];
  }

  specs(): ColumnSpec[] {
    return this.#plans.map(({ spec }) => spec);
  }

  /**
   * The rows' cells, column by column. `broken` has the plans of columns that lost their declared type
   * over them; their cells are then as the source stored them.
   */
  read(rows: Rows): {
    readonly chunks: ColumnChunk[];
    readonly broken: ReadonlyMap<number, ColumnPlan>;
  } {
    const filled = this.#fill(rows);
    const broken = new Map<number, ColumnPlan>();
    const chunks = this.#plans.map((plan, index): ColumnChunk => {
      const { spec, convert } = plan;
      const chunk = filled[index] ?? (convert && convertColumn(rows, index, convert));
      if (chunk) return chunk;
      if (convert) {
        this.#plans[index] = { spec: { name: spec.name } };
        broken.set(index, plan);
      }
      return { rows, index };
    });
    return { chunks, broken };
  }

  /** The columns that go straight into memory, block by block: the rows of a block are still in the processor's cache. */
  #fill(rows: Rows): (ColumnChunk | undefined)[] {
    const fillers = this.#plans.map(({ filler }, index) => filler?.(index, rows.length));
    for (let from = 0; from < rows.length; from += blockSize) {
      const to = Math.min(rows.length, from + blockSize);
      for (const [index, filler] of fillers.entries()) {
        if (filler && !filler.fill(rows, from, to)) fillers[index] = undefined;
      }
    }
    return fillers.map((filler) => filler?.finish());
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
