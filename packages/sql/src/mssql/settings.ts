import { ConnError } from "@conn/core";
import type { SQLConfig } from "../config.ts";
import { toTimer } from "@conn/core/toolkit";
import { isLocal, tlsOptions } from "../server/tls.ts";
import type { ConnectionSettings } from "./connect.ts";

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

/** Where a server is, and how it is spoken to. */
export interface Address {
  readonly host: string;
  readonly port: number | undefined;
  /** Where there is no port, the server's browser service tells that of the instance. */
  readonly instance: string | undefined;
  readonly ssl: SQLConfig["ssl"];
  /** TLS before anything else: TDS 8. */
  readonly strict: boolean;
  readonly options: Readonly<Record<string, string>>;
}

/** @throws CONN_CONFIG for an option that is not known. */
export function addressOf(config: SQLConfig, connection: string): Address {
  const options = optionsOf(config.query, connection);
  const [host = "", instance = options["instancename"] ?? options["instance"]] = (
    config.host ?? "localhost"
  ).split("\\");
  const { encrypt, trustservercertificate } = options;
  const trusting = isYes(trustservercertificate) ? { rejectUnauthorized: false } : undefined;
  const asked = encrypt === undefined ? undefined : !isNo(encrypt) && (trusting ?? true);
  return {
    host,
    port: config.port,
    instance,
    // As for every server: with verification, except towards this machine.
    ssl: config.ssl ?? asked ?? (isLocal(host) ? undefined : trusting),
    strict: /^strict$/i.test(encrypt ?? ""),
    options,
  };
}

/** The settings of one connection, as tedious takes them. */
export async function connectionSettings(
  config: SQLConfig,
  connection: string,
): Promise<ConnectionSettings> {
  const { host, port, instance, ssl, strict, options } = addressOf(config, connection);
  const tls = await tlsOptions(host, ssl);
  const { rejectUnauthorized, servername, ...certificates } = tls ?? {};
  return {
    server: host,
    authentication: {
      type: "default",
      options: { userName: config.username, password: config.password },
    },
    options: {
      encrypt: tls !== undefined && (strict ? "strict" : true),
      trustServerCertificate: rejectUnauthorized === false,
      cryptoCredentialsDetails: certificates,
      ...(servername === undefined ? {} : { serverName: servername }),
      // A port names the instance by itself.
      ...(port === undefined && instance !== undefined
        ? { instanceName: instance }
        : { port: port ?? defaultPort }),
      ...(config.database === "" ? {} : { database: config.database }),
      appName: options["applicationname"] ?? options["appname"] ?? "conn",
      connectTimeout: toTimer(config.connectTimeout),
      // Twice the driver's own: fewer pieces, and less memory for them.
      packetSize: 8192,
      requestTimeout: toTimer(config.statementTimeout ?? 0),
      cancelTimeout: 2000,
      maxRetriesOnTransientErrors: 0,
      multiSubnetFailover: isYes(options["multisubnetfailover"]),
      readOnlyIntent: /^readonly$/i.test(options["applicationintent"] ?? ""),
      useUTC: true,
      // A statement that fails leaves the rest of its transaction as it is.
      abortTransactionOnError: false,
    },
  };
}

export const defaultPort = 1433;

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

/** As ODBC and SqlClient have it. */
function isYes(value = ""): boolean {
  return /^(yes|true|1|mandatory|strict)$/i.test(value);
}

function isNo(value: string): boolean {
  return /^(no|false|0|optional)$/i.test(value);
}
