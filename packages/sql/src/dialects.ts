import { hostname } from "node:os";
import { resolve } from "node:path";
import type { CheckSteps } from "@conn/core";
import type { SQLConfig } from "./config.ts";
import * as facts from "./dialect-facts.ts";
import type { DialectFacts } from "./dialect-facts.ts";
import type { DialectErrors } from "./dialect-errors.ts";
import type { Engine } from "./engine.ts";
import { mssqlErrors } from "./mssql/errors.ts";
import { mysqlErrors } from "./mysql/errors.ts";
import { postgresErrors } from "./postgres/errors.ts";
import { sqliteErrors } from "./sqlite/errors.ts";
import { oracleErrors, sapErrors, spannerErrors } from "./typeorm/errors.ts";

export interface EngineContext {
  /** The connection's name, for messages. */
  readonly name: string;
  readonly signal: AbortSignal;
  /** To be called after anything was written. */
  readonly afterWrite: () => void;
}

/** A kind of database: how its settings name it, and how one is opened. */
export interface Dialect {
  readonly facts: DialectFacts;
  readonly errors: DialectErrors;
  /** What `dialect` may say, and a url's scheme before any `+driver`. The first is the name used here. */
  readonly names: readonly [string, ...string[]];
  /**
   * What tells databases apart that equal settings name, such as the same path on two machines, so that
   * they share no cached results; undefined where each opening makes another database. Absent where
   * settings name one database wherever they are used.
   */
  readonly identity?: (config: SQLConfig) => string | undefined;
  /** Loads nothing of the engine before it is called. */
  readonly open: (config: SQLConfig, context: EngineContext) => Promise<Engine>;
  /** The steps of a check before the login. Absent where a database is no server. */
  readonly way?: (config: SQLConfig, connection: string) => Promise<CheckSteps>;
}

const host = hostname();

export const dialects: readonly Dialect[] = [
  {
    facts: facts.sqlite,
    errors: sqliteErrors,
    names: ["sqlite", "sqlite3", "file"],
    identity: ({ database }) =>
      database === ":memory:" ? undefined : `${host}:${resolve(database)}`,
    open: async (config, context) => (await import("./sqlite/open.ts")).openSqlite(config, context),
  },
  {
    facts: facts.postgres,
    errors: postgresErrors,
    names: ["postgres", "postgresql"],
    open: async (config, context) =>
      (await import("./postgres/open.ts")).openPostgres(config, context),
    way: async (config, connection) =>
      (await import("./postgres/way.ts")).wayToPostgres(config, connection),
  },
  {
    facts: facts.postgres,
    errors: postgresErrors,
    names: ["cockroachdb"],
    open: async (config, context) =>
      (await import("./postgres/open.ts")).openPostgres(config, context),
    way: async (config, connection) =>
      (await import("./postgres/way.ts")).wayToPostgres(config, connection),
  },
  {
    facts: facts.mysql,
    errors: mysqlErrors,
    names: ["mysql", "mysqldb", "mariadb"],
    open: async (config, context) => (await import("./mysql/open.ts")).openMysql(config, context),
    way: async (config, connection) =>
      (await import("./mysql/way.ts")).wayToMysql(config, connection),
  },
  {
    facts: facts.mssql,
    errors: mssqlErrors,
    names: ["mssql", "sqlserver"],
    open: async (config, context) => (await import("./mssql/open.ts")).openMssql(config, context),
    way: async (config, connection) =>
      (await import("./mssql/way.ts")).wayToMssql(config, connection),
  },
  throughTypeorm("oracle", { facts: facts.oracle, errors: oracleErrors, names: ["oracle"] }),
  throughTypeorm("sap", { facts: facts.sap, errors: sapErrors, names: ["sap", "hana"] }),
  throughTypeorm("spanner", { facts: facts.spanner, errors: spannerErrors, names: ["spanner"] }),
];

const byName = new Map(dialects.flatMap((dialect) => dialect.names.map((name) => [name, dialect])));

/** The dialect that a setting or a url's scheme names, such as `mysql` of `mysql+pymysql`. */
export function dialectOf(name: string): Dialect | undefined {
  return byName.get(name) ?? byName.get(name.toLowerCase().split("+")[0]!);
}

/** A database that TypeORM's own driver opens. */
function throughTypeorm(
  kind: "oracle" | "sap" | "spanner",
  dialect: Pick<Dialect, "facts" | "errors" | "names">,
): Dialect {
  return {
    ...dialect,
    open: async (config, context) => {
      const [{ openTypeorm }, kinds] = await Promise.all([
        import("./typeorm/open.ts"),
        import("./typeorm/kinds.ts"),
      ]);
      return openTypeorm(kinds[kind], dialect.facts, config, context);
    },
  };
}
