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
  for (let pause = 1; ; pause = Math.min(pause * 2, 50)) {
    try {
      return await task();
    } catch (error) {
      if (!isBusy(error) || performance.now() >= deadline || signal?.aborted) throw error;
      // Half of it by chance, so that two processes do not meet again and again.
      await new Promise((resolve) => setTimeout(resolve, pause * (0.5 + Math.random() / 2)));
    }
  }
}
