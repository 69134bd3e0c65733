import { abortable, abortError, timeoutError } from "./abort.ts";
import type { CacheOwner } from "./cache.ts";
import type { CallKey } from "./cache-key.ts";
import type { CheckReport, CheckSteps } from "./check.ts";
import type { ConnectionClass, ConnectionInit } from "./connection-class.ts";
import { toSeconds, toTimer } from "./duration.ts";
import { ConnError } from "./errors.ts";
import { type Failure, failureOf, wrap } from "./failure.ts";
import { ownerOf, startGeneration } from "./identity.ts";
import { Lifetime } from "./lifetime.ts";
import { explainMisses } from "./member-hint.ts";
import { publish } from "./observe.ts";
import type { ReadOptions } from "./read-options.ts";
import { retry, RetryBudget, type Verdict } from "./retry.ts";
import { forgetInstance, state } from "./state.ts";

/** What `open` gets beside the configuration. */
export interface OpenContext {
  readonly name: string;
  /** Aborted when the open takes too long or the connection is closed meanwhile. */
  readonly signal: AbortSignal;
}

export interface RunOptions {
  readonly signal?: AbortSignal | undefined;
  /** Whether the call may be sent twice. Default: false, as for anything that writes. */
  readonly repeat?: boolean;
}

/** The client, held open until `release` is called. */
export interface Lease<Client> extends Disposable {
  readonly client: Client;
  /** Aborted when the client is taken away before its time. */
  readonly signal: AbortSignal;
  release(): void;
}

/** Core swaps the settings of an instance through this; its name is stable across copies of core. */
export const reconfigure: unique symbol = Symbol.for(
  "@conn/core/reconfigure",
) as typeof reconfigure;
export const retire: unique symbol = Symbol.for("@conn/core/retire") as typeof retire;

const inspect = Symbol.for("nodejs.util.inspect.custom");

/**
 * The contract of every connection. A plugin writes `open`, and one method that people use, on top of
 * `cached` for reading and `run` for everything else; opening once, retrying, caching, cancelling,
 * draining and hiding secrets are done here.
 */
export abstract class BaseConnection<Client = unknown, Config extends object = object> {
  readonly name: string;
  #config: Config;
  readonly #scope: unknown;
  #lifetime: Lifetime<Client> | undefined;
  #closing: Promise<void> | undefined;
  #owner: CacheOwner;
  readonly #budget = new RetryBudget();
  /** Failures of requests that were repeated already. */
  readonly #givenUp = new WeakSet<object>();

  constructor(init: ConnectionInit<Config>) {
    this.name = init.name;
    this.#config = init.config;
    this.#scope = init.scope;
    this.#owner = this.#newOwner();
    // Readable, yet not writable: the name is in every message, key and event.
    Object.defineProperty(this, "name", { writable: false });
  }

  /** Connects, and resolves to the vendor's client. Called at most once at a time, on first use. */
  protected abstract open(config: Config, context: OpenContext): Promise<Client>;
  /** Gives back what `open` took. Default: nothing. */
  protected release?(client: Client): Promise<void>;
  /** Asks the source for a sign of life, for `check()`. */
  protected ping?(client: Client): Promise<void>;
  /** Whether an error means that the client is of no more use; it is then replaced. Default: by the system's error codes. */
  protected isConnectionLost?(error: unknown): boolean;
  /** Whether the same call may succeed later, and after how many seconds at the earliest where the source says so; `undefined` leaves it to core. */
  protected isTransient?(error: unknown): boolean | number | undefined;
  /** Puts an error in the words of this source; `undefined` leaves it to core. */
  protected explain?(error: unknown, operation: string): ConnError | undefined;

  /** What `check()` tries, in this order. Default: `open`, and `ping` where there is one. */
  protected steps(): CheckSteps | Promise<CheckSteps> {
    const ping = this.ping?.bind(this);
    return {
      open: () => this.client(),
      ...(ping && { ping: () => this.run("ping", ping, { repeat: true }) }),
    };
  }

  /** The settings, checked and complete. */
  protected get config(): Config {
    return this.#config;
  }

  /** The type's name, as in the secrets file. */
  get type(): string {
    return (this.constructor as unknown as ConnectionClass).type;
  }

