import type { ColumnType } from "@conn/core";
import { type ColumnPlan, type Convert, misfit } from "../columns.ts";
import { fillerFor } from "../fill.ts";
import { parseJsonCell } from "../json-cell.ts";
import { parseTimestamp } from "../timestamp.ts";
import type { SqliteColumn } from "./driver.ts";

/** What a declaration in CREATE TABLE promises. SQLite enforces none of it: any cell may hold anything. */
type Declared =
  | "boolean"
  | "integer"
  | "real"
  | "decimal"
  | "text"
  | "blob"
  | "date"
  | "time"
  | "timestamp"
  | "json"
  | "uuid"
  | "anything";

export function planColumn({ name, type }: SqliteColumn): ColumnPlan {
  const declared = declaredOf(type);
  const scale = declared === "decimal" ? scaleOf(type) : undefined;
  const columnType = columnTypeOf(declared);
  return {
    spec: { name, type: columnType, scale },
    convert: converter(declared, scale),
    filler: fillerFor(columnType),
  };
}

/** The column type of a declaration, for catalogues. */
export function typeOfDeclaration(type: string | null): ColumnType {
  return columnTypeOf(declaredOf(type)) ?? "unknown";
}

/** By name first, then by the rules of affinity: https://sqlite.org/datatype3.html#determination_of_column_affinity */
function declaredOf(type: string | null): Declared {
  if (!type) return "anything";
  const name = type.replace(/\(.*/s, "").trim().toUpperCase();
  switch (name) {
    case "BOOL":
    case "BOOLEAN":
      return "boolean";
    case "DATE":
      return "date";
    case "TIME":
      return "time";
    case "DATETIME":
    case "TIMESTAMP":
      return "timestamp";
    case "DEC":
    case "DECIMAL":
    case "NUMERIC":
      return "decimal";
    case "JSON":
      return "json";
    case "UUID":
    case "GUID":
      return "uuid";
    default:
      if (name.includes("INT")) return "integer";
      if (/CHAR|CLOB|TEXT/.test(name)) return "text";
      if (name.includes("BLOB")) return "blob";
      return /REAL|FLOA|DOUB/.test(name) ? "real" : "anything";
  }
}

function columnTypeOf(declared: Declared): ColumnType | undefined {
  switch (declared) {
    case "boolean":
    case "integer":
    case "decimal":
    case "date":
    case "time":
    case "timestamp":
    case "json":
    case "uuid":
      return declared;
    case "real":
      return "float";
    case "text":
      return "string";
    case "blob":
      return "bytes";
    case "anything":
      return undefined;
    default:
      return declared satisfies never;
  }
}

function converter(declared: Declared, scale: number | undefined): Convert | undefined {
  switch (declared) {
    case "boolean":
      return toBoolean;
    case "decimal":
      return (cell) => toDecimal(cell, scale);
    case "date":
      return (cell) =>
        typeof cell === "string" &&
        /^\d{4}-\d\d-\d\d$/.test(cell) &&
        !Number.isNaN(parseTimestamp(`${cell} 00:00`))
          ? cell
          : misfit;
    case "time":
      return (cell) =>
        typeof cell === "string" && /^([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,6})?$/.test(cell)
          ? cell
          : misfit;
    case "timestamp":
      return toTimestamp;
    case "json":
      return parseJsonCell;
    case "uuid":
      return (cell) => (typeof cell === "string" ? cell : misfit);
    // The table's own column types take these as they are, and widen where a cell breaks the promise.
    case "integer":
    case "real":
    case "text":
    case "blob":
    case "anything":
      return undefined;
    default:
      return declared satisfies never;
  }
}

function scaleOf(type: string | null): number | undefined {
  const digits = /\(\s*\d+\s*,\s*(\d+)\s*\)/.exec(type ?? "")?.[1];
  return digits === undefined ? undefined : Number(digits);
}

function toBoolean(cell: unknown): unknown {
  if (cell === 1 || cell === 1n) return true;
  return cell === 0 || cell === 0n ? false : misfit;
}

/** SQLite keeps decimals as doubles, whose shortest exact text this is, with the declared digits after the point. */
function toDecimal(cell: unknown, scale: number | undefined): unknown {
  const text =
    typeof cell === "bigint" || typeof cell === "string"
      ? String(cell)
      : typeof cell === "number" && !Object.is(cell, -0)
        ? String(cell)
        : "";
  const parts = /^-?\d+(?:\.(\d+))?$/.exec(text);
  // A double holds fifteen digits for sure; what it has beyond them SQLite has rounded already.
  if (!parts || (typeof cell === "number" && Math.abs(cell) >= 1e15)) return misfit;
  const digits = parts[1]?.length ?? 0;
  if (scale === undefined || digits === scale) return text;
  // More digits than declared, as 0.1 + 0.2 leaves them: the declaration does not hold here.
  if (digits > scale) return misfit;
  return `${text}${digits === 0 ? "." : ""}${"0".repeat(scale - digits)}`;
}

/** Text without a zone is UTC, as SQLite's own functions have it. A zone or microseconds would be lost. */
function toTimestamp(cell: unknown): unknown {
  if (typeof cell !== "string") return misfit;
  const ms = parseTimestamp(cell);
  return Number.isNaN(ms) ? misfit : ms;
}
