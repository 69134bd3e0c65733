import { tokenize } from "@conn/core/sql";
import type { DataSource, QueryRunner } from "typeorm";
import { sqlite } from "../dialect-facts.ts";
import { sessionOf } from "../runner-session.ts";
import { statementKind } from "../statement.ts";
import type { TurnRequest, Turns } from "../turns.ts";
import { transactionError, transactionVerbs } from "../transactions.ts";
import type { TypeormDatabase } from "./typeorm-driver.ts";

/** What the runners of one database share. */
export interface RunnerHost {
  readonly lock: Turns;
  readonly lockSeconds: number;
  /** Goes on while another process holds the database. */
  whileBusy<T>(task: () => T | Promise<T>, signal?: AbortSignal): Promise<T>;
  /** Called once before anything is written. */
  beforeWrite(): Promise<void>;
  /** Called after something was written for good. */
  afterWrite(): void;
  /** Whether the writing handle is inside a transaction, which SQLite may have ended by itself. */
  inTransaction(): boolean;
  /** Runs a read on a handle of its own, past the queue; undefined where there is but one handle. */
  readonly readAside:
    | (<T>(task: (database: TypeormDatabase) => Promise<T>) => Promise<T>)
    | undefined;
}

/** A runner that takes its turn with all others. */
export interface TurnRunner extends QueryRunner {
  /** Waits for the turn, and begins a transaction that lasts as long. */
  beginTurn(...args: Parameters<QueryRunner["startTransaction"]>): Promise<void>;
}

type Constructor<T> = new (...args: never[]) => T;

/** The members of TypeORM's SQLite runner that are replaced here, as its own code calls them. */
interface SqliteRunner extends QueryRunner {
  readonly driver: object;
  isTransactionActive: boolean;
  transactionDepth: number;
}

/**
 * Gives every user of the DataSource a query runner of its own that takes turns with all others.
 * TypeORM shares one runner between all, and the second's insert is then rolled back with the
 * first's transaction.
 */
export function isolateRunners(dataSource: DataSource, host: RunnerHost): void {
  const driver = dataSource.driver as unknown as {
    queryRunner: unknown;
    createQueryRunner(mode: string): SqliteRunner;
  };
  const Runner = driver.createQueryRunner("master").constructor as Constructor<SqliteRunner>;
  driver.queryRunner = undefined;
  const Isolated = isolated(Runner, host);
  driver.createQueryRunner = () => new Isolated(driver as never);
}

function isolated(Runner: Constructor<SqliteRunner>, host: RunnerHost): Constructor<SqliteRunner> {
  return class IsolatedRunner extends Runner implements TurnRunner {
    #endTurn: (() => void) | undefined;
    #wrote = false;
    // How many of TypeORM's own steps are under way, whose statements are not the user's.
    #steps = 0;
    #aside: TypeormDatabase | undefined;

    override connect(): Promise<unknown> {
      return this.#aside ? Promise.resolve(this.#aside) : super.connect();
    }

    override async query(
      text: string,
      parameters?: unknown[],
      structured?: boolean,
    ): Promise<never> {
      const run = (sent: string): Promise<never> =>
        super.query(sent, parameters, structured as true) as Promise<never>;
      if (this.#aside) return run(text);
      const kind = statementKind({ text, tokens: tokenize(text, sqlite) }, sqlite);
      const session = sessionOf(this);
      // Outside of its transaction a session's write would be there for good, whatever the session does.
      if (session && !transactionVerbs.has(kind.verb)) {
        return session.run(() => {
          this.#wrote ||= kind.writes;
          return run(text);
        }, kind.writes);
      }
      if (this.#steps === 0 && transactionVerbs.has(kind.verb)) throw transactionError(kind.verb);
      if (this.#endTurn) {
        this.#wrote ||= kind.writes && !transactionVerbs.has(kind.verb);
        // The lock for writing is taken at once: taken later, by two, one of them could never go on.
        return run(text === "BEGIN TRANSACTION" ? "BEGIN IMMEDIATE" : text);
      }
      if (!kind.writes && host.readAside)
        return host.readAside((database) =>
          this.#besides(database).query(text, parameters, structured),
        );
      return host.lock.run(this.#request("a query of the DataSource"), async () => {
        if (!kind.writes) return host.whileBusy(() => run(text));
        await host.beforeWrite();
        try {
          return await host.whileBusy(() => run(text));
        } finally {
          host.afterWrite();
        }
      });
    }

    override async startTransaction(
      ...args: Parameters<QueryRunner["startTransaction"]>
    ): Promise<void> {
      // A session's transaction holds this one as a savepoint.
      await sessionOf(this)?.run(async () => {}, false);
      return this.#endTurn
        ? this.#step(() => super.startTransaction(...args))
        : this.beginTurn(...args);
    }

    async beginTurn(...args: Parameters<QueryRunner["startTransaction"]>): Promise<void> {
      const request = this.#request("a transaction of the DataSource");
      this.#endTurn = await host.lock.acquire(request);
      this.#wrote = false;
      try {
        await host.beforeWrite();
        await host.whileBusy(async () => {
          // TypeORM leaves this set when BEGIN fails.
          this.isTransactionActive = false;
          await this.#step(() => super.startTransaction(...args));
        }, request.signal);
      } catch (error) {
        this.isTransactionActive = false;
        this.#end();
        throw error;
      }
    }

    override async commitTransaction(): Promise<void> {
      await host.whileBusy(() => this.#step(() => super.commitTransaction()));
      if (this.isTransactionActive) return;
      const wrote = this.#wrote;
      this.#end();
      if (wrote) host.afterWrite();
    }

    override async rollbackTransaction(): Promise<void> {
      try {
        if (host.inTransaction() || !this.#endTurn)
          await this.#step(() => super.rollbackTransaction());
        else {
          this.isTransactionActive = false;
          this.transactionDepth = 0;
        }
      } finally {
        if (!this.isTransactionActive) this.#end();
      }
    }

    override async release(): Promise<void> {
      try {
        // Who forgets to end a transaction must not keep everybody else waiting.
        while (this.#endTurn && this.isTransactionActive) await this.rollbackTransaction();
      } finally {
        this.#end();
        await super.release();
      }
    }

    #besides(database: TypeormDatabase): IsolatedRunner {
      const runner = new IsolatedRunner(this.driver as never);
      runner.#aside = database;
      return runner;
    }

    async #step(task: () => Promise<void>): Promise<void> {
      this.#steps++;
      try {
        await task();
      } finally {
        this.#steps--;
      }
    }

    #end(): void {
      this.#endTurn?.();
      this.#endTurn = undefined;
    }

    #request(holder: string): TurnRequest {
      return { seconds: host.lockSeconds, holder, ...sessionOf(this) };
    }
  };
}
