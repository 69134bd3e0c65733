import type { Storage } from "./column.ts";
import type { ColumnType } from "./types.ts";

/**
 * Collects one column's cells. `add` answers false, and changes nothing, where the value does not fit;
 * the column then goes on in a wider sink.
 */
export interface Sink {
  readonly type: ColumnType;
  readonly length: number;
  readonly nulls: number;
  add(value: unknown): boolean;
  /** The cell as it would be added to another sink. */
  get(row: number): unknown;
  finish(): Storage;
}
