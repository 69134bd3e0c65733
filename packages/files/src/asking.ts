import { ConnError } from "@conn/core";
import { toTimer } from "@conn/core/toolkit";
import { type Asked, explain, type Failure, networkFailure, silent } from "./failure.ts";
import type { Location } from "./location.ts";
import { settledBy } from "./settled.ts";
import type { FileStore } from "./store.ts";

/** How much of a store is asked for at once, and how long it may stay silent. */
export interface Pace {
  /** Seconds without a byte. */
  readonly idleTimeout: number;
  readonly partSize: number;
  readonly concurrency: number;
}

/** One call of a connection, as its requests know it. */
export interface Calling {
  readonly connection: string;
  readonly operation: string;
  readonly signal: AbortSignal;
  readonly pace: Pace;
  /** Repeats a request where its failure allows it, and the signal. */
  retried<T>(request: () => Promise<T>, signal: AbortSignal): Promise<T>;
}

/** Tells silence from what takes its time. */
export interface Watch {
  /** Something arrived: silence is counted from now. */
  alive(): void;
  /** Nobody is waited for but the caller, until `alive()`. */
  pause(): void;
}

/** A request: it ends when the signal does, and says `alive()` whenever something arrives. */
export type Request<T> = (signal: AbortSignal, watch: Watch) => Promise<T>;

/** The requests of one call to one store: watched for silence, and failing in words that say where. */
export class Asking<Store extends FileStore = FileStore> {
  readonly store: Store;
  readonly calling: Calling;

  constructor(store: Store, calling: Calling) {
    this.store = store;
    this.calling = calling;
  }

  /** The same call under another signal. */
  under(signal: AbortSignal): Asking<Store> {
    return new Asking(this.store, { ...this.calling, signal });
  }

  /** A request that does no harm when it is sent twice. */
  repeated<T>(location: Location, request: Request<T>, work = 0): Promise<T> {
    const { calling } = this;
    return calling.retried(() => this.once(location, request, work), calling.signal);
  }

  /** A request that is sent once; `work` is how many seconds more than silence it may take. */
  async once<T>(location: Location, request: Request<T>, work = 0): Promise<T> {
    const { signal, pace } = this.calling;
    // Both ends in one: `AbortSignal.any` would leave something with the call's signal for each request.
    const controller = new AbortController();
    const abort = (): void => controller.abort(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    const either = controller.signal;
    const seconds = pace.idleTimeout + work;
    let timer: NodeJS.Timeout | undefined;
    let over = false;
    const pause = (): void => {
      clearTimeout(timer);
      timer = undefined;
    };
    const start = (): void => {
      // What a body's end still tells after the answer must keep no process waiting.
      if (over) return;
      if (timer) return void timer.refresh();
      timer = setTimeout(
        () => controller.abort(silent(this.about(location), seconds)),
        toTimer(seconds),
      );
    };
    const watch: Watch = { pause, alive: start };
    start();
    try {
      return await settledBy(either, request(either, watch));
    } catch (error) {
      throw this.explained(error, location, either);
    } finally {
      over = true;
      pause();
      signal.removeEventListener("abort", abort);
    }
  }

  /** An error in words that say where, of a request under that signal. */
  explained(error: unknown, location: Location, signal: AbortSignal): unknown {
    // An SDK's own error of an abort does not say why.
    if (signal.aborted) return signal.reason;
    // Explained already, as that of a request within this one.
    if (error instanceof ConnError) return error;
    const failure = this.store.failureOf(error) ?? networkFailure(error);
    return failure ? explain(failure, this.about(location), error) : error;
  }

  about(location: Location): Asked {
    const { connection, operation } = this.calling;
    return { connection, operation, location, words: this.store.words };
  }

  /** A failure that is found here, and not by the store. */
  failure(failure: Failure, location: Location): Error {
    return explain(failure, this.about(location), undefined);
  }
}