  get state(): "idle" | "opening" | "open" | "closed" {
    if (this.#closing) return "closed";
    if (!this.#lifetime) return "idle";
    return this.#lifetime.opened === undefined ? "opening" : "open";
  }

  /**
   * The vendor's own client, opened on first use. It stays valid until `reset()`, `close()` or a lost
   * connection: ask again rather than keep it.
   *
   * @throws CONN_OPEN, CONN_AUTH, CONN_TIMEOUT, CONN_CLOSED.
   */
  client(): Promise<Client> {
    return this.#attempt("client", (client) => Promise.resolve(client), { repeat: true });
  }

  /** Lets running calls finish, releases the client and drops cached results; the next use opens again. */
  async reset(): Promise<void> {
    this.dropCached();
    await this.#end("reset");
  }

  /** Ends the connection for good; running calls finish first. Further calls of `close` wait for the same end. */
  close(): Promise<void> {
    if (!this.#closing) {
      forgetInstance(this);
      this.#closing = this.#end("closed");
    }
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Takes the steps towards the source one by one, telling how each went. Rejects for nothing that the source does. */
  async check(): Promise<CheckReport> {
    const { runCheck } = await import("./check.ts");
    return runCheck(this, this.steps());
  }

  /** Describes the connection without its settings. */
  toJSON(): { name: string; type: string; state: string } {
    return { name: this.name, type: this.type, state: this.state };
  }

  [inspect](): string {
    return `${this.constructor.name} { name: ${JSON.stringify(this.name)}, state: "${this.state}" }`;
  }

  /**
   * A reading call: answered from the cache, else loaded once however many ask, and repeated when the
   * connection is lost under it. `call` holds everything that changes the result.
   */
  protected cached<T>(
    call: CallKey,
    options: ReadOptions<T> | undefined,
    load: (client: Client, signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    if (this.#closing) return Promise.reject(this.#closedError(call.method));
    try {
      return state.cache.read<T>({
        owner: this.#owner,
        call,
        options,
        load: (signal) => this.run(call.method, load, { signal, repeat: true }),
      });
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** A call past the cache. Sent once, unless `repeat` says that sending it again does no harm. */
  protected run<T>(
    operation: string,
    task: (client: Client, signal: AbortSignal) => Promise<T>,
    options: RunOptions = {},
  ): Promise<T> {
    return this.#attempt(operation, task, options);
  }

  /**
   * One of several requests that a call makes, repeated by itself where its failure allows it, so that
   * the call need not begin anew: it is not repeated as a whole once this gave up.
   */
  protected async retried<T>(
    operation: string,
    request: () => Promise<T>,
    signal?: AbortSignal,
  ): Promise<T> {
    try {
      const classify = (error: unknown): Verdict => this.#verdict(error, true);
      return await this.#repeated(operation, request, signal, classify);
    } catch (error) {
      this.#givenUp.add(Object(error) as object);
      throw error;
    }
  }

  /** Holds the client for something longer than a call: a session, a stream. Release it. */
  protected async lease(operation: string, options: RunOptions = {}): Promise<Lease<Client>> {
    return this.#attempt(
      operation,
      (client, signal, lifetime) => {
        const release = lifetime.lease();
        return Promise.resolve({
          client,
          signal: lifetime.signal,
          release,
          [Symbol.dispose]: release,
        });
      },
      options,
    );
  }

  /** Forgets this connection's cached results, here and, through a shared store, in other processes. */
  protected dropCached(): void {
    startGeneration(this.#owner);
    state.cache.drop(this.#owner);
  }

  /** New settings: running calls finish on the old client, results of the old source are served no more. */
  [reconfigure](config: Config): Promise<void> {
    this.#config = config;
    this.#owner = this.#newOwner();
    return this.#end("reconfigured");
  }

  /** Gives the client back once idle, and stays usable for whoever still holds the connection. */
  [retire](): Promise<void> {
    return this.#end("evicted");
  }

  async #attempt<T>(
    operation: string,
    task: (client: Client, signal: AbortSignal, lifetime: Lifetime<Client>) => Promise<T>,
    options: RunOptions,
    renewed = false,
  ): Promise<T> {
    const { signal, repeat = false } = options;
    const config = this.#config;
    const name = { connection: this.name, operation };
    let lifetime: Lifetime<Client>;
    // Whether the client was there, and the task has begun.
    let begun = false as boolean;
    const once = (): Promise<T> => {
      if (this.#closing) throw this.#closedError(operation);
      if (signal?.aborted) throw abortError(signal.reason, name);
      begun = false;
      const current = (lifetime = this.#current());
      const begin = (client: Client, ended: AbortSignal): Promise<T> => {
        begun = true;
        return task(client, ended, current);
      };
      return current.run(begin, signal, name);
    };
    try {
      return await this.#repeated(operation, once, signal, (error) => {
        if (begun && this.#judge(error) === "lost") this.#discard(lifetime);
        return this.#verdict(error, !begun || repeat);
      });
    } catch (error) {
      const step = begun ? operation : "open";
      const known = error instanceof ConnError ? error : this.explain?.(error, step);
      const explained = wrap(known ?? error, this.name, step);
      if (explained.code === "CONN_AUTH" && !renewed) {
        const { renew } = await import("./prepare.ts");
        await renew().catch(() => {});
        // The source had refused the old password, so that nothing was done yet.
        if (config !== this.#config) return this.#attempt(operation, task, options, true);
      }
      publish({ kind: "failure", ...name, code: explained.code });
      throw explained;
    }
  }

  /** Runs a task, and again where its failure allows it: what succeeds at once pays for none of that. */
  async #repeated<T>(
    operation: string,
    task: () => Promise<T>,
    signal: AbortSignal | undefined,
    classify: (error: unknown) => Verdict,
  ): Promise<T> {
    const started = performance.now();
    try {
      const result = await task();
      this.#budget.earn();
      return result;
    } catch (error) {
      return retry(task, error, started, {
        budget: this.#budget,
        policy: state.settings.retry ?? {},
        signal,
        classify,
        onRetry: (attempt, wait) =>
          publish({ kind: "retry", connection: this.name, operation, attempt, wait }),
      });
    }
  }

  #current(): Lifetime<Client> {
    if (this.#lifetime && !this.#lifetime.ending) return this.#lifetime;
    const start = performance.now();
    const lifetime: Lifetime<Client> = new Lifetime(
      (signal) => this.#open(signal),
      async (client) => {
        publish({ kind: "release", connection: this.name, type: this.type });
        await this.release?.(client);
      },
    );
    this.#lifetime = lifetime;
    lifetime.client.then(
      () =>
        publish({
          kind: "open",
          connection: this.name,
          type: this.type,
          ms: performance.now() - start,
        }),
      // A failed open is forgotten, so that the next call tries again.
      () => this.#forget(lifetime),
    );
    return lifetime;
  }

  async #open(signal: AbortSignal): Promise<Client> {
    const seconds = toSeconds(state.settings.openTimeout ?? 30, "openTimeout");
    const controller = new AbortController();
    const name = { connection: this.name, operation: "open" };
    const timer = setTimeout(() => controller.abort(timeoutError(name, seconds)), toTimer(seconds));
    const either = AbortSignal.any([signal, controller.signal]);
    const opening = Promise.resolve().then(() =>
      this.open(this.#config, { name: this.name, signal: either }),
    );
    try {
      return await abortable(opening, either, name);
    } catch (error) {
      // A client that arrives after its time is given back, and not leaked.
      if (either.aborted) opening.then((client) => this.release?.(client)).catch(() => {});
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  /** The source broke this client: nobody gets it again, and it goes when its last call has ended. */
  #discard(lifetime: Lifetime<Client>): void {
    this.#forget(lifetime);
    const reason = new ConnError("CONN_LOST", `${this.name} lost its connection.`, {
      connection: this.name,
    });
    lifetime.end(this.#drainSeconds(), reason).catch(() => {});
  }

  #forget(lifetime: Lifetime<Client>): void {
    if (this.#lifetime === lifetime) this.#lifetime = undefined;
  }

  async #end(how: string): Promise<void> {
    const lifetime = this.#lifetime;
    if (!lifetime) return;
    this.#lifetime = undefined;
    const message = `${this.name} was ${how} while a call was running.`;
    await lifetime.end(
      this.#drainSeconds(),
      new ConnError("CONN_ABORTED", message, { connection: this.name }),
    );
  }

  #drainSeconds(): number {
    return toSeconds(state.settings.drainTimeout ?? 10, "drainTimeout");
  }

  #judge(error: unknown): Failure {
    if (this.isConnectionLost?.(error)) return "lost";
    if (error instanceof ConnError) return "final";
    return failureOf(error);
  }

  #verdict(error: unknown, repeatable: boolean): Verdict {
    if (!repeatable || this.#givenUp.has(error as object)) return { retry: false };
    const transient = this.isTransient?.(error);
    if (typeof transient === "number") return { retry: true, after: transient };
    return { retry: transient ?? this.#judge(error) !== "final" };
  }

  #closedError(operation: string): ConnError {
    return new ConnError("CONN_CLOSED", `${this.name}.${operation} was called after close().`, {
      connection: this.name,
      operation,
      hint: `Ask for it again: await connection(${JSON.stringify(this.name)})`,
    });
  }

  static {
    explainMisses(this.prototype, (value) =>
      #lifetime in value ? value.#lifetime?.opened : undefined,
    );
  }

  #newOwner(): CacheOwner {
    return ownerOf({ name: this.name, type: this.type, config: this.#config, scope: this.#scope });
  }
}
