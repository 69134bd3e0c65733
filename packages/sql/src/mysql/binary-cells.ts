import { dayNumber } from "../timestamp.ts";

/**
 * Cells as answers of prepared statements have them: https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_binary_resultset.html
 * Numbers begin with their lowest byte. Where one does not fit, it reads as NaN.
 */

export function int8Of(bytes: Buffer, start: number): number {
  return (bytes[start]! << 24) >> 24;
}

export function uint8Of(bytes: Buffer, start: number): number {
  return bytes[start]!;
}

export function booleanOf(bytes: Buffer, start: number): number {
  const value = bytes[start]!;
  return value <= 1 ? value : NaN;
}

export function int16Of(bytes: Buffer, start: number): number {
  return (uint16Of(bytes, start) << 16) >> 16;
}

export function uint16Of(bytes: Buffer, start: number): number {
  return bytes[start]! | (bytes[start + 1]! << 8);
}

export function int32Of(bytes: Buffer, start: number): number {
  return uint16Of(bytes, start) | (uint16Of(bytes, start + 2) << 16);
}

export function uint32Of(bytes: Buffer, start: number): number {
  return int32Of(bytes, start) >>> 0;
}

export function uint32AsInt32(bytes: Buffer, start: number): number {
  const value = int32Of(bytes, start);
  return value >= 0 ? value : NaN;
}

export function int64AsInt32(bytes: Buffer, start: number): number {
  const value = int32Of(bytes, start);
  // The upper half of what fits says no more than the sign.
  return int32Of(bytes, start + 4) === value >> 31 ? value : NaN;
}

export function uint64AsInt32(bytes: Buffer, start: number): number {
  const value = int32Of(bytes, start);
  return value >= 0 && int32Of(bytes, start + 4) === 0 ? value : NaN;
}

/** As text where a number does not hold it. */
export function int64Of(bytes: Buffer, start: number): number | string {
  return exact(bytes.readBigInt64LE(start));
}

export function uint64Of(bytes: Buffer, start: number): number | string {
  return exact(bytes.readBigUInt64LE(start));
}

function exact(value: bigint): number | string {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : String(value);
}

export function floatOf(bytes: Buffer, start: number): number {
  return bytes.readFloatLE(start);
}

export function doubleOf(bytes: Buffer, start: number): number {
  return bytes.readDoubleLE(start);
}

/** Milliseconds of a TIMESTAMP in UTC; NaN for a date that is none. */
export function instantOf(bytes: Buffer, start: number, end: number): number {
  const length = end - start;
  if (length < 4) return NaN;
  const day = dayNumber(uint16Of(bytes, start), bytes[start + 2]!, bytes[start + 3]!);
  if (length < 7) return day * 86_400_000;
  const minutes = (day * 24 + bytes[start + 4]!) * 60 + bytes[start + 5]!;
  const fraction = length < 11 ? 0 : int32Of(bytes, start + 7) / 1000;
  return minutes * 60_000 + bytes[start + 6]! * 1000 + fraction;
}

export function dateCell(bytes: Buffer, start: number, end: number): string {
  if (end - start < 4) return "0000-00-00";
  const year = String(uint16Of(bytes, start)).padStart(4, "0");
  return `${year}-${pair(bytes[start + 2]!)}-${pair(bytes[start + 3]!)}`;
}

/** `2024-02-29 23:30:00`, with as many digits of a second as the column has. */
export function datetimeCell(decimals: number): TextCell {
  return (bytes, start, end) => {
    const day = dateCell(bytes, start, end);
    if (end - start < 7) return `${day} 00:00:00${fractionOf(0, decimals)}`;
    const micros = end - start < 11 ? 0 : int32Of(bytes, start + 7);
    return `${day} ${clockAt(bytes[start + 4]!, bytes, start + 5)}${fractionOf(micros, decimals)}`;
  };
}

/** `-838:59:59`, with as many digits of a second as the column has. */
export function timeCell(decimals: number): TextCell {
  return (bytes, start, end) => {
    if (end - start < 8) return `00:00:00${fractionOf(0, decimals)}`;
    const hours = int32Of(bytes, start + 1) * 24 + bytes[start + 5]!;
    const micros = end - start < 12 ? 0 : int32Of(bytes, start + 8);
    const text = `${clockAt(hours, bytes, start + 6)}${fractionOf(micros, decimals)}`;
    return bytes[start] === 0 ? text : `-${text}`;
  };
}

type TextCell = (bytes: Buffer, start: number, end: number) => string;

function clockAt(hours: number, bytes: Buffer, at: number): string {
  return `${pair(hours)}:${pair(bytes[at]!)}:${pair(bytes[at + 1]!)}`;
}

function fractionOf(micros: number, decimals: number): string {
  // Thirty-one and thirty-nine stand for a number of digits that is not fixed.
  if (decimals === 0 || (decimals > 6 && micros === 0)) return "";
  return `.${String(micros).padStart(6, "0").slice(0, decimals)}`;
}

function pair(value: number): string {
  return value < 10 ? `0${value}` : String(value);
}
