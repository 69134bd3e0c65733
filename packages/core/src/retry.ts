/** What a failure allows: another attempt, perhaps not before some seconds have passed. */
export interface Verdict {
  readonly retry: boolean;
  /** Seconds that the source asked to wait, as from a Retry-After header. */
  readonly after?: number | undefined;
}

export interface RetryPolicy {
  /** All attempts together, the first included. Default 3. */
  readonly attempts?: number;
  /** Seconds after the start at which no further attempt begins. Default 30. */
  readonly deadline?: number;
  /** Seconds of the first pause's upper bound; it doubles each time. Default 0.1. */
  readonly base?: number;
  /** Upper bound of a pause in seconds. Default 5. */
  readonly cap?: number;
}

/**
 * Tokens that all calls of one connection share, so that a source that is down gets a trickle of
 * repeated calls and no storm: a repeat costs one token, a success earns a tenth of one.
 */
export class RetryBudget {
  readonly #capacity: number;
  #tokens: number;

  constructor(capacity = 10) {
    this.#capacity = capacity;
    this.#tokens = capacity;
  }

  spend(): boolean {
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }

  earn(): void {
    this.#tokens = Math.min(this.#capacity, this.#tokens + 0.1);
  }
}

export interface RetryOptions {
  /** Told of each failure, in turn. */
  readonly classify: (error: unknown) => Verdict;
  readonly budget: RetryBudget;
  readonly policy?: RetryPolicy;
  readonly signal?: AbortSignal | undefined;
  readonly onRetry?: (attempt: number, wait: number) => void;
}

/**
 * Runs a task again that has failed, while its failures allow it, the budget has tokens and the deadline
 * is not passed. What succeeds at once has no need to call this.
 *
 * @param started When it was run first, in milliseconds of the monotonic clock.
 */
export async function retry<T>(
  task: (attempt: number) => Promise<T>,
  failure: unknown,
  started: number,
  { classify, budget, policy = {}, signal, onRetry }: RetryOptions,
): Promise<T> {
  const { attempts = 3, deadline = 30, base = 0.1, cap = 5 } = policy;
  let error = failure;
  for (let attempt = 1; ; attempt++) {
    const verdict = classify(error);
    if (!verdict.retry || attempt >= attempts || signal?.aborted) throw error;
    // Full jitter spreads callers that failed together over the whole pause.
    const wait = Math.max(
      verdict.after ?? 0,
      Math.random() * Math.min(cap, base * 2 ** (attempt - 1)),
    );
    const elapsed = (performance.now() - started) / 1000;
    if (elapsed + wait > deadline || !budget.spend()) throw error;
    onRetry?.(attempt, wait);
    if (!(await pause(wait, signal))) throw error;
    try {
      const result = await task(attempt + 1);
      budget.earn();
      return result;
    } catch (again) {
      error = again;
    }
  }
}

/** Resolves to false when the signal ends the pause early. */
function pause(seconds: number, signal: AbortSignal | undefined): Promise<boolean> {
  return new Promise((resolve) => {
    const finish = (whole: boolean): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
      resolve(whole);
    };
    const abort = (): void => finish(false);
    const timer = setTimeout(finish, seconds * 1000, true);
    signal?.addEventListener("abort", abort, { once: true });
  });
}
