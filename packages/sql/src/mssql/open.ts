import { ConnError } from "@conn/core";
import type { SQLConfig } from "../config.ts";
import { mssql as facts } from "../dialect-facts.ts";
import type { EngineContext } from "../dialects.ts";
import { leavesTraces } from "../guard.ts";
import type { ServerEngine } from "../server/engine.ts";
import { openServer } from "../server/open.ts";
import { isLocal, tlsOptions } from "../server/tls.ts";
import { tokenize } from "../tokenize.ts";
import { connect, type ConnectionSettings } from "./connect.ts";
import { loadDrivers } from "./driver.ts";
import { mssqlErrors } from "./errors.ts";
import { Pool } from "./pool.ts";
import { sharedDriver } from "./shared.ts";
import { MssqlWire } from "./wire.ts";

/** Opens a SQL Server database: one pool of tedious's connections, under our calls and under TypeORM. */
export async function openMssql(config: SQLConfig, context: EngineContext): Promise<ServerEngine> {
  const { mssql, tedious } = await loadDrivers(context.name);
  const settings = await connectionSettings(config, context.name);
  const pool = new Pool(() => connect(tedious, settings), config.poolSize);
  const traces = (text: string): boolean =>
    leavesTraces({ text, tokens: tokenize(text, facts) }, facts);
  return openServer(new MssqlWire(tedious, pool), mssqlErrors, config, context, {
    type: "mssql",
    driver: sharedDriver(mssql, pool, traces),
    ...(config.database === "" ? {} : { database: config.database }),
  });
}

/** What stands behind a url's `?`, by the names of SqlClient, ODBC and tedious, in lower case. */
const knownOptions: ReadonlySet<string> = new Set([
  "appname",
  "applicationname",
  "applicationintent",
  "charset",
  "driver",
  "encrypt",
  "instance",
  "instancename",
  "multisubnetfailover",
  "trustservercertificate",
]);

async function connectionSettings(
  config: SQLConfig,
  connection: string,
): Promise<ConnectionSettings> {
  const query = optionsOf(config.query, connection);
  const [host, named] = (config.host ?? "localhost").split("\\") as [string, string?];
  const instance = named ?? query["instancename"] ?? query["instance"];
  const tls = await tlsOf(host, config, query);
  return {
    server: host,
    authentication: {
      type: "default",
      options: { userName: config.username, password: config.password },
    },
    options: {
      ...tls,
      // A port names the instance by itself.
      ...(config.port === undefined && instance !== undefined
        ? { instanceName: instance }
        : { port: config.port ?? 1433 }),
      ...(config.database === "" ? {} : { database: config.database }),
      appName: query["applicationname"] ?? query["appname"] ?? "conn",
      connectTimeout: config.connectTimeout * 1000,
      // Calls have time limits of their own.
      requestTimeout: 0,
      cancelTimeout: 2000,
      maxRetriesOnTransientErrors: 0,
      multiSubnetFailover: isYes(query["multisubnetfailover"]),
      readOnlyIntent: /^readonly$/i.test(query["applicationintent"] ?? ""),
      useUTC: true,
      // A statement that fails leaves the rest of its transaction as it is.
      abortTransactionOnError: false,
    },
  };
}

function optionsOf(
  query: Readonly<Record<string, string>> = {},
  connection: string,
): Readonly<Record<string, string>> {
  const options: Record<string, string> = {};
  for (const [name, value] of Object.entries(query)) {
    const key = name.toLowerCase().replaceAll(/[ _]/g, "");
    if (!knownOptions.has(key)) {
      throw new ConnError(
        "CONN_CONFIG",
        `${JSON.stringify(name.slice(0, 40))} is no option of a SQL Server url here.`,
        {
          connection,
          operation: "open",
          hint: "There are encrypt, trustServerCertificate, instanceName, applicationName, applicationIntent, multiSubnetFailover and connect_timeout.",
        },
      );
    }
    options[key] = value;
  }
  return options;
}

interface TlsOptions {
  readonly encrypt: boolean | "strict";
  readonly trustServerCertificate?: boolean;
  readonly cryptoCredentialsDetails?: object;
  readonly serverName?: string;
}

/** As for every server, TLS with verification except towards this machine; `encrypt` says otherwise. */
async function tlsOf(
  host: string,
  { ssl }: SQLConfig,
  { encrypt, trustservercertificate: trust }: Readonly<Record<string, string>>,
): Promise<TlsOptions> {
  const strict = /^strict$/i.test(encrypt ?? "");
  const trusting = isYes(trust) ? { rejectUnauthorized: false } : undefined;
  const asked = encrypt === undefined ? undefined : !isNo(encrypt) && (trusting ?? true);
  const decided = ssl ?? asked ?? (isLocal(host) ? undefined : trusting);
  const tls = await tlsOptions(host, decided);
  if (!tls) return { encrypt: false };
  const { rejectUnauthorized, servername, ...certificates } = tls;
  return {
    encrypt: strict ? "strict" : true,
    trustServerCertificate: rejectUnauthorized === false,
    cryptoCredentialsDetails: certificates,
    ...(servername === undefined ? {} : { serverName: servername }),
  };
}

/** As ODBC and SqlClient have it. */
function isYes(value = ""): boolean {
  return /^(yes|true|1|mandatory|strict)$/i.test(value);
}

function isNo(value: string): boolean {
  return /^(no|false|0|optional)$/i.test(value);
}
