import type { ColumnType, ConnError } from "@conn/core";

/** A column that `where` compares with a value of another type. */
export interface Misfit {
  readonly name: string;
  readonly type: ColumnType;
  /** The value, in words. */
  readonly given: string;
}

const misfits = new WeakMap<object, Misfit>();

/** The error, remembered as one of a value that does not fit its column. */
export function misfitting(error: ConnError, misfit: Misfit): ConnError {
  misfits.set(error, misfit);
  return error;
}

/** The column that a value of `where` does not fit, where that is what an error says: later rows may widen it. */
export function misfitOf(error: unknown): Misfit | undefined {
  return typeof error === "object" && error !== null ? misfits.get(error) : undefined;
}
