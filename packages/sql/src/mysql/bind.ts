/** A value in a form that mysql2 sends without a change of its own. */
export function bindValue(value: unknown): unknown {
  // As text in UTC, which is the connection's time zone: a DATETIME keeps it as it is.
  if (value instanceof Date) return value.toISOString().slice(0, -1).replace("T", " ");
  if (value instanceof Uint8Array)
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  return value;
}
