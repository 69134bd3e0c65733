import { connect } from "node:net";
import type { ConnectionOptions } from "node:tls";
import { ConnError } from "@conn/core";
import { importOptional } from "@conn/core/toolkit";
import type { PoolOptions, SslOptions } from "mysql2";
import type { SQLConfig } from "../config.ts";
import type { EngineContext } from "../dialects.ts";
import type { ServerEngine } from "../server/engine.ts";
import { loginOf, openServer } from "../server/open.ts";
import { isLocal, tlsOptions } from "../server/tls.ts";
import { mysqlErrors } from "./errors.ts";
import { type Mysql, MysqlWire } from "./wire.ts";

/** Opens a MySQL or MariaDB database: one pool of mysql2's, under our calls and under TypeORM. */
export async function openMysql(config: SQLConfig, context: EngineContext): Promise<ServerEngine> {
  const name = "mysql2";
  const mysql = await importOptional(
    async () => ((await import(name)) as { default: Mysql }).default,
    { packageName: name, needed: "A MySQL or MariaDB database", connection: context.name },
  );
  const wire = new MysqlWire(mysql, await poolOptions(config, context.name), config);
  // TypeORM makes a pool of what it is given, and ends it; this one is ours.
  const shared = {
    getConnection: (...args: Parameters<typeof wire.pool.getConnection>) =>
      wire.pool.getConnection(...args),
    end: (done: () => void) => done(),
  };
  return openServer(wire, mysqlErrors, config, context, {
    // TypeORM knows by this name which statements return rows.
    type: config.url?.startsWith("mariadb") ? "mariadb" : "mysql",
    driver: { createPool: () => shared },
    database: config.database,
  });
}

async function poolOptions(config: SQLConfig, connection: string): Promise<PoolOptions> {
  const { host = "localhost", connectTimeout, query = {} } = config;
  const { charset, ...unknown } = query;
  const [surplus] = Object.keys(unknown);
  if (surplus !== undefined) {
    throw new ConnError(
      "CONN_CONFIG",
      `${JSON.stringify(surplus.slice(0, 40))} is no option of a MySQL url here.`,
      {
        connection,
        operation: "open",
        hint: "There are charset, unix_socket, ssl-mode, ssl-ca, ssl-cert, ssl-key and connect_timeout.",
      },
    );
  }
  const ssl = await tlsOptions(host, config.ssl);
  const socket = isLocal(host) && host.startsWith("/");
  return {
    ...(socket ? { socketPath: host } : { host }),
    ...(ssl === undefined ? {} : verified(ssl, socket ? undefined : host, config.port)),
    ...loginOf(config),
    // Texts travel as UTF-8, whatever the tables have: the driver would write and read others as
    // something near them. What is left to choose is how texts in statements compare.
    charset: charset !== undefined && /^utf8mb4_/i.test(charset) ? charset : "utf8mb4",
    connectTimeout: connectTimeout * 1000,
    enableKeepAlive: true,
    timezone: "Z",
    dateStrings: true,
    supportBigNumbers: true,
    bigNumberStrings: false,
    jsonStrings: true,
    stringifyObjects: true,
    multipleStatements: false,
    // The server may not ask for files of this machine; and the settings of a session are the
    // server's own, before and after it is reset.
    flags: ["-LOCAL_FILES", "-IGNORE_SPACE"],
  };
}

/**
 * By itself the driver takes any certificate that a known authority signed, whoever it is for. Asked to
 * look, it compares with its `host`, and for an address with the host that the socket knows.
 */
function verified(
  ssl: ConnectionOptions,
  host: string | undefined,
  port = 3306,
): Pick<PoolOptions, "ssl" | "host" | "stream"> {
  const { servername = host, ...options } = ssl;
  return {
    ssl: { ...options, verifyIdentity: options.rejectUnauthorized !== false } as SslOptions,
    ...(servername !== undefined && { host: servername }),
    ...(host !== undefined && {
      stream: () =>
        Object.assign(connect({ host, port, noDelay: true, keepAlive: true }), {
          _host: servername,
        }),
    }),
  };
}
