import { ConnError } from "@conn/core";
import { toTimer } from "@conn/core/toolkit";
import { type Connection, innerOf } from "./driver.ts";

interface Waiter {
  readonly take: (connection: Promise<Connection>) => void;
}

/**
 * The connections to one server, for our calls and for TypeORM's. mssql's own pool keeps the process
 * alive while it is idle, and opens a connection more than are used.
 */
export class Pool {
  readonly #open: () => Promise<Connection>;
  readonly #size: number;
  readonly #all = new Set<Connection>();
  /** In the order in which they were given back, and when. */
  readonly #idle: { readonly connection: Connection; readonly since: number }[] = [];
  readonly #idleTimer: NodeJS.Timeout;
  readonly #waiting: Waiter[] = [];
  /** Those that shall forget what their last user left before another has them. */
  readonly #dirty = new WeakSet<Connection>();
  /** Open ones, and those that are being opened. */
  #count = 0;
  #closed = false;

  /** @param idleTimeout Seconds after which a connection that nobody uses is closed. */
  constructor(
    open: () => Promise<Connection>,
    { poolSize, idleTimeout }: { readonly poolSize: number; readonly idleTimeout: number },
  ) {
    this.#open = open;
    this.#size = poolSize;
    // A script that has nothing left to do ends, whatever is idle here.
    this.#idleTimer = setInterval(
      () => this.#closeIdle(idleTimeout),
      toTimer(Math.min(idleTimeout / 2, 30)),
    ).unref();
  }

  counts(): { readonly open: number; readonly idle: number } {
    return { open: this.#all.size, idle: this.#idle.length };
  }

  /** Whether a connection is free, of which nothing is left to be forgotten. */
  ready(): boolean {
    const next = this.#idle.at(-1)?.connection;
    return next !== undefined && isUsable(next) && !this.#dirty.has(next);
  }

  has(connection: object): boolean {
    return this.#all.has(connection as Connection);
  }

  /** The connection that was used last, a new one, or the next that is given back. */
  async take(): Promise<Connection> {
    if (this.#closed) throw closedError();
    for (let idle = this.#idle.pop(); idle; idle = this.#idle.pop()) {
      if (isUsable(idle.connection)) return this.#cleaned(idle.connection);
      this.#drop(idle.connection);
    }
    if (this.#count < this.#size) return this.#connect();
    return new Promise((resolve) => this.#waiting.push({ take: resolve }));
  }

  give(connection: Connection, broken: boolean): void {
    if (!this.#all.has(connection)) return;
    // With its connection a transaction that was left open is rolled back.
    if (broken || this.#closed || !isUsable(connection) || innerOf(connection).inTransaction) {
      this.#drop(connection);
      const next = this.#closed ? undefined : this.#waiting.shift();
      next?.take(this.#connect());
      return;
    }
    const next = this.#waiting.shift();
    if (next) {
      next.take(this.#cleaned(connection));
      return;
    }
    innerOf(connection).socket?.unref();
    this.#idle.push({ connection, since: performance.now() });
  }

  /** Lets a connection forget everything before its next use. */
  soil(connection: Connection): void {
    this.#dirty.add(connection);
  }

  /** Closes what is idle at once, and the rest after a second. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const { take } of this.#waiting.splice(0)) take(Promise.reject(closedError()));
    clearInterval(this.#idleTimer);
    for (const { connection } of this.#idle.splice(0)) this.#drop(connection);
    const until = performance.now() + 1000;
    while (this.#all.size > 0 && performance.now() < until)
      await new Promise((resolve) => setTimeout(resolve, 10));
    for (const connection of this.#all) this.#drop(connection);
  }

  #closeIdle(seconds: number): void {
    const before = performance.now() - seconds * 1000;
    while (this.#idle[0] && this.#idle[0].since < before)
      this.#drop(this.#idle.shift()!.connection);
  }

  async #connect(): Promise<Connection> {
    this.#count++;
    let connection: Connection;
    try {
      connection = await this.#open();
    } catch (error) {
      this.#count--;
      // The place that did not come about is free for the next.
      this.#waiting.shift()?.take(this.#connect());
      throw error;
    }
    this.#all.add(connection);
    if (!this.#closed) return connection;
    this.#drop(connection);
    throw closedError();
  }

  async #cleaned(connection: Connection): Promise<Connection> {
    innerOf(connection).socket?.ref();
    if (!this.#dirty.delete(connection)) return connection;
    try {
      await new Promise<void>((resolve, reject) =>
        connection.reset((error) => (error ? reject(error) : resolve())),
      );
      return connection;
    } catch {
      this.#drop(connection);
      return this.#connect();
    }
  }

  #drop(connection: Connection): void {
    if (this.#all.delete(connection)) this.#count--;
    connection.close();
    innerOf(connection).socket?.destroy();
  }
}

function isUsable(connection: Connection): boolean {
  return !innerOf(connection).closed;
}

function closedError(): ConnError {
  return new ConnError("CONN_CLOSED", "The connection was closed.");
}
