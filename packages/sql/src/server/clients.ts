import { ConnError } from "@conn/core";
import { abortedError } from "../aborted.ts";
import { type TurnRequest, Turns } from "../turns.ts";
import type { PoolNumbers } from "../engine.ts";
import type { Wire } from "./wire.ts";

/** A client that is lent to one call or session. */
export interface Lent<Client> {
  readonly client: Client;
  /** Gives it back; a broken one, or one that was stopped, is closed. */
  give(broken?: boolean): void;
}

export interface ClientsOptions {
  readonly poolSize: number;
  /** Seconds that a new connection may take. */
  readonly connectSeconds: number;
  /** Seconds after which a client is replaced once it comes free. */
  readonly maxLifetime: number;
  readonly lost: (error: unknown) => boolean;
}

/** Milliseconds that a statement may go on after the server was asked to stop it. */
const patience = 2000;

/** The clients of one server, lent in turns so that a wait in vain can name who holds them. */
export class Clients<Client extends object> {
  readonly #wire: Wire<Client>;
  readonly #turns: Turns;
  readonly #stopped = new WeakSet<Client>();
  /** When each client is to be replaced, in milliseconds of the monotonic clock. */
  readonly #ends = new WeakMap<Client, number>();
  readonly #connectSeconds: number;
  readonly #maxLifetime: number;
  readonly #lost: (error: unknown) => boolean;

  constructor(wire: Wire<Client>, { poolSize, connectSeconds, maxLifetime, lost }: ClientsOptions) {
    this.#wire = wire;
    this.#connectSeconds = connectSeconds;
    this.#maxLifetime = maxLifetime;
    this.#lost = lost;
    this.#turns = new Turns(
      poolSize,
      poolSize === 1
        ? "The one connection stayed taken"
        : `All ${poolSize} connections stayed taken`,
      "End sessions and streams sooner, or raise `poolSize`.",
    );
  }

  /** @throws CONN_POOL_TIMEOUT naming the longest holder, CONN_ABORTED, CONN_CLOSED. */
  async lend(request: TurnRequest): Promise<Lent<Client>> {
    const release = await this.#turns.acquire(request);
    try {
      const client = await this.#take(request);
      this.#note(client);
      // Whoever holds it does not keep the process alive; what runs on it does.
      this.#wire.keepAwake(client, false);
      let lent = true;
      return {
        client,
        give: (broken = false) => {
          if (!lent) return;
          lent = false;
          this.#give(client, broken, release);
        },
      };
    } catch (error) {
      release();
      throw error;
    }
  }

  /** Lends a client for one task. */
  async with<T>(request: TurnRequest, task: (client: Client) => Promise<T>): Promise<T> {
    const release = this.#turns.acquireNow(request) ?? (await this.#turns.acquire(request));
    let client: Client | undefined;
    let broken = false;
    try {
      const taken = (client = await this.#take(request));
      this.#note(taken);
      return await this.stoppable(taken, request.signal, () => task(taken));
    } catch (error) {
      broken = this.#lost(error);
      throw error;
    } finally {
      if (client) this.#give(client, broken, release);
      else release();
    }
  }

  #give(client: Client, broken: boolean, release: () => void): void {
    try {
      this.#wire.give(client, broken || this.#stopped.has(client) || this.#isOld(client));
    } finally {
      release();
    }
  }

  /**
   * Runs a task that an abort also stops on the server. A client that was stopped is closed when it is
   * given back: the server's answer to the stop could still hit its next statement.
   */
  stoppable<T>(
    client: Client,
    signal: AbortSignal | undefined,
    task: () => Promise<T>,
  ): Promise<T> {
    if (!signal) return task();
    if (signal.aborted)
      return Promise.reject(abortedError(signal, "The call was aborted before it was sent."));
    return new Promise((resolve, reject) => {
      let stopping: Promise<void> | undefined;
      let timer: NodeJS.Timeout | undefined;
      const end = (): void => {
        this.#wire.destroy(client);
        // Not every driver tells who waits for a client that is taken away.
        reject(abortedError(signal, "The call was aborted, and the server did not stop it."));
      };
      const stop = (): void => {
        this.#stopped.add(client);
        timer = setTimeout(end, patience);
        stopping = this.#wire.cancel(client).catch(end);
      };
      const settle = (tell: () => void): void => {
        signal.removeEventListener("abort", stop);
        if (!stopping) return tell();
        void stopping.then(() => {
          clearTimeout(timer);
          tell();
        });
      };
      const running = task();
      // While the server is at work already.
      signal.addEventListener("abort", stop, { once: true });
      running.then(
        (value) => settle(() => resolve(value)),
        (error: unknown) =>
          settle(() =>
            reject(
              signal.aborted ? abortedError(signal, "The call was aborted.") : (error as Error),
            ),
          ),
      );
    });
  }

  /** Keeps the process alive while a task uses the client. */
  async awake<T>(client: Client, task: () => Promise<T>): Promise<T> {
    this.#wire.keepAwake(client, true);
    try {
      return await task();
    } finally {
      this.#wire.keepAwake(client, false);
    }
  }

  get numbers(): PoolNumbers {
    const { open, idle } = this.#wire.counts();
    const { places, waiting } = this.#turns;
    return { size: places, open, busy: open - idle, waiting };
  }

  isStopped(client: Client): boolean {
    return this.#stopped.has(client);
  }

  /** Clients that were connected together, as after a restart of the server, do not all end together. */
  #note(client: Client): void {
    if (this.#ends.has(client)) return;
    const seconds = this.#maxLifetime * (0.9 + Math.random() / 10);
    this.#ends.set(client, performance.now() + seconds * 1000);
  }

  #isOld(client: Client): boolean {
    return performance.now() > this.#ends.get(client)!;
  }

  /** The driver's pool may be taken by users of TypeORM, who do not queue here. */
  #take({ seconds, signal }: TurnRequest): Promise<Client> {
    // There is no wait that could be too long, or ended.
    if (this.#wire.ready()) return this.#wire.take();
    return new Promise((resolve, reject) => {
      let waiting = true;
      const leave = (error: ConnError): void => {
        waiting = false;
        finish();
        reject(error);
      };
      const timer = setTimeout(
        () =>
          leave(
            new ConnError(
              "CONN_POOL_TIMEOUT",
              `No connection came free for ${seconds} s: TypeORM's query runners hold them, or the server does not answer.`,
              { hint: "Release query runners sooner, or raise `poolSize`." },
            ),
          ),
        Math.max(seconds, this.#connectSeconds) * 1000,
      );
      const abort = (): void =>
        leave(abortedError(signal!, "The call was aborted before it was sent."));
      const finish = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", abort);
      };
      signal?.addEventListener("abort", abort, { once: true });
      this.#wire.take().then(
        (client) => {
          finish();
          if (waiting) resolve(client);
          else this.#wire.give(client, false);
        },
        (error: unknown) => {
          finish();
          reject(error);
        },
      );
    });
  }

  close(): void {
    this.#turns.close(
      new ConnError("CONN_CLOSED", "The connection was closed while the call waited for its turn."),
    );
  }
}
