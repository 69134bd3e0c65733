import { ConnError } from "@conn/core";
import {
  BIGINT,
  BLOB,
  blobValue,
  BOOLEAN,
  DOUBLE,
  type DuckDBPreparedStatement,
  DuckDBTimestampTZValue,
  type DuckDBType,
  type DuckDBValue,
  LIST,
  SQLNULL,
  TIMESTAMPTZ,
  VARCHAR,
} from "@duckdb/node-api";

/** Binds the values that the statement's `$1`, `$2` and so on name. */
export function bind(prepared: DuckDBPreparedStatement, values: readonly unknown[]): void {
  for (let at = 1; at <= prepared.parameterCount; at++)
    bindValue(prepared, at, values[Number(prepared.parameterName(at)) - 1]);
}

function bindValue(prepared: DuckDBPreparedStatement, at: number, value: unknown): void {
  if (Array.isArray(value)) {
    const type = itemType(value, at);
    prepared.bindList(
      at,
      value.map((item: unknown) => cell(item, type)),
      LIST(type),
    );
    return;
  }
  if (value === null) prepared.bindNull(at);
  else if (typeof value === "boolean") prepared.bindBoolean(at, value);
  else if (typeof value === "string") prepared.bindVarchar(at, value);
  else if (typeof value === "bigint" || isInteger(value)) prepared.bindBigInt(at, BigInt(value));
  else if (typeof value === "number") prepared.bindDouble(at, value);
  else if (value instanceof Date) prepared.bindTimestampTZ(at, instant(value));
  else if (value instanceof Uint8Array) prepared.bindBlob(at, value);
  else throw noKind(at);
}

/** The type of a list's items; integers among fractions are doubles. */
function itemType(items: readonly unknown[], at: number): DuckDBType {
  let type: DuckDBType = SQLNULL;
  for (const item of items) {
    const next: DuckDBType = typeOf(item, at);
    if (next === SQLNULL || next === type) continue;
    const numeric: boolean = [type, next].every((one) => one === BIGINT || one === DOUBLE);
    if (type !== SQLNULL && !numeric)
      throw new ConnError("CONN_PARAMS", `The list for $${at} has items of several kinds.`, {
        hint: "Pass a list of one kind, or JSON.stringify(list) for a JSON value.",
      });
    type = numeric ? DOUBLE : next;
  }
  return type;
}

function typeOf(value: unknown, at: number): DuckDBType {
  if (value === null) return SQLNULL;
  if (typeof value === "boolean") return BOOLEAN;
  if (typeof value === "string") return VARCHAR;
  if (typeof value === "bigint" || isInteger(value)) return BIGINT;
  if (typeof value === "number") return DOUBLE;
  if (value instanceof Date) return TIMESTAMPTZ;
  if (value instanceof Uint8Array) return BLOB;
  throw noKind(at);
}

function cell(value: unknown, type: DuckDBType): DuckDBValue {
  if (value instanceof Date) return instant(value);
  if (value instanceof Uint8Array) return blobValue(value);
  if (type === BIGINT && typeof value === "number") return BigInt(value);
  return type === DOUBLE && typeof value === "bigint" ? Number(value) : (value as DuckDBValue);
}

function isInteger(value: unknown): value is number {
  return Number.isSafeInteger(value) && !Object.is(value, -0);
}

function instant(value: Date): DuckDBTimestampTZValue {
  return new DuckDBTimestampTZValue(BigInt(value.getTime()) * 1000n);
}

function noKind(at: number): ConnError {
  return new ConnError("CONN_PARAMS", `The value for $${at} is of no kind that DuckDB takes.`, {
    hint: "Pass null, a boolean, number, bigint, text, Date, Uint8Array, or a list of one of these.",
  });
}
