/** A value in a form that pg sends without a change of its own. */
export function bindValue(value: unknown): unknown {
  // pg writes a Date with this machine's offset, which a column without a zone would drop.
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Uint8Array)
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  if (Array.isArray(value)) return value.map(bindValue);
  return typeof value === "bigint" ? value.toString() : value;
}
