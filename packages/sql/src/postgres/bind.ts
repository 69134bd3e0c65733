/** A value as the protocol has it: text, bytes, or null. The server reads it as the type that the statement asks for. */
export function bindValue(value: unknown): string | Buffer | null {
  if (value === null) return null;
  if (value instanceof Uint8Array)
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  if (Array.isArray(value)) return arrayLiteral(value);
  return textOf(value);
}

/** https://www.postgresql.org/docs/current/arrays.html#ARRAYS-IO */
function arrayLiteral(items: readonly unknown[]): string {
  const literals = items.map((item) => {
    if (item === null) return "NULL";
    if (Array.isArray(item)) return arrayLiteral(item);
    const text = item instanceof Uint8Array ? hex(item) : textOf(item);
    return `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
  });
  return `{${literals.join(",")}}`;
}

function textOf(value: unknown): string {
  // With a zone that is not this machine's, which a column without one would drop.
  return value instanceof Date ? value.toISOString() : String(value);
}

function hex(bytes: Uint8Array): string {
  return (
    String.raw`\x` + Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex")
  );
}
