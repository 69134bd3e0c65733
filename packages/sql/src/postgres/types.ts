import type { ColumnType } from "@conn/core";
import { type ColumnPlan, type Convert, misfit } from "../columns.ts";
import { integerOf } from "../integer.ts";
import { parseJsonCell } from "../json-cell.ts";
import { datetimeText, instantText } from "../datetime-text.ts";
import { parseArray } from "./array.ts";
import { fillBooleans, fillFloats, fillInstants, fillIntegers } from "./fill.ts";
import { parseInstant } from "./instant.ts";
import { parseInterval } from "./interval.ts";

/** A column as the server describes it. */
export interface Field {
  readonly name: string;
  readonly dataTypeID: number;
  readonly dataTypeModifier: number;
}

interface Kind {
  readonly type: ColumnType;
  readonly convert?: Convert;
  readonly restore?: Convert;
  readonly filler?: ColumnPlan["filler"];
}

const text: Kind = { type: "string" };
const integer: Kind = { type: "integer", convert: Number, filler: fillIntegers };
const float: Kind = { type: "float", convert: Number, filler: fillFloats };
const json: Kind = { type: "json", convert: parseJsonCell };
const instant: Kind = {
  type: "timestamp",
  convert: toInstant,
  restore: instantText,
  filler: fillInstants,
};

/** By the ids of https://github.com/postgres/postgres/blob/master/src/include/catalog/pg_type.dat */
const kinds: Readonly<Record<number, Kind>> = {
  16: { type: "boolean", convert: (cell) => cell === "t", filler: fillBooleans },
  17: { type: "bytes", convert: toBytes },
  20: { type: "integer", convert: toInteger, filler: fillIntegers },
  21: integer,
  23: integer,
  26: { ...integer, convert: toInteger },
  114: json,
  700: float,
  701: float,
  1082: { type: "date", convert: toDate },
  1083: { type: "time", convert: toTime },
  1114: { type: "datetime", convert: toDatetime, restore: datetimeText },
  1184: instant,
  1186: { type: "interval", convert: parseInterval },
  1700: { type: "decimal", convert: toDecimal },
  2950: { type: "uuid" },
  3802: json,
};

/** Arrays, by the type of their items. Those of types that a database made itself come as text. */
const itemsOf: Readonly<Record<number, number>> = {
  199: 114,
  1000: 16,
  1001: 17,
  1005: 21,
  1007: 23,
  1009: 25,
  1014: 1042,
  1015: 1043,
  1016: 20,
  1021: 700,
  1022: 701,
  1115: 1114,
  1182: 1082,
  1183: 1083,
  1185: 1184,
  1187: 1186,
  1231: 1700,
  2951: 2950,
  3807: 3802,
};

export function planField({ name, dataTypeID, dataTypeModifier }: Field): ColumnPlan {
  const item = itemsOf[dataTypeID];
  if (item !== undefined) {
    const { convert } = kinds[item] ?? text;
    const inList: Convert | undefined = item === 1184 ? (cell) => dated(toInstant(cell)) : convert;
    return { spec: { name, type: "list" }, convert: (cell) => parseArray(String(cell), inList) };
  }
  const { type, convert, restore, filler } = kinds[dataTypeID] ?? text;
  const scale = type === "decimal" ? scaleOf(dataTypeModifier) : undefined;
  return { spec: { name, type, scale }, convert, restore, filler };
}

/** Digits after the point of `numeric(p, s)`; undefined where none are declared. */
function scaleOf(modifier: number): number | undefined {
  if (modifier < 4) return undefined;
  // Eleven bits with a sign: https://github.com/postgres/postgres/blob/master/src/backend/utils/adt/numeric.c
  const scale = (modifier - 4) & 0x7ff;
  return scale > 1023 ? undefined : scale;
}

function toInteger(cell: unknown): number | bigint {
  return integerOf(cell as string);
}

function toDecimal(cell: unknown): unknown {
  return /^-?\d/.test(String(cell)) ? cell : misfit;
}

function toBytes(cell: unknown): unknown {
  return String(cell).startsWith("\\x")
    ? new Uint8Array(Buffer.from(String(cell).slice(2), "hex"))
    : misfit;
}

function toDate(cell: unknown): unknown {
  return /^\d{4}-\d\d-\d\d$/.test(String(cell)) ? cell : misfit;
}

/** `24:00:00` is a time there, and nowhere else. */
function toTime(cell: unknown): unknown {
  return String(cell).startsWith("24") ? misfit : cell;
}

function toDatetime(cell: unknown): unknown {
  const written = String(cell);
  return /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?$/.test(written)
    ? written.replace(" ", "T")
    : misfit;
}

function toInstant(cell: unknown): unknown {
  const ms = parseInstant(String(cell));
  return Number.isNaN(ms) ? misfit : ms;
}

function dated(ms: unknown): unknown {
  return typeof ms === "number" ? new Date(Math.floor(ms)) : ms;
}
