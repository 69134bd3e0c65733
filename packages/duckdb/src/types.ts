import type { ColumnSpec, ColumnType } from "@conn/core";
import {
  DuckDBArrayValue,
  DuckDBBlobValue,
  DuckDBIntervalValue,
  DuckDBListValue,
  DuckDBMapValue,
  type DuckDBResult,
  DuckDBStructValue,
  DuckDBTypeId,
  DuckDBUnionValue,
} from "@duckdb/node-api";
import { isTemporal, temporalCell } from "./temporal.ts";

/** A column of a result as the table announces it. */
export function specOf(result: DuckDBResult, index: number): ColumnSpec {
  const name = result.columnName(index);
  const type = result.columnType(index);
  return {
    name,
    type: isJson(result, index) ? "json" : columnType(type.typeId),
    ...(type.typeId === DuckDBTypeId.DECIMAL && { scale: type.scale }),
  };
}

/** JSON is text to DuckDB, under another name. */
export function isJson(result: DuckDBResult, index: number): boolean {
  return result.columnLogicalType(index).alias === "JSON";
}

function columnType(id: DuckDBTypeId): ColumnType {
  switch (id) {
    case DuckDBTypeId.BOOLEAN:
      return "boolean";
    case DuckDBTypeId.TINYINT:
    case DuckDBTypeId.SMALLINT:
    case DuckDBTypeId.INTEGER:
    case DuckDBTypeId.BIGINT:
    case DuckDBTypeId.UTINYINT:
    case DuckDBTypeId.USMALLINT:
    case DuckDBTypeId.UINTEGER:
    case DuckDBTypeId.UBIGINT:
    case DuckDBTypeId.HUGEINT:
    case DuckDBTypeId.UHUGEINT:
    case DuckDBTypeId.BIGNUM:
      return "integer";
    case DuckDBTypeId.FLOAT:
    case DuckDBTypeId.DOUBLE:
      return "float";
    case DuckDBTypeId.DECIMAL:
      return "decimal";
    case DuckDBTypeId.DATE:
      return "date";
    case DuckDBTypeId.TIME:
      return "time";
    case DuckDBTypeId.TIMESTAMP_TZ:
      return "timestamp";
    case DuckDBTypeId.TIMESTAMP:
    case DuckDBTypeId.TIMESTAMP_S:
    case DuckDBTypeId.TIMESTAMP_MS:
    case DuckDBTypeId.TIMESTAMP_NS:
      return "datetime";
    case DuckDBTypeId.INTERVAL:
      return "interval";
    case DuckDBTypeId.BLOB:
      return "bytes";
    case DuckDBTypeId.UUID:
      return "uuid";
    case DuckDBTypeId.LIST:
    case DuckDBTypeId.ARRAY:
      return "list";
    case DuckDBTypeId.STRUCT:
    case DuckDBTypeId.MAP:
    case DuckDBTypeId.UNION:
      return "json";
    default:
      return "string";
  }
}

/** A value of DuckDB's as the cell of a table has it. */
export function cellOf(value: unknown, type: ColumnType | undefined): unknown {
  if (value === null) return null;
  if (type === "json" && typeof value === "string") return JSON.parse(value) as unknown;
  return plain(value);
}

function plain(value: unknown): unknown {
  if (value === null || typeof value !== "object") return value;
  if (value instanceof DuckDBBlobValue) return value.bytes;
  if (isTemporal(value)) return temporalCell(value);
  if (value instanceof DuckDBIntervalValue) return isoInterval(value);
  if (value instanceof DuckDBListValue || value instanceof DuckDBArrayValue)
    return value.items.map(plain);
  if (value instanceof DuckDBStructValue)
    return Object.fromEntries(Object.entries(value.entries).map(([k, v]) => [k, plain(v)]));
  // The keys of a map may be of any type, and an object's are texts.
  if (value instanceof DuckDBMapValue)
    return value.entries.map(({ key, value: item }) => ({ key: plain(key), value: plain(item) }));
  if (value instanceof DuckDBUnionValue) return { [value.tag]: plain(value.value) };
  return textOf(value);
}

function textOf(value: unknown): string {
  // oxlint-disable-next-line typescript/no-base-to-string -- each of DuckDB's values has its own text
  return String(value);
}

/** DuckDB keeps months, days and microseconds apart, as ISO 8601 does. */
function isoInterval({ months, days, micros }: DuckDBIntervalValue): string {
  const sign = micros < 0n ? "-" : "";
  const size = micros < 0n ? -micros : micros;
  const fraction = String(size % 1_000_000n)
    .padStart(6, "0")
    .replace(/0+$/, "");
  const seconds = `${sign}${size / 1_000_000n}${fraction && `.${fraction}`}`;
  const date = `${months ? `${months}M` : ""}${days ? `${days}D` : ""}`;
  return `P${date}${micros === 0n && date ? "" : `T${seconds}S`}`;
}
