import { instantOf } from "@conn/core/toolkit";
import type { ColumnMetadata } from "./driver.ts";

/** tedious's module that reads cells; it looks its functions up at each call. */
interface ValueParser {
  readValue(
    bytes: Buffer,
    offset: number,
    column: ColumnMetadata,
    options: Readonly<Record<symbol, unknown>>,
  ): Read;
}

interface Read {
  readonly value: unknown;
  readonly offset: number;
}

/** What tedious throws where a cell has not arrived as a whole, to be asked again. */
type Incomplete = new (end: number) => unknown;

/** Stands in the options of a connection while its cells are to be read without loss. */
export const exactly: unique symbol = Symbol.for("@conn/sql/exactly");

const installed = new WeakSet<object>();

/**
 * Lets cells be read without loss on connections that ask for it. tedious has no setting for this: it
 * makes doubles of decimals and money, and Dates of wall clocks. Connections that do not ask are read
 * as before. False where tedious has changed too much.
 *
 * @param load Loads a module of tedious.
 */
export function installExactValues(load: (module: string) => unknown): boolean {
  try {
    const parser = load("tedious/lib/value-parser") as ValueParser;
    const { NotEnoughDataError: incomplete } = load("tedious/lib/token/helpers") as {
      readonly NotEnoughDataError: Incomplete;
    };
    if (installed.has(parser)) return true;
    const { readValue } = parser;
    if (typeof readValue !== "function" || typeof incomplete !== "function") return false;
    installed.add(parser);
    parser.readValue = (bytes, offset, column, options) =>
      (options[exactly] === true ? readExactly(bytes, offset, column, incomplete) : undefined) ??
      readValue(bytes, offset, column, options);
    return true;
  } catch {
    return false;
  }
}

/** A cell with its length; undefined for a type that tedious reads well. */
export function readExactly(
  bytes: Buffer,
  offset: number,
  column: Pick<ColumnMetadata, "type" | "scale">,
  incomplete: Incomplete,
): Read | undefined {
  const need = (end: number): number => {
    if (bytes.length < end) throw new incomplete(end);
    return end;
  };
  const { name } = column.type;
  if (name === "Variant") {
    need(offset + 4);
    const length = bytes.readUInt32LE(offset);
    if (length === 0) return undefined;
    const end = need(offset + 4 + length);
    const value = readVariant(bytes.subarray(offset + 4, end));
    return value === undefined ? undefined : { value, offset: end };
  }
  const fixed = fixedLengths[name];
  const read = readers[name];
  if (!read) return undefined;
  const start = fixed === undefined ? need(offset + 1) : offset;
  const length = fixed ?? bytes[offset]!;
  if (length === 0) return { value: null, offset: start };
  const end = need(start + length);
  return { value: read(bytes.subarray(start, end), column.scale ?? 0), offset: end };
}

/** The types whose cells have no length before them. */
const fixedLengths: Readonly<Record<string, number>> = {
  BigInt: 8,
  Money: 8,
  SmallMoney: 4,
  DateTime: 8,
  SmallDateTime: 4,
};

type CellReader = (cell: Buffer, scale: number) => unknown;

/** https://learn.microsoft.com/en-us/openspecs/windows_protocols/ms-tds/ 2.2.5.5 */
const readers: Readonly<Record<string, CellReader>> = {
  BigInt: readInteger,
  IntN: readInteger,
  DecimalN: readDecimal,
  NumericN: readDecimal,
  Money: readMoney,
  SmallMoney: readMoney,
  MoneyN: readMoney,
  Date: (cell) => dateText(cell.readUIntLE(0, 3)),
  Time: (cell, scale) => timeText(ticksOf(cell, scale)),
  DateTime2: (cell, scale) => {
    const [days, ticks] = momentOf(cell, scale);
    return `${dateText(days)}T${timeText(ticks)}`;
  },
  DateTimeOffset: (cell, scale) => {
    const [days, ticks] = momentOf(cell.subarray(0, -2), scale);
    return instantOf((days - daysTo1970) * msADay, Math.floor(ticks / 10) / 1000);
  },
  DateTime: readDateTime,
  SmallDateTime: readDateTime,
  DateTimeN: readDateTime,
};

