import type { Duration } from "@conn/core";
import { toSeconds } from "@conn/core/toolkit";

/** One signal for what ends a caller's patience: its own, and its timeout. */
export function limit(
  signal: AbortSignal | undefined,
  timeout: Duration | undefined,
): AbortSignal | undefined {
  const seconds = timeout === undefined ? Infinity : toSeconds(timeout, "timeout");
  if (seconds === Infinity) return signal;
  // Longer than timers know is as good as for ever, and would fire at once.
  const timer = AbortSignal.timeout(Math.min(seconds * 1000, 2 ** 31 - 1));
  return signal ? AbortSignal.any([signal, timer]) : timer;
}
