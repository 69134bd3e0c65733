import type { ColumnType } from "@conn/core";
import { instantOf, instantText } from "@conn/core/toolkit";
import type { SchemaElement } from "hyparquet";
import { parseJson } from "../json/parse.ts";

/** What a leaf of the schema holds, and how one of its bare values becomes a cell. */
export interface Leaf {
  readonly type: ColumnType;
  readonly scale?: number | undefined;
  /** Undefined where the bare value is the cell. */
  readonly cell: ((bare: never) => unknown) | undefined;
}

/** By https://github.com/apache/parquet-format/blob/master/LogicalTypes.md */
export function leafOf(element: SchemaElement): Leaf {
  const { type, converted_type: converted, logical_type: logical } = element;
  const kind = logical?.type ?? converted ?? type;
  switch (kind) {
    case "STRING":
    case "UTF8":
    case "ENUM":
      return { type: "string", cell: undefined };
    case "JSON":
      return { type: "json", cell: (text: string) => parseJson(text, jsonPlace) };
    case "UUID":
      return { type: "uuid", cell: undefined };
    case "DECIMAL": {
      const scale = element.scale ?? (logical as { scale?: number } | undefined)?.scale ?? 0;
      return { type: "decimal", scale, cell: (bare: Bare) => decimalText(bare, scale) };
    }
    case "DATE":
      return { type: "date", cell: dayText };
    case "TIME":
      return { type: "time", cell: (bare: Bare) => timeText(nanosOf(bare, unitOf(logical))) };
    case "TIME_MILLIS":
      return { type: "time", cell: (bare: Bare) => timeText(nanosOf(bare, "MILLIS")) };
    case "TIME_MICROS":
      return { type: "time", cell: (bare: Bare) => timeText(nanosOf(bare, "MICROS")) };
    case "TIMESTAMP": {
      const unit = unitOf(logical);
      return (logical as { isAdjustedToUTC?: boolean }).isAdjustedToUTC
        ? { type: "timestamp", cell: (bare: Bare) => bareInstant(bare, unit) }
        : { type: "datetime", cell: (bare: Bare) => wallClock(nanosOf(bare, unit)) };
    }
    case "TIMESTAMP_MILLIS":
      return { type: "timestamp", cell: (bare: Bare) => bareInstant(bare, "MILLIS") };
    case "TIMESTAMP_MICROS":
      return { type: "timestamp", cell: (bare: Bare) => bareInstant(bare, "MICROS") };
    case "INT96":
      // Its writers meant a clock on the wall; the library gives nanoseconds since 1970.
      return { type: "datetime", cell: (bare: bigint) => wallClock(bare) };
    case "INTERVAL":
      return { type: "interval", cell: intervalText };
    case "UINT_64":
      return { type: "integer", cell: (bare: bigint) => BigInt.asUintN(64, bare) };
    case "UINT_32":
      return { type: "integer", cell: (bare: number) => bare >>> 0 };
    case "INTEGER": {
      const { bitWidth, isSigned } = logical as { bitWidth: number; isSigned: boolean };
      if (isSigned || bitWidth < 32) return { type: "integer", cell: undefined };
      return bitWidth === 64
        ? { type: "integer", cell: (bare: bigint) => BigInt.asUintN(64, bare) }
        : { type: "integer", cell: (bare: number) => bare >>> 0 };
    }
    case "FLOAT16":
    case "FLOAT":
    case "DOUBLE":
      return { type: "float", cell: undefined };
    case "BOOLEAN":
      return { type: "boolean", cell: undefined };
    case "INT32":
    case "INT64":
    case "UINT_8":
    case "UINT_16":
    case "INT_8":
    case "INT_16":
    case "INT_32":
    case "INT_64":
      return { type: "integer", cell: undefined };
    case "NULL":
      return { type: "unknown", cell: undefined };
    default:
      return { type: "bytes", cell: undefined };
  }
}

const jsonPlace = { file: "A JSON cell", line: 1, depth: 200 };

type Bare = number | bigint | Uint8Array;
type Unit = "MILLIS" | "MICROS" | "NANOS";

export function unitOf(logical: SchemaElement["logical_type"]): Unit {
  return (logical as { unit?: Unit } | undefined)?.unit ?? "MILLIS";
}

/** Milliseconds since 1970 with microseconds in the fraction; what a double cannot hold is cut off. */
export function bareInstant(bare: Bare, unit: Unit): number {
  const value = typeof bare === "bigint" ? bare : BigInt(bare as number);
  if (unit === "MILLIS") return Number(value);
  const exact = unit === "MICROS" ? value : floorDivide(value, 1000n);
  const micros = Number(exact);
  if (Number.isSafeInteger(micros)) {
    const ms = Math.floor(micros / 1000);
    return instantOf(ms, (micros - ms * 1000) / 1000);
  }
  return instantOf(Number(floorDivide(exact, 1000n)), 0);
}

function nanosOf(bare: Bare, unit: Unit): bigint {
  const value = typeof bare === "bigint" ? bare : BigInt(bare as number);
  return unit === "MILLIS" ? value * 1_000_000n : unit === "MICROS" ? value * 1000n : value;
}

function floorDivide(value: bigint, by: bigint): bigint {
  const quotient = value / by;
  return value % by < 0n ? quotient - 1n : quotient;
}

function dayText(days: number): string {
  return instantText(days * 86_400_000).split("T", 1)[0]!;
}

function wallClock(nanos: bigint): string {
  const seconds = floorDivide(nanos, 1_000_000_000n);
  const text = instantText(Number(seconds) * 1000).replace(/\.000Z$/, "");
  return text + fractionText(nanos - seconds * 1_000_000_000n);
}

function timeText(nanos: bigint): string {
  const seconds = Number(nanos / 1_000_000_000n);
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const text = parts.map((part) => String(part).padStart(2, "0")).join(":");
  return text + fractionText(nanos % 1_000_000_000n);
}

/** `.5` as `.500`: three, six or nine digits, or nothing. */
function fractionText(nanos: bigint): string {
  if (nanos === 0n) return "";
  const digits = String(nanos).padStart(9, "0");
  return `.${digits.replace(/(?:000){1,2}$/, "")}`;
}

export function decimalText(bare: Bare, scale: number): string {
  const value =
    bare instanceof Uint8Array ? bigEndian(bare) : typeof bare === "bigint" ? bare : BigInt(bare);
  if (scale <= 0) return String(value * 10n ** BigInt(-scale));
  const digits = String(value < 0n ? -value : value).padStart(scale + 1, "0");
  return `${value < 0n ? "-" : ""}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

/** A signed integer, highest byte first. */
function bigEndian(bytes: Uint8Array): bigint {
  if (bytes.length === 0) return 0n;
  let hex = "0x";
  for (const byte of bytes) hex += byte.toString(16).padStart(2, "0");
  return BigInt.asIntN(bytes.length * 8, BigInt(hex));
}

/** Months, days and milliseconds as ISO 8601. */
function intervalText(bytes: Uint8Array): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, 12);
  const [months, days, ms] = [0, 4, 8].map((at) => view.getUint32(at, true)) as [
    number,
    number,
    number,
  ];
  const date = `${months ? `${months}M` : ""}${days ? `${days}D` : ""}`;
  const time = ms ? `T${ms / 1000}S` : "";
  return `P${date}${time}` === "P" ? "PT0S" : `P${date}${time}`;
}
