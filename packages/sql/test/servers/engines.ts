import { inject } from "vitest";
import type { SessionOptions, SQLConnection } from "../../src/index.ts";

/** What the cases that run on every engine need of one. */
export interface EngineCase {
  readonly name: "postgres" | "mariadb" | "mssql";
  readonly dialect: string;
  /** A call that takes ten seconds. */
  readonly sleep: string;
  /** The same as a statement that is not repeated. */
  readonly sleepOnce: string;
  /** How many sleeps the server works on. */
  readonly sleeping: string;
  /** Column types of their own names. */
  readonly types: {
    readonly serial: string;
    readonly instant: string;
    readonly wallClock: string;
    readonly bytes: string;
    readonly boolean: string;
    readonly text: string;
    /** Absent where JSON is kept as text. */
    readonly json?: string;
  };
  /** The schema that tables are made in. */
  readonly schema: string;
  /** What keeps a reader's view while others write. */
  readonly steady: NonNullable<SessionOptions["isolation"]>;
  /** Deletes a row, and returns its name. */
  readonly deleteReturning: (table: string, id: number) => string;
  /** Statements that leave something on their connection, and what shows it. */
  readonly traces: readonly string[];
  readonly state: string;
  /** Takes a lock that outlives its statement; absent where no statement that reads does. */
  readonly lock?: string;
  /** Numbers from 1 to n, in a column i. */
  readonly numbers: (count: number) => string;
  /** The id of this connection on the server. */
  readonly ownId: string;
  /** Ends another connection by its id. */
  readonly kill: (conn: SQLConnection, id: number) => Promise<unknown>;
  /** How many clients are connected. */
  readonly sessions: string;
}

/** A statement that reads and takes long; SQL Server has none that waits. */
const mssqlSleep =
  "select count_big(*) as slept from generate_series(1, 1000000) as a cross join generate_series(1, 1000000) as b";

const all: readonly EngineCase[] = [
  {
    name: "postgres",
    dialect: "postgres",
    sleep: "select pg_sleep(10)",
    sleepOnce: "do $$ begin perform pg_sleep(10); end $$",
    sleeping:
      "select count(*) as n from pg_stat_activity where state = 'active' and query like 'select pg\\_sleep%'",
    types: {
      serial: "serial primary key",
      instant: "timestamptz(3)",
      wallClock: "timestamp",
      bytes: "bytea",
      boolean: "boolean",
      text: "text",
      json: "json",
    },
    schema: "public",
    steady: "repeatable read",
    deleteReturning: (table, id) => `delete from ${table} where id = ${id} returning name`,
    traces: [
      "set search_path = pg_catalog",
      "create temporary table left_over (n int)",
      "set role pg_read_all_data",
    ],
    state:
      "select current_setting('search_path') as path, current_user as who, to_regclass('left_over')::text as temporary",
    lock: "select pg_advisory_lock(7)",
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
      wallClock: "datetime(6)",
      bytes: "blob",
      boolean: "boolean",
      text: "text",
      json: "json",
    },
    schema: "pets",
    steady: "repeatable read",
    deleteReturning: (table, id) => `delete from ${table} where id = ${id} returning name`,
    traces: [
      "set @left = 1",
      "create temporary table left_over (n int)",
      "set session sql_mode = ''",
      "use information_schema",
    ],
    state: "select @left as variable, @@sql_mode as mode, database() as used",
    lock: "select get_lock('pets', 1)",
    numbers: (count) => `select seq as i from seq_1_to_${count}`,
    ownId: "select connection_id() as id",
    kill: (conn, id) => conn.execute(`kill ${id}`),
    sessions: "select count(*) as n from information_schema.processlist where host <> ''",
  },
  {
    name: "mssql",
    dialect: "mssql",
    sleep: mssqlSleep,
    sleepOnce: "waitfor delay '00:00:10'",
    sleeping:
      "select count(*) as n from sys.dm_exec_requests r cross apply sys.dm_exec_sql_text(r.sql_handle) as t where t.text like 'select count_big(*) as slept%'",
    types: {
      serial: "int identity primary key",
      instant: "datetimeoffset(3)",
      wallClock: "datetime2(6)",
      bytes: "varbinary(max)",
      boolean: "bit",
      text: "nvarchar(max)",
    },
    schema: "dbo",
    steady: "snapshot",
    deleteReturning: (table, id) => `delete from ${table} output deleted.name where id = ${id}`,
    traces: ["set lock_timeout 77", "create table #left_over (n int)", "set datefirst 3"],
    state:
      "select @@lock_timeout as wait, @@datefirst as day, object_id('tempdb..#left_over') as temporary",
    numbers: (count) => `select value as i from generate_series(1, ${count})`,
    ownId: "select @@spid as id",
    kill: (conn, id) => conn.execute(`kill ${id}`),
    sessions: "select count(*) as n from sys.dm_exec_sessions where is_user_process = 1",
  },
];

/** tedious, below mssql, asks for Node 22. */
export const engines: readonly EngineCase[] = all.filter(
  ({ name }) => name !== "mssql" || Number(process.versions.node.split(".")[0]) >= 22,
);

/** Whether an engine is only emulated here: its wire is real, and its locks are not. */
export function isEmulated({ name }: EngineCase): boolean {
  return name === "mssql" && process.env["CONN_TEST_MSSQL"] === undefined;
}

/** Whether the server that the test run shares speaks TLS: Microsoft's own does. */
export function offersTls(engine: EngineCase): boolean {
  return engine.name === "mssql" && !isEmulated(engine);
}

/** The url of the server that the whole test run shares. */
export function urlOf({ name }: EngineCase): string {
  return inject("servers")[name];
}

declare module "vitest" {
  interface ProvidedContext {
    readonly servers: Readonly<Record<EngineCase["name"], string>>;
  }
}
