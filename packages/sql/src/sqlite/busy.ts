import { setTimeout as pause } from "node:timers/promises";
import { abortedError } from "../aborted.ts";
import { isBusy } from "./errors.ts";

/**
 * Repeats a task while another process holds the database. The pauses are ours, because SQLite's own
 * waiting stops the whole process.
 *
 * @param seconds How long to go on.
 */
export async function whileBusy<T>(
  task: () => T | Promise<T>,
  seconds: number,
  signal?: AbortSignal,
): Promise<T> {
  const deadline = performance.now() + seconds * 1000;
  for (let ms = 1; ; ms = Math.min(ms * 2, 50)) {
    try {
      return await task();
    } catch (error) {
      if (!isBusy(error) || performance.now() >= deadline) throw error;
      // Half of it by chance, so that two processes do not meet again and again.
      await pause(ms * (0.5 + Math.random() / 2), undefined, { signal }).catch(() => {});
      if (signal?.aborted)
        throw abortedError(signal, "The call was aborted while others held the database.");
    }
  }
}
