import type { ColumnChunk, ColumnSpec } from "@conn/core";
import type { SqliteStatement } from "./driver.ts";
import { fillColumn } from "./fill.ts";
import { type ColumnPlan, type Convert, misfit, planColumn } from "./types.ts";

type Rows = readonly (readonly unknown[])[];

/** The columns of a result. One whose cells break its declaration is read as it is from then on. */
export class Columns {
  readonly #plans: ColumnPlan[];

  constructor(statement: SqliteStatement) {
    this.#plans = statement.columns.map(planColumn);
  }

  specs(): ColumnSpec[] {
    return this.#plans.map(({ spec }) => spec);
  }

  /**
   * The rows' cells, column by column. `kept` is false where a column lost its declared type over
   * them; its cells are then as SQLite stored them.
   */
  read(rows: Rows): { readonly chunks: ColumnChunk[]; readonly kept: boolean } {
    let kept = true;
    const chunks = this.#plans.map(({ spec, convert }, index): ColumnChunk => {
      const filled = fillColumn(rows, index, spec.type);
      if (filled) return filled;
      const converted = convert && convertColumn(rows, index, convert);
      if (converted) return converted;
      if (convert) {
        this.#plans[index] = { spec: { name: spec.name }, convert: undefined };
        kept = false;
      }
      return rows.map((row) => row[index]);
    });
    return { chunks, kept };
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
