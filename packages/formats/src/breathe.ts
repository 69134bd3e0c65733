/** Milliseconds that parsing may hold the event loop at a time. */
const slice = 10;

/** Lets timers and sockets of the process run where parsing has held them long enough. */
export class Breath {
  #since = performance.now();

  async take(signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    if (performance.now() - this.#since < slice) return;
    await new Promise<void>((resolve) => setImmediate(resolve));
    this.#since = performance.now();
  }
}
