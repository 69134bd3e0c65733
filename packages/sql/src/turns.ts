import { ConnError } from "@conn/core";
import { abortedError } from "./aborted.ts";
import type { TransactionScope } from "./transaction-scope.ts";

export interface TurnRequest {
  /** Seconds to wait in the queue. */
  readonly seconds: number;
  readonly signal?: AbortSignal | undefined;
  /** What will hold the place, and where it was started, for those who wait in vain. */
  readonly holder: string;
  /** The transaction whose function will run while the place is held. */
  readonly scope?: TransactionScope | undefined;
}

interface Holder {
  readonly name: string;
  readonly scope: TransactionScope | undefined;
  readonly since: number;
}

interface Waiter {
  readonly start: () => void;
  readonly leave: (error: ConnError) => void;
}

/** A number of places, taken in turns: first come, first served. */
export class Turns {
  readonly places: number;
  readonly #taken: string;
  readonly #hint: string;
  /** In the order in which they came. A Set would keep what comes and goes from the engine's quick collections, as in core's Lifetime. */
  readonly #holders: Holder[] = [];
  readonly #waiting: Waiter[] = [];
  #closed: ConnError | undefined;

  /**
   * @param taken How a message begins where the wait was in vain: `The database stayed taken`.
   * @param hint What to do then.
   */
  constructor(places: number, taken = "The turn did not come", hint = "End what holds it sooner.") {
    this.places = places;
    this.#taken = taken;
    this.#hint = hint;
  }

  /**
   * Resolves, once it is this caller's turn, to the function that ends it; calling it again does nothing.
   *
   * @throws CONN_POOL_TIMEOUT after the given time, naming the longest holder. CONN_ARGUMENT where the
   * wait would be for the transaction that the caller runs in. CONN_ABORTED. CONN_CLOSED.
   */
  async acquire(request: TurnRequest): Promise<() => void> {
    const free = this.acquireNow(request);
    if (free) return free;
    if (this.#closed) throw this.#closed;
    if (request.signal?.aborted) throw abortedError(request.signal, waitAborted);
    if (this.places === 1 && this.#holders.some(({ scope }) => scope?.surrounds)) {
      throw new ConnError(
        "CONN_ARGUMENT",
        "The call was made inside of a transaction, for whose end it would wait.",
        { hint: "Use the session that the function is given: session.query, session.execute." },
      );
    }
    return this.#wait(request);
  }

  /** As `acquire`, where nobody has to wait for the turn; else undefined. */
  acquireNow(request: TurnRequest): (() => void) | undefined {
    const free = !this.#closed && !request.signal?.aborted && this.#holders.length < this.places;
    return free ? this.#take(request) : undefined;
  }

  /** Runs a task while holding a place. */
  async run<T>(request: TurnRequest, task: () => T | Promise<T>): Promise<T> {
    const release = await this.acquire(request);
    try {
      return await task();
    } finally {
      release();
    }
  }

  /** How many wait. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Sends away all who wait, and all who come. */
  close(reason: ConnError): void {
    this.#closed = reason;
    for (const { leave } of this.#waiting.splice(0)) leave(reason);
  }

  #wait(request: TurnRequest): Promise<() => void> {
    const { seconds, signal } = request;
    return new Promise((resolve, reject) => {
      const finish = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", abort);
      };
      const waiter: Waiter = {
        start: () => {
          finish();
          resolve(this.#take(request));
        },
        leave: (error) => {
          finish();
          const index = this.#waiting.indexOf(waiter);
          if (index >= 0) this.#waiting.splice(index, 1);
          reject(error);
        },
      };
      const timer =
        seconds === Infinity
          ? undefined
          : setTimeout(() => waiter.leave(this.#timeout(seconds)), seconds * 1000);
      const abort = (): void => waiter.leave(abortedError(signal!, waitAborted));
      signal?.addEventListener("abort", abort, { once: true });
      this.#waiting.push(waiter);
    });
  }

  #take({ holder, scope }: TurnRequest): () => void {
    const held: Holder = { name: holder, scope, since: performance.now() };
    this.#holders.push(held);
    return () => {
      const index = this.#holders.indexOf(held);
      if (index < 0) return;
      this.#holders.splice(index, 1);
      this.#waiting.shift()?.start();
    };
  }

  #timeout(seconds: number): ConnError {
    // The first is the one that holds its place the longest.
    const [longest] = this.#holders;
    const held =
      longest === undefined
        ? ""
        : `: ${longest.name} holds ${this.places === 1 ? "it" : "one"} for ${((performance.now() - longest.since) / 1000).toFixed(1)} s`;
    // Without the one that is told so.
    const others = this.#waiting.length - 1;
    return new ConnError(
      "CONN_POOL_TIMEOUT",
      `${this.#taken} for ${seconds} s${held}${others > 0 ? `, and ${others} more wait` : ""}.`,
      { hint: this.#hint },
    );
  }
}

const waitAborted = "The call was aborted while it waited for its turn.";
