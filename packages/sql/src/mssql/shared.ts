import type { Connection, Mssql } from "./driver.ts";
import type { Pool } from "./pool.ts";

/** How mssql's requests and transactions come by a connection. */
export interface Lender {
  readonly connected: boolean;
  readonly config: object;
  acquire(requester: object, done: Acquired): void;
  release(connection: Connection): void;
}

type Acquired = (error: Error | null, connection?: Connection, config?: object) => void;

/** What TypeORM takes for a pool that it has made. */
interface SharedPool extends Lender {
  on(): this;
  connect(done: (error?: unknown) => void): this;
  close(done: () => void): void;
  transaction(): object;
}

/** What mssql's requests look up there; nothing of it applies. */
const config = {};

/** The module that TypeORM is given: mssql's requests and transactions, on our pool. */
export function sharedDriver(
  mssql: Mssql,
  pool: Pool,
  leavesTraces: (text: string) => boolean,
): object {
  /** Knows its text when it asks for a connection. */
  class Request extends mssql.Request {
    text = "";

    override query(text: string, ...rest: unknown[]): unknown {
      this.text = text;
      return super.query(text, ...rest);
    }
  }
  const shared: SharedPool = {
    connected: true,
    config,
    on: () => shared,
    connect(done) {
      pool.take().then(
        (connection) => {
          pool.give(connection, false);
          setImmediate(done);
        },
        (error: unknown) => setImmediate(done, error),
      );
      return shared;
    },
    // TypeORM does not end what is ours.
    close: (done) => done(),
    transaction: () => new mssql.Transaction(shared),
    acquire(requester, done) {
      pool.take().then(
        (connection) => {
          // A transaction's isolation stays behind, and so do some statements' settings.
          if (requester instanceof mssql.Transaction || leavesTraces((requester as Request).text))
            pool.soil(connection);
          setImmediate(done, null, connection, config);
        },
        (error: Error) => setImmediate(done, error),
      );
    },
    release: (connection) => pool.give(connection, false),
  };
  return {
    ...mssql,
    Request,
    ConnectionPool: function ConnectionPool() {
      return shared;
    },
  };
}

/** What stands for a transaction of mssql's in a session, which has its connection already. */
export function sessionLender(connection: Connection, check: () => void): Lender {
  return {
    connected: true,
    config,
    acquire(_requester, done) {
      try {
        check();
      } catch (error) {
        setImmediate(done, error as Error);
        return;
      }
      setImmediate(done, null, connection, config);
    },
    release: () => {},
  };
}
