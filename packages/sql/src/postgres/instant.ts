import { instantOf } from "@conn/core/toolkit";
import { parseTimestamp } from "../timestamp.ts";

/**
 * Milliseconds since 1970 of `2026-11-23 04:05:06.789012+05:30`, microseconds as their fraction; NaN
 * for `infinity`, for years before 1 or after 9999, and for another `DateStyle` than ISO.
 */
export function parseInstant(text: string): number {
  const seconds = parseTimestamp(text.length === 19 ? text : text.slice(0, 19));
  let at = 19;
  let fraction = 0;
  if (text.charCodeAt(at) === 0x2e) {
    let unit = 100;
    for (at++; isDigit(text.charCodeAt(at)); at++, unit /= 10)
      fraction += (text.charCodeAt(at) - 0x30) * unit;
  }
  const offset = offsetOf(text, at);
  return instantOf(seconds - offset, Math.round(fraction * 1000) / 1000);
}

/** Milliseconds east of UTC of `+05`, `+05:30` or `-00:19:32`. */
function offsetOf(text: string, at: number): number {
  const sign = text.charCodeAt(at);
  if (sign !== 0x2b && sign !== 0x2d) return NaN;
  // Nearly all there are.
  if (text.length === at + 3 && text.endsWith("00")) return 0;
  const match = /^(\d\d)(?::(\d\d))?(?::(\d\d))?$/.exec(text.slice(at + 1));
  if (!match) return NaN;
  const [, hours, minutes = "0", seconds = "0"] = match;
  const total = (Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds);
  return (sign === 0x2d ? -total : total) * 1000;
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}
