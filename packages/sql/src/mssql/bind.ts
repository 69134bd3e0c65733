import type { Request, Tedious } from "./driver.ts";

/** Adds a value as the type that loses nothing and that the server turns into any that fits. */
export function bindValue(request: Request, name: string, value: unknown, tedious: Tedious): void {
  const [type, bound] = typed(value);
  request.addParameter(name, tedious.TYPES[type], bound);
}

function typed(value: unknown): [type: string, bound: unknown] {
  switch (typeof value) {
    case "number":
      if (!Number.isSafeInteger(value) || Object.is(value, -0)) return ["Float", value];
      return (value | 0) === value ? ["Int", value] : ["BigInt", BigInt(value)];
    case "bigint":
      return ["BigInt", value];
    case "boolean":
      return ["Bit", value];
    default:
  }
  // A wall clock in UTC: with an offset it would be this machine's.
  if (value instanceof Date) return ["DateTime2", value];
  if (value instanceof Uint8Array)
    return ["VarBinary", Buffer.from(value.buffer, value.byteOffset, value.byteLength)];
  return ["NVarChar", value];
}
