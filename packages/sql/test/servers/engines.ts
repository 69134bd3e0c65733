import { inject } from "vitest";
import type { SQLConnection } from "../../src/index.ts";

/** What the cases that run on every engine need of one. */
export interface EngineCase {
  readonly name: "postgres" | "mariadb";
  readonly dialect: string;
  /** A call that takes ten seconds. */
  readonly sleep: string;
  /** The same as a statement that is not repeated. */
  readonly sleepOnce: string;
  /** How many sleeps the server works on. */
  readonly sleeping: string;
  /** Column types of their own names. */
  readonly types: { readonly serial: string; readonly instant: string; readonly bytes: string };
  /** Numbers from 1 to n, in a column i. */
  readonly numbers: (count: number) => string;
  /** The id of this connection on the server. */
  readonly ownId: string;
  /** Ends another connection by its id. */
  readonly kill: (conn: SQLConnection, id: number) => Promise<unknown>;
  /** How many clients are connected. */
  readonly sessions: string;
}

export const engines: readonly EngineCase[] = [
  {
    name: "postgres",
    dialect: "postgres",
    sleep: "select pg_sleep(10)",
    sleepOnce: "do $$ begin perform pg_sleep(10); end $$",
    sleeping:
      "select count(*) as n from pg_stat_activity where state = 'active' and query like 'select pg\\_sleep%'",
    types: { serial: "serial primary key", instant: "timestamptz(3)", bytes: "bytea" },
    numbers: (count) => `select i from generate_series(1, ${count}) as i`,
    ownId: "select pg_backend_pid() as id",
    kill: (conn, id) => conn.query(`select pg_terminate_backend(${id})`, { ttl: 0 }),
    sessions: "select count(*) as n from pg_stat_activity where backend_type = 'client backend'",
  },
  {
    name: "mariadb",
    dialect: "mysql",
    sleep: "select sleep(10)",
    sleepOnce: "do sleep(10)",
    sleeping:
      "select count(*) as n from information_schema.processlist where info like 'select sleep%'",
    types: {
      serial: "int auto_increment primary key",
      instant: "timestamp(3) null",
      bytes: "blob",
    },
    numbers: (count) => `select seq as i from seq_1_to_${count}`,
    ownId: "select connection_id() as id",
    kill: (conn, id) => conn.execute(`kill ${id}`),
    sessions: "select count(*) as n from information_schema.processlist where host <> ''",
  },
];

/** The url of the server that the whole test run shares. */
export function urlOf({ name }: EngineCase): string {
  return inject("servers")[name];
}

declare module "vitest" {
  interface ProvidedContext {
    readonly servers: { readonly postgres: string; readonly mariadb: string };
  }
}
