import { dayNumber } from "../timestamp.ts";
import type { Texts } from "./texts.ts";

/** Cells as the text protocol writes them, and texts of both. Where one does not fit, it reads as NaN. */

const zero = 0x30;
const minus = 0x2d;
const point = 0x2e;

export function int32Of(bytes: Buffer, start: number, end: number): number {
  const negative = bytes[start] === minus;
  let at = negative ? start + 1 : start;
  if (end - at > 10) return NaN;
  let value = 0;
  for (; at < end; at++) value = value * 10 + bytes[at]! - zero;
  if (negative) value = -value;
  return (value | 0) === value ? value : NaN;
}

export function booleanOf(bytes: Buffer, start: number, end: number): number {
  const value = bytes[start]! - zero;
  return end - start === 1 && (value === 0 || value === 1) ? value : NaN;
}

const powers = Array.from({ length: 16 }, (_, power) => 10 ** power);

/** Up to fifteen digits and the power of ten that divides them are exact, and so their quotient is the nearest double. */
export function floatOf(bytes: Buffer, start: number, end: number): number {
  const negative = bytes[start] === minus;
  const first = negative ? start + 1 : start;
  if (end - first > 16) return numberOf(bytes, start, end);
  let digits = 0;
  let fraction = -1;
  for (let at = first; at < end; at++) {
    const digit = bytes[at]! - zero;
    if (digit >= 0 && digit <= 9) digits = digits * 10 + digit;
    else if (bytes[at] === point && fraction < 0) fraction = end - at - 1;
    else return numberOf(bytes, start, end);
  }
  if (end - first === 16 && fraction < 0) return numberOf(bytes, start, end);
  const value = fraction > 0 ? digits / powers[fraction]! : digits;
  return negative ? -value : value;
}

/** Milliseconds of `2020-09-13 12:26:40` with up to three digits of a second, in UTC; NaN for a date that is none. */
export function instantOf(bytes: Buffer, start: number, end: number): number {
  const length = end - start;
  if (length < 19 || length > 23) return NaN;
  const year = pairAt(bytes, start) * 100 + pairAt(bytes, start + 2);
  const day = dayNumber(year, pairAt(bytes, start + 5), pairAt(bytes, start + 8));
  const minutes = (day * 24 + pairAt(bytes, start + 11)) * 60 + pairAt(bytes, start + 14);
  let fraction = 0;
  for (let at = start + 20; at < start + 23; at++)
    fraction = fraction * 10 + (at < end ? bytes[at]! - zero : 0);
  return minutes * 60_000 + pairAt(bytes, start + 17) * 1000 + fraction;
}

function pairAt(bytes: Buffer, at: number): number {
  return bytes[at]! * 10 + bytes[at + 1]! - 11 * zero;
}

/** The text itself where a number does not hold the integer. */
export function integerOf(bytes: Buffer, start: number, end: number): number | string {
  const text = asciiText(bytes, start, end);
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : text;
}

/** What the text means to the engine. */
export function numberOf(bytes: Buffer, start: number, end: number): number {
  return Number(asciiText(bytes, start, end));
}

export function asciiText(bytes: Buffer, start: number, end: number): string {
  return bytes.toString("latin1", start, end);
}

export function utf8Text(bytes: Buffer, start: number, end: number, texts?: Texts): string {
  return texts ? texts.at(bytes, start, end) : bytes.toString("utf8", start, end);
}

export function bytesOf(bytes: Buffer, start: number, end: number): Buffer {
  return bytes.subarray(start, end);
}
