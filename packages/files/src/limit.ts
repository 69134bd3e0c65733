import type { Duration } from "@conn/core";
import { toSeconds, toTimer } from "@conn/core/toolkit";

/** One signal for what ends a caller's patience: its own, and its timeout. */
export function limit(
  signal: AbortSignal | undefined,
  timeout: Duration | undefined,
): AbortSignal | undefined {
  const seconds = timeout === undefined ? Infinity : toSeconds(timeout, "timeout");
  if (seconds === Infinity) return signal;
  const timer = AbortSignal.timeout(toTimer(seconds));
  return signal ? AbortSignal.any([signal, timer]) : timer;
}
