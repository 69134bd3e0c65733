import type { ColumnType } from "@conn/core";
import { type ColumnPlan, type Convert, misfit } from "../columns.ts";
import { datetimeText } from "../datetime-text.ts";
import { fillerFor } from "../fill.ts";
import { parseJsonCell } from "../json-cell.ts";
import { parseInstant } from "../postgres/instant.ts";

/** A column as the server describes it: https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_query_response_text_resultset_column_definition.html */
export interface Field {
  readonly name: string;
  readonly columnType?: number | undefined;
  readonly columnLength?: number | undefined;
  /** Bits, of which 32 says that there is no sign. */
  readonly flags?: number | undefined;
  readonly characterSet?: number | undefined;
  /** Node's name for it. */
  readonly encoding?: string | undefined;
  readonly decimals: number;
  /** MariaDB: `uuid`, `inet6`. */
  readonly extendedTypeName?: string | undefined;
  /** MariaDB: `json`. */
  readonly extendedFormat?: string | undefined;
}

interface Kind {
  readonly type: ColumnType;
  readonly convert?: Convert;
  readonly restore?: Convert;
}

/** Bytes rather than text. */
export const binaryCharset = 63;

export function planField(field: Field): ColumnPlan {
  const { type, convert, restore } = kindOf(field);
  // Thirty-one stands for a number of digits that is not fixed.
  const scale = type === "decimal" && field.decimals < 31 ? field.decimals : undefined;
  return {
    spec: { name: field.name, type, scale },
    convert,
    restore,
    // Which reads no microseconds.
    filler: type === "timestamp" && field.decimals > 3 ? undefined : fillerFor(type),
  };
}

function kindOf(field: Field): Kind {
  if (field.extendedFormat === "json") return { type: "json", convert: parseJsonCell };
  if (field.extendedTypeName === "uuid") return { type: "uuid" };
  switch (field.columnType) {
    case 0x01:
      // BOOLEAN is a name for TINYINT(1) and nothing else.
      return field.columnLength === 1
        ? { type: "boolean", convert: toBoolean, restore: Number }
        : { type: "integer", convert: toInteger };
    case 0x02:
    case 0x03:
    case 0x08:
    case 0x09:
    case 0x0d:
      return { type: "integer", convert: toInteger };
    case 0x04:
    case 0x05:
      return { type: "float" };
    case 0x00:
    case 0xf6:
      return { type: "decimal", convert: String };
    case 0x07:
      return {
        type: "timestamp",
        convert: toInstant,
        restore: (value) => withFraction(datetimeText(value), field.decimals),
      };
    case 0x0c:
      return { type: "datetime", convert: toDatetime(field.decimals), restore: datetimeText };
    case 0x0a:
      return { type: "date", convert: toDate };
    case 0x0b:
      return { type: "time", convert: toTime(field.decimals) };
    case 0x10:
      return { type: "bytes", convert: toBytes };
    case 0xf5:
      return { type: "json", convert: parseJsonCell };
    case 0xff:
      return { type: "bytes", convert: toBytes };
    default:
      return field.characterSet === binaryCharset
        ? { type: "bytes", convert: toBytes }
        : { type: "string" };
  }
}

function toBoolean(cell: unknown): unknown {
  return cell === 1 ? true : cell === 0 ? false : misfit;
}

/** mysql2 gives text for what a number does not hold. */
function toInteger(cell: unknown): unknown {
  return typeof cell === "string" ? BigInt(cell) : cell;
}

/** The connection's time zone is UTC, so that a TIMESTAMP is an instant. Zero dates are none. */
function toInstant(cell: unknown): unknown {
  const ms = parseInstant(`${String(cell)}+00`);
  return Number.isNaN(ms) ? misfit : ms;
}

function toDatetime(decimals: number): Convert {
  return (cell) => {
    const text = String(cell);
    return /^0000|-00/.test(text) ? misfit : withFraction(text.replace(" ", "T"), decimals);
  };
}

/** With as many digits of a second as the column has: of a prepared statement's the driver leaves zeros out. */
function withFraction(text: string, decimals: number): string {
  // Thirty-one and thirty-nine stand for a number of digits that is not fixed.
  if (decimals === 0 || decimals > 6) return text;
  const seconds = text.lastIndexOf(":") + 3;
  return text.length > seconds + decimals
    ? text
    : `${text.slice(0, seconds)}.${text.slice(seconds + 1).padEnd(decimals, "0")}`;
}

function toDate(cell: unknown): unknown {
  const text = String(cell);
  return /^0000|-00/.test(text) ? misfit : text;
}

/** A TIME may be negative or longer than a day, as a duration is. */
function toTime(decimals: number): Convert {
  return (cell) => {
    const text = String(cell);
    return /^([01]\d|2[0-3]):/.test(text) ? withFraction(text, decimals) : misfit;
  };
}

function toBytes(cell: unknown): unknown {
  return cell instanceof Uint8Array ? new Uint8Array(cell) : misfit;
}
