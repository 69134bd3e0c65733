import { ConnError } from "./errors.ts";

/**
 * Settles as the promise does, or rejects with CONN_ABORTED as soon as the signal is aborted. The
 * promise itself goes on; whoever started it stops it.
 */
export function abortable<T>(
  promise: Promise<T>,
  signal: AbortSignal | undefined,
  call: CallName,
): Promise<T> {
  if (!signal) return promise;
  if (signal.aborted) {
    promise.catch(() => {});
    return Promise.reject(abortError(signal.reason, call));
  }
  return new Promise((resolve, reject) => {
    const letGo = (): void => signal.removeEventListener("abort", abort);
    const abort = (): void => reject(abortError(signal.reason, call));
    signal.addEventListener("abort", abort, { once: true });
    promise.then(resolve, reject);
    promise.then(letGo, letGo);
  });
}

/**
 * Aborted with the first of some signals, until `letGo`. `AbortSignal.any` leaves memory with its sources,
 * which may live as long as the process, until a full collection, and on Node 20 some even after it.
 */
export function eitherSignal(...signals: readonly AbortSignal[]): {
  readonly signal: AbortSignal;
  readonly letGo: () => void;
} {
  const controller = new AbortController();
  const abort = (): void => {
    const first = signals.find(({ aborted }) => aborted);
    if (first) controller.abort(first.reason);
  };
  abort();
  for (const signal of signals) signal.addEventListener("abort", abort, { once: true });
  return {
    signal: controller.signal,
    letGo: () => {
      for (const signal of signals) signal.removeEventListener("abort", abort);
    },
  };
}

/** Which call a message speaks of. */
export interface CallName {
  readonly connection: string;
  readonly operation: string;
}

/** The error of an aborted call: the reason itself where it already is conn's own. */
export function abortError(reason: unknown, { connection, operation }: CallName): ConnError {
  if (reason instanceof ConnError) return reason;
  if (reason instanceof DOMException && reason.name === "TimeoutError") {
    return timeoutError({ connection, operation }, undefined, reason);
  }
  return new ConnError("CONN_ABORTED", `${connection}.${operation} was aborted.`, {
    connection,
    operation,
    cause: reason,
  });
}

export function timeoutError(
  { connection, operation }: CallName,
  seconds: number | undefined,
  cause?: unknown,
): ConnError {
  const limit = seconds === undefined ? "in the time it was given" : `within ${seconds} s`;
  return new ConnError("CONN_TIMEOUT", `${connection}.${operation} did not finish ${limit}.`, {
    connection,
    operation,
    cause,
    hint: "Raise `timeout`, or make the call do less.",
  });
}
