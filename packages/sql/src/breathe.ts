/** Milliseconds that calls may hold the event loop, one after the other. */
const slice = 12;

let since = performance.now();

/**
 * Whether timers and sockets have waited long enough. SQLite's drivers answer at once, so a loop of
 * awaited calls would otherwise never let anything else of the process run.
 */
export function outOfBreath(): boolean {
  return performance.now() - since > slice;
}

/** Lets the event loop run once where that is due. */
export async function breathe(): Promise<void> {
  if (!outOfBreath()) return;
  await new Promise<void>((resolve) => setImmediate(resolve));
  since = performance.now();
}
