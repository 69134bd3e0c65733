import { setMaxListeners } from "node:events";
import { abortable, abortError, type CallName } from "./abort.ts";
import { toTimer } from "./duration.ts";
import type { ConnError } from "./errors.ts";

/** One opened client: who uses it, and how it ends. */
export class Lifetime<Client> {
  readonly client: Promise<Client>;
  /** The client once it is there, for those who may not wait. */
  opened: Client | undefined;
  readonly #controller = new AbortController();
  /**
   * What tells each running call that the client is taken away: a listener of a signal costs many times as
   * much. A Set makes a new table every few calls, which the one before it points to: once one of them is in
   * the engine's old memory, all that the later ones held outlives the quick collections.
   */
  readonly #ends: ((reason: unknown) => void)[] = [];
  readonly #release: () => Promise<void>;
  #leases = 0;
  #idle: (() => void) | undefined;
  #ending: Promise<void> | undefined;

  constructor(
    open: (signal: AbortSignal) => Promise<Client>,
    release: (client: Client) => Promise<void>,
  ) {
    // Every session and stream listens; many of them are no leak.
    setMaxListeners(0, this.#controller.signal);
    this.client = open(this.#controller.signal).then((client) => (this.opened = client));
    // Whoever waits for the client hears of the failure; a lifetime that nobody waits for stays silent.
    this.client.catch(() => {});
    this.#release = async () => {
      const client = await this.client.catch(() => undefined);
      if (client !== undefined) await release(client);
    };
  }

  /** Aborted when the client is taken away under a running call. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get ending(): boolean {
    return this.#ending !== undefined;
  }

  /** Holds the client open; call what it returns, once or more, to let go. */
  lease(): () => void {
    this.#leases++;
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      if (--this.#leases === 0) this.#idle?.();
    };
  }

  /**
   * Runs a task on the client, which is held until the task itself has ended. The caller waits no longer
   * than until its own signal is aborted or the client is taken away; the task's signal tells of both.
   */
  run<T>(
    task: (client: Client, signal: AbortSignal) => Promise<T>,
    signal: AbortSignal | undefined,
    call: CallName,
  ): Promise<T> {
    if (this.opened !== undefined) return this.#run(this.opened, task, signal, call);
    const release = this.lease();
    return abortable(this.client, signal, call)
      .then((client) => this.#run(client, task, signal, call))
      .finally(release);
  }

  #run<T>(
    client: Client,
    task: (client: Client, signal: AbortSignal) => Promise<T>,
    signal: AbortSignal | undefined,
    call: CallName,
  ): Promise<T> {
    const release = this.lease();
    return new Promise((resolve, reject) => {
      const controller = new AbortController();
      const end = (reason: unknown): void => {
        controller.abort(reason);
        reject(abortError(reason, call));
      };
      const abort = (): void => end(signal!.reason);
      const letGo = (): void => {
        signal?.removeEventListener("abort", abort);
        this.#ends.splice(this.#ends.indexOf(end), 1);
        release();
      };
      const fail = (error: unknown): void => {
        letGo();
        reject(error);
      };
      signal?.addEventListener("abort", abort, { once: true });
      this.#ends.push(end);
      // While the client was waited for.
      if (signal?.aborted) end(signal.reason);
      if (this.signal.aborted) end(this.signal.reason);
      try {
        Promise.resolve(task(client, controller.signal)).then((value) => {
          letGo();
          resolve(value);
        }, fail);
      } catch (error) {
        // The lease ends with a task that throws at once, too.
        fail(error);
      }
    });
  }

  /** Waits for running calls, ends those that outlast the deadline, then releases the client. Idempotent. */
  end(seconds: number, reason: ConnError): Promise<void> {
    return (this.#ending ??= this.#end(seconds, reason));
  }

  async #end(seconds: number, reason: ConnError): Promise<void> {
    await this.#drained(seconds);
    this.#controller.abort(reason);
    for (const end of this.#ends.slice()) end(reason);
    // Calls that heed the signal give their cursors and sockets back before the client goes.
    await this.#drained(Math.min(seconds, 1));
    await this.#release();
  }

  #drained(seconds: number): Promise<void> {
    if (this.#leases === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const stop = seconds === Infinity ? onceIdle(resolve) : after(seconds, resolve);
      this.#idle = () => {
        stop();
        resolve();
      };
    });
  }
}

function after(seconds: number, task: () => void): () => void {
  const timer = setTimeout(task, toTimer(seconds));
  return () => clearTimeout(timer);
}

const tasks = new Set<() => void>();

/**
 * Runs the task when the process has nothing left to do: nobody can let go of a client any more then,
 * and a wait for it would only end the process with a failure. It keeps no process alive.
 */
function onceIdle(task: () => void): () => void {
  tasks.add(task);
  // One listener, however many wait.
  process.off("beforeExit", runTasks).on("beforeExit", runTasks);
  return () => tasks.delete(task);
}

function runTasks(): void {
  for (const task of tasks) task();
  tasks.clear();
}
