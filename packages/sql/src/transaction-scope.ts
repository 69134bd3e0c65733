import { AsyncLocalStorage } from "node:async_hooks";

const current = new AsyncLocalStorage<TransactionScope>();

/** What runs inside one transaction's function, so that a wait for that transaction's end can be told there. */
export class TransactionScope {
  readonly #outer = TransactionScope.#active();
  #ended = false;

  /** Whether the running code was started by this transaction's function, and that function still runs. */
  get surrounds(): boolean {
    for (let scope = TransactionScope.#active(); scope; scope = scope.#outer)
      if (scope === this) return true;
    return false;
  }

  async run<T>(task: () => T | Promise<T>): Promise<T> {
    try {
      return await current.run(this, task);
    } finally {
      this.#ended = true;
    }
  }

  /** Timers and workers that a function leaves behind carry its scope on, which then means nothing. */
  static #active(): TransactionScope | undefined {
    let scope = current.getStore();
    while (scope !== undefined && scope.#ended) scope = scope.#outer;
    return scope;
  }
}
