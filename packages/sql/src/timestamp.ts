import { daysInMonth, daysSince1970 } from "@conn/core/toolkit";

/**
 * Milliseconds since 1970 of `YYYY-MM-DD HH:MM[:SS[.f]]`, with a space or a `T` between, a `Z` or
 * nothing behind, and up to three digits of a second; NaN for anything else.
 * Reads characters itself, in whole numbers, since it runs for every cell of a column.
 */
export function parseTimestamp(text: string): number {
  const zoned = text.charCodeAt(text.length - 1) === 0x5a;
  const end = zoned ? text.length - 1 : text.length;
  if (end < 16 || end > 23 || end === 17 || end === 18 || end === 20) return NaN;
  const separator = text.charCodeAt(10);
  if (separator !== 0x20 && separator !== 0x54) return NaN;
  if (text.charCodeAt(4) !== dash || text.charCodeAt(7) !== dash || text.charCodeAt(13) !== colon)
    return NaN;
  if (end > 16 && text.charCodeAt(16) !== colon) return NaN;
  const days = dayNumber(pair(text, 0) * 100 + pair(text, 2), pair(text, 5), pair(text, 8));
  const hour = pair(text, 11);
  const minute = pair(text, 14);
  const second = end === 16 ? 0 : pair(text, 17);
  const ms = end > 20 ? fraction(text, end) : 0;
  // What is no digit has made its part too large or negative.
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59 || ms < 0)
    return NaN;
  const minutes = (days * 24 + hour) * 60 + minute;
  return minutes * 60_000 + second * 1000 + ms;
}

const dash = 0x2d;
const colon = 0x3a;
const noDigit = -1_000_000;

/** Two digits as a number; a number below zero where one is none. */
function pair(text: string, at: number): number {
  return digit(text, at) * 10 + digit(text, at + 1);
}

function digit(text: string, at: number): number {
  const value = text.charCodeAt(at) - 0x30;
  return value >= 0 && value <= 9 ? value : noDigit;
}

function fraction(text: string, end: number): number {
  if (text.charCodeAt(19) !== 0x2e) return noDigit;
  const tenths = digit(text, 20) * 100;
  const hundredths = end > 21 ? digit(text, 21) * 10 : 0;
  return tenths + hundredths + (end > 22 ? digit(text, 22) : 0);
}

// Neighbouring rows are often of one day.
let latest = { year: 1970, month: 1, day: 1, days: 0 };

/** Days since 1970 of a date, NaN for one that no calendar has. */
export function dayNumber(year: number, month: number, day: number): number {
  if (day === latest.day && month === latest.month && year === latest.year) return latest.days;
  if (
    year < 0 ||
    year > 9999 ||
    month < 1 ||
    month > 12 ||
    day < 1 ||
    day > daysInMonth(year, month)
  )
    return NaN;
  const days = daysSince1970(year, month, day);
  latest = { year, month, day, days };
  return days;
}