/** Days from the first of January of year 1. */
const daysTo1970 = 719_162;
const daysTo1900 = 693_595;
const msADay = 86_400_000;
const ticksASecond = 10_000_000;

function readInteger(cell: Buffer): number | bigint {
  // The smallest type of integers, and it alone, has no sign.
  if (cell.length === 1) return cell[0]!;
  if (cell.length < 8) return cell.readIntLE(0, cell.length);
  const value = cell.readBigInt64LE();
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function readDecimal(cell: Buffer, scale: number): string {
  let digits = 0n;
  for (let at = cell.length - 4; at > 0; at -= 4)
    digits = (digits << 32n) | BigInt(cell.readUInt32LE(at));
  return withPoint(cell[0] === 0 ? -digits : digits, scale);
}

/** Ten thousandths; of eight bytes the higher four come first. */
function readMoney(cell: Buffer): string {
  const count =
    cell.length === 4
      ? BigInt(cell.readInt32LE())
      : (BigInt(cell.readInt32LE()) << 32n) | BigInt(cell.readUInt32LE(4));
  return withPoint(count, 4);
}

function withPoint(value: bigint, scale: number): string {
  const sign = value < 0n ? "-" : "";
  const digits = (value < 0n ? -value : value).toString().padStart(scale + 1, "0");
  const point = digits.length - scale;
  return scale === 0 ? sign + digits : `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
}

/** Days and the time of day, in ticks of 100 nanoseconds. */
function momentOf(cell: Buffer, scale: number): [days: number, ticks: number] {
  return [cell.readUIntLE(cell.length - 3, 3), ticksOf(cell.subarray(0, -3), scale)];
}

function ticksOf(cell: Buffer, scale: number): number {
  return cell.readUIntLE(0, cell.length) * 10 ** (7 - scale);
}

/** Days since 1900 with three hundredths of a second, or with minutes. */
function readDateTime(cell: Buffer): string {
  const [days, ticks] =
    cell.length === 4
      ? [cell.readUInt16LE(), cell.readUInt16LE(2) * 60 * ticksASecond]
      : [cell.readInt32LE(), Math.round((cell.readUInt32LE(4) * 10) / 3) * 10_000];
  return `${dateText(daysTo1900 + days)}T${timeText(ticks)}`;
}

function dateText(days: number): string {
  return new Date((days - daysTo1970) * msADay).toISOString().slice(0, 10);
}

/** As short as it goes: `04:05:06` or `04:05:06.1234567`. */
function timeText(ticks: number): string {
  const seconds = Math.floor(ticks / ticksASecond);
  const pair = (value: number): string => String(value).padStart(2, "0");
  const text = `${pair(Math.floor(seconds / 3600))}:${pair(Math.floor(seconds / 60) % 60)}:${pair(seconds % 60)}`;
  const rest = ticks % ticksASecond;
  return rest === 0 ? text : `${text}.${String(rest).padStart(7, "0").replace(/0+$/, "")}`;
}

/** What may stand in a sql_variant and loses something in tedious's hands, by its number. */
const variants: Readonly<Record<number, string>> = {
  0x28: "Date",
  0x29: "Time",
  0x2a: "DateTime2",
  0x3a: "SmallDateTime",
  0x3c: "Money",
  0x3d: "DateTime",
  0x6a: "DecimalN",
  0x6c: "NumericN",
  0x7a: "SmallMoney",
  0x7f: "BigInt",
};

/** A value behind its type, the length of what is said of it, and that; the scale stands last. */
function readVariant(variant: Buffer): unknown {
  const name = variants[variant[0]!];
  if (name === undefined) return undefined;
  const start = 2 + variant[1]!;
  return readers[name]!(variant.subarray(start), start > 2 ? variant[start - 1]! : 0);
}
