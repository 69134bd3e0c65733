import type { ConnectionOptions } from "node:tls";
import { ConnError } from "@conn/core";
import type { SQLConfig } from "../config.ts";
import { tlsOptions } from "../server/tls.ts";

/** A database that is spoken to through TypeORM alone. */
export interface TypeormKind {
  /** The driver's package, which TypeORM would load by itself. */
  readonly packageName: string;
  readonly needed: string;
  /** What TypeORM's DataSource is told. */
  options(config: SQLConfig, connection: string): Promise<TypeormOptions>;
  readonly ping: string;
  /** Every column, as the rows of a catalogue. */
  readonly catalog: string;
}

export type TypeormOptions = Readonly<Record<string, unknown>> & { readonly type: string };

export const oracle: TypeormKind = {
  packageName: "oracledb",
  needed: "An Oracle database",
  async options(config, connection) {
    const { host = "localhost", port, ssl, database } = config;
    const { service_name: service = database, ...unknown } = config.query ?? {};
    assertNone(unknown, connection, "There is service_name.");
    const tls = await tlsOptions(host, ssl);
    return {
      type: "oracle",
      ...loginOf(config),
      connectString: oracleAddress(host, port ?? (tls ? 2484 : 1521), service, tls),
      extra: { poolMax: config.poolSize, ...(tls?.ca ? { walletContent: String(tls.ca) } : {}) },
    };
  },
  ping: "select 1 from dual",
  catalog: `
    select owner as "schema", table_name as "table", 'table' as "kind", column_name as "column",
      data_type as "type", case nullable when 'Y' then 1 else 0 end as "nullable"
    from all_tab_columns where owner = sys_context('userenv', 'current_schema')
    order by table_name, column_id`,
};

/** https://docs.oracle.com/en/database/oracle/oracle-database/23/netrf/local-naming-parameters-in-tns-ora-file.html */
function oracleAddress(
  host: string,
  port: number,
  service: string,
  tls: ConnectionOptions | undefined,
): string {
  if (/[()=\s]/.test(host + service))
    throw new ConnError("CONN_CONFIG", "The host or the service's name has a bracket in it.", {
      hint: 'Write them as they are: host = "db.example.com", database = "PETS".',
    });
  const match = tls?.rejectUnauthorized === false ? "OFF" : "ON";
  const security = tls ? `(SECURITY=(SSL_SERVER_DN_MATCH=${match}))` : "";
  const address = `(PROTOCOL=${tls ? "TCPS" : "TCP"})(HOST=${host})(PORT=${port})`;
  return `(DESCRIPTION=(ADDRESS=${address})(CONNECT_DATA=(SERVICE_NAME=${service}))${security})`;
}

export const sap: TypeormKind = {
  packageName: "@sap/hana-client",
  needed: "An SAP HANA database",
  async options(config, connection) {
    const { host = "localhost", port = 443, ssl, database } = config;
    const { currentSchema: schema, ...unknown } = config.query ?? {};
    assertNone(unknown, connection, "There is currentSchema.");
    const tls = await tlsOptions(host, ssl);
    return {
      type: "sap",
      host,
      port,
      ...loginOf(config),
      ...(database === "" ? {} : { database }),
      ...(schema === undefined ? {} : { schema }),
      encrypt: tls !== undefined,
      ...(tls && { sslValidateCertificate: tls.rejectUnauthorized !== false }),
      ...(tls?.ca ? { ca: tls.ca } : {}),
      ...(tls?.cert ? { cert: tls.cert } : {}),
      ...(tls?.key ? { key: tls.key } : {}),
      poolSize: config.poolSize,
    };
  },
  ping: "select 1 from dummy",
  catalog: `
    select schema_name as "schema", table_name as "table", 'table' as "kind",
      column_name as "column", data_type_name as "type",
      case is_nullable when 'TRUE' then 1 else 0 end as "nullable"
    from sys.table_columns where schema_name = current_schema order by table_name, position`,
};

export const spanner: TypeormKind = {
  packageName: "@google-cloud/spanner",
  needed: "A Spanner database",
  async options({ database, username, password, query = {} }, connection) {
    assertNone(query, connection, "There are none.");
    const path = /^\/?projects\/([^/]+)\/instances\/([^/]+)\/databases\/([^/]+)$/.exec(database);
    if (!path)
      throw new ConnError("CONN_CONFIG", "A Spanner database is named by its whole path.", {
        connection,
        operation: "open",
        hint: 'Write: url = "spanner:///projects/NAME/instances/NAME/databases/NAME"',
      });
    const [, projectId, instanceId, databaseId] = path;
    return {
      type: "spanner",
      projectId,
      instanceId,
      databaseId,
      // A service account's; without one those of the environment are taken.
      ...(username === undefined
        ? {}
        : { credentials: { client_email: username, private_key: password } }),
    };
  },
  ping: "select 1",
  catalog: `
    select table_schema as \`schema\`, table_name as \`table\`, 'table' as kind,
      column_name as \`column\`, spanner_type as type, is_nullable = 'YES' as nullable
    from information_schema.columns where table_schema = '' order by table_name, ordinal_position`,
};

function loginOf({ username, password }: SQLConfig): object {
  return {
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
  };
}

function assertNone(unknown: object, connection: string, hint: string): void {
  const [surplus] = Object.keys(unknown);
  if (surplus === undefined) return;
  throw new ConnError(
    "CONN_CONFIG",
    `${JSON.stringify(surplus.slice(0, 40))} is no option of this url here.`,
    { connection, operation: "open", hint },
  );
}
