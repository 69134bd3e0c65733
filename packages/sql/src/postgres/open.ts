import { importOptional, toTimer } from "@conn/core/toolkit";
import type { ClientConfig } from "pg";
import type { SQLConfig } from "../config.ts";
import type { EngineContext } from "../dialects.ts";
import type { ServerEngine } from "../server/engine.ts";
import { loginOf, openServer } from "../server/open.ts";
import { tlsOptions } from "../server/tls.ts";
import { postgresErrors } from "./errors.ts";
import { sessionOptions } from "./session-settings.ts";
import { cockroachPort } from "./way.ts";
import { type Pg, PostgresWire } from "./wire.ts";

/** Opens a PostgreSQL database: one pool of pg's, under our calls and under TypeORM. */
export async function openPostgres(
  config: SQLConfig,
  context: EngineContext,
): Promise<ServerEngine> {
  const name = "pg";
  const pg = await importOptional(async () => ((await import(name)) as { default: Pg }).default, {
    packageName: name,
    needed: `A ${config.dialect === "cockroachdb" ? "CockroachDB" : "PostgreSQL"} database`,
    connection: context.name,
  });
  const wire = new PostgresWire(pg, await clientConfig(config), {
    max: config.poolSize,
    idleTimeoutMillis: toTimer(config.idleTimeout),
  });
  // TypeORM makes a pool of what it is given, and ends it; this one is ours.
  const shared = {
    on: () => {},
    connect: (...args: Parameters<typeof wire.pool.connect>) => wire.pool.connect(...args),
    end: (done: () => void) => done(),
  };
  return openServer(wire, postgresErrors, config, context, {
    // TypeORM makes other tables of the same entities there.
    type: config.dialect === "cockroachdb" ? "cockroachdb" : "postgres",
    driver: {
      ...pg,
      Pool: function Pool() {
        return shared;
      },
    },
    installExtensions: false,
    database: config.database,
  });
}

async function clientConfig(config: SQLConfig): Promise<ClientConfig> {
  const { host = "localhost", connectTimeout, statementTimeout, query = {} } = config;
  const { application_name = "conn", ...others } = query;
  const options = sessionOptions({
    ...(statementTimeout === undefined
      ? {}
      : { statement_timeout: String(Math.ceil(statementTimeout * 1000)) }),
    ...others,
  });
  const ssl = await tlsOptions(host, config.ssl);
  return {
    host,
    ...(config.dialect === "cockroachdb" ? { port: cockroachPort } : {}),
    ...loginOf(config),
    ...(ssl === undefined ? { ssl: false } : { ssl }),
    ...(options === "" ? {} : { options }),
    enableChannelBinding: others["channel_binding"] === "require",
    application_name,
    connectionTimeoutMillis: connectTimeout * 1000,
    keepAlive: true,
  };
}
