import { ConnError } from "@conn/core";

/**
 * Interrupts once the signal is aborted, until the function that it returns is called. DuckDB forgets an
 * interrupt that comes before the statement has begun, hence again and again.
 *
 * @throws CONN_ABORTED where it is aborted already.
 */
export function interruptOn(signal: AbortSignal, interrupt: () => void): () => void {
  if (signal.aborted)
    throw new ConnError("CONN_ABORTED", "The call was aborted.", { cause: signal.reason });
  let timer: NodeJS.Timeout | undefined;
  const abort = (): void => {
    interrupt();
    timer = setInterval(interrupt, 10);
  };
  signal.addEventListener("abort", abort, { once: true });
  return () => {
    clearInterval(timer);
    signal.removeEventListener("abort", abort);
  };
}

/** Lets timers and sockets of the process run where a loop of DuckDB's synchronous calls has held them. */
export class Breath {
  #since = performance.now();

  async take(): Promise<void> {
    if (performance.now() - this.#since < 12) return;
    await new Promise<void>((resolve) => setImmediate(resolve));
    this.#since = performance.now();
  }
}
