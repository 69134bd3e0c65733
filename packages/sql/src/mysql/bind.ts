/** Makes a value that mysql2 sends as a 64-bit integer. */
export interface ToInteger {
  (value: bigint): unknown;
  readonly unsigned: (value: bigint) => unknown;
}

const mostSigned = 2n ** 63n - 1n;

/**
 * A value in a form that mysql2 sends without a change of its own. Before 3.24 it has no integers, and
 * sends a bigint as text, which the server calculates with in doubles.
 */
export function bindValue(value: unknown, toInteger?: ToInteger): unknown {
  if (typeof value === "bigint" && toInteger)
    return value > mostSigned ? toInteger.unsigned(value) : toInteger(value);
  // As text in UTC, which is the connection's time zone: a DATETIME keeps it as it is.
  if (value instanceof Date) return value.toISOString().slice(0, -1).replace("T", " ");
  if (value instanceof Uint8Array)
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  return value;
}
