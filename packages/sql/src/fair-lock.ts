import { ConnError } from "@conn/core";

export interface LockRequest {
  /** Seconds to wait in the queue. */
  readonly seconds: number;
  readonly signal?: AbortSignal | undefined;
  /** What the holder is, and where it was started, for those who wait in vain. */
  readonly holder: string;
}

interface Waiter {
  readonly holder: string;
  readonly start: () => void;
}

/** One holder at a time, first come, first served. */
export class FairLock {
  readonly #waiting: Waiter[] = [];
  #holder: { readonly name: string; readonly since: number } | undefined;

  get held(): boolean {
    return this.#holder !== undefined;
  }

  /**
   * Resolves, once it is this caller's turn, to the function that ends it; calling it again does nothing.
   *
   * @throws CONN_POOL_TIMEOUT after the given time, naming the holder. CONN_ABORTED.
   */
  acquire({ seconds, signal, holder }: LockRequest): Promise<() => void> {
    if (signal?.aborted) return Promise.reject(aborted(signal));
    if (!this.#holder) return Promise.resolve(this.#take(holder));
    return new Promise((resolve, reject) => {
      const finish = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", abort);
      };
      const leave = (error: ConnError): void => {
        finish();
        this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
        reject(error);
      };
      const waiter: Waiter = {
        holder,
        start: () => {
          finish();
          resolve(this.#take(holder));
        },
      };
      const timer =
        seconds === Infinity
          ? undefined
          : setTimeout(() => leave(this.#timeout(seconds)), seconds * 1000);
      const abort = (): void => leave(aborted(signal!));
      signal?.addEventListener("abort", abort, { once: true });
      this.#waiting.push(waiter);
    });
  }

  /** Runs a task while holding the lock. */
  async run<T>(request: LockRequest, task: () => T | Promise<T>): Promise<T> {
    const release = await this.acquire(request);
    try {
      return await task();
    } finally {
      release();
    }
  }

  #take(name: string): () => void {
    const holder = { name, since: performance.now() };
    this.#holder = holder;
    return () => {
      if (this.#holder !== holder) return;
      this.#holder = undefined;
      this.#waiting.shift()?.start();
    };
  }

  #timeout(seconds: number): ConnError {
    const { name, since } = this.#holder ?? { name: "another call", since: performance.now() };
    const held = ((performance.now() - since) / 1000).toFixed(1);
    return new ConnError(
      "CONN_POOL_TIMEOUT",
      `The database stayed taken for ${seconds} s: ${name} holds it for ${held} s, and ${this.#waiting.length} more wait.`,
      {
        hint: "SQLite has one writer at a time: end the session first, or use its own query and execute inside it.",
      },
    );
  }
}

function aborted(signal: AbortSignal): ConnError {
  if (signal.reason instanceof ConnError) return signal.reason;
  return new ConnError("CONN_ABORTED", "The call was aborted while it waited for the database.", {
    cause: signal.reason,
  });
}
