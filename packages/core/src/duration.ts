import { ConnError } from "./errors.ts";

/** Seconds, or a number with a unit: `90`, `"90s"`, `"10m"`, `"1h"`, `"2d"`. `Infinity` never ends. */
export type Duration = number | `${number}${"s" | "m" | "h" | "d"}`;

const secondsPerUnit: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/**
 * Seconds of a duration. A bare numeric string is refused: `"600"` says no unit, and guessing one has
 * turned ten minutes into 600 nanoseconds elsewhere.
 *
 * @throws CONN_ARGUMENT for anything that is not a duration.
 */
export function toSeconds(duration: Duration, option: string): number {
  if (typeof duration === "number" && duration >= 0) return duration;
  if (typeof duration === "string") {
    const match = /^(\d+(?:\.\d+)?)([smhd])$/.exec(duration);
    if (match) return Number(match[1]) * secondsPerUnit[match[2]!]!;
  }
  throw new ConnError("CONN_ARGUMENT", `\`${option}\` is not a duration: ${shown(duration)}.`, {
    hint: 'Give seconds, or a unit: 600, "90s", "10m", "1h", "2d", Infinity.',
  });
}

/**
 * Whole milliseconds for a timer: `AbortSignal.timeout` and drivers take no fraction, and a longer time than
 * the 24 days that timers know would be over at once.
 */
export function toTimer(seconds: number): number {
  return Math.min(Math.ceil(seconds * 1000), 2 ** 31 - 1);
}

function shown(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value.slice(0, 40)) : String(value);
}
