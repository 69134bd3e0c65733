import { type DialectErrors, layersOf, lostCodes } from "../dialect-errors.ts";

/** Numbers of https://learn.microsoft.com/en-us/sql/relational-databases/errors-events/database-engine-events-and-errors, and the drivers' own codes. */
export const mssqlErrors: DialectErrors = {
  code(error) {
    const { number } = serverError(error) ?? {};
    if (number !== undefined) return String(number);
    const { code, message = "" } = driverError(error) ?? {};
    // tedious has one code for a server that does not answer and a statement that took too long.
    return code === "ETIMEOUT" && message.startsWith("Timeout: Request") ? statementLimit : code;
  },

  message: (error) =>
    serverError(error)?.message ??
    driverError(error)?.message ??
    (error instanceof Error ? error.message : String(error)),

  connCode(code) {
    if (loginCodes.has(code)) return "CONN_AUTH";
    if (openCodes.has(code) || busyCodes.has(code)) return "CONN_OPEN";
    if (endCodes.has(code)) return "CONN_LOST";
    if (code === statementLimit) return "CONN_TIMEOUT";
    if (code === "3906" || code === "3924") return "CONN_READ_ONLY";
    return code === "EPARAM" ? "CONN_PARAMS" : "CONN_QUERY";
  },

  hint(code) {
    switch (code) {
      case "18456":
      case "ELOGIN":
        return "Correct `username` and `password` in the secrets file; the server must allow logins by password.";
      case "18487":
      case "18488":
        return "The password has expired: set another one, and put it into the secrets file.";
      case "4060":
      case "911":
        return "Correct `database`, or make it: create database NAME. The login must be a user of it.";
      case "40615":
      case "40914":
        return "Let this machine's address through the server's firewall, in the Azure portal.";
      case "229":
      case "230":
      case "262":
      case "297":
      case "300":
        return "The user may not do this: grant it, or log in as another.";
      case "10928":
      case "10929":
      case "17809":
        return "The server has no connection left: lower `poolSize`, or raise its limit.";
      case "3952":
        return "Allow it once: alter database NAME set allow_snapshot_isolation on";
      case statementLimit:
        return "The statement was stopped at its time limit: raise `statementTimeout`.";
      case "EENCRYPT":
        return 'The server wants TLS: set `ssl = true`, or with its own certificate ssl = { ca = "/path/ca.pem" }.';
      case "EINSTLOOKUP":
        return "Correct the instance's name, let the SQL Server Browser run on that host, or set `port`.";
      case "ETIMEOUT":
        return "Check `host` and `port`, and that no firewall stands between; or raise `connectTimeout`.";
      default:
        return undefined;
    }
  },

  missing(code, message) {
    const kind = code === "208" ? "table" : code === "207" ? "column" : undefined;
    const name = /^Invalid (?:object|column) name '(.+)'\.$/.exec(message)?.[1];
    return kind && name ? { kind, name: name.split(".").at(-1)! } : undefined;
  },

  lost: (error) =>
    [...layersOf(error)].some((layer) => {
      const { code, class: severity } = layer as { code?: unknown; class?: unknown };
      // From severity 20 on the server closes the connection.
      return (
        (typeof severity === "number" && severity >= 20) ||
        (typeof code === "string" && (lostCodes.has(code) || endCodes.has(code)))
      );
    }) || endCodes.has(String(serverError(error)?.number)),

  transient(error) {
    const code = String(serverError(error)?.number);
    return busyCodes.has(code) || rollbackCodes.has(code) || code === "1222";
  },

  mayPassAgain: (error) => rollbackCodes.has(String(serverError(error)?.number)),
};

const statementLimit = "ETIMEOUT, statement";

/** Deadlocks, and conflicts of snapshots and of tables in memory: the server asks for the whole transaction again. */
const rollbackCodes: ReadonlySet<string> = new Set([
  "1205",
  "3960",
  "3961",
  "41301",
  "41302",
  "41305",
  "41325",
]);

/** Azure's, which moves databases about: https://learn.microsoft.com/en-us/azure/azure-sql/database/troubleshoot-common-errors-issues */
const busyCodes: ReadonlySet<string> = new Set(
  "4221 10928 10929 40143 40197 40501 40540 40613 49918 49919 49920".split(" "),
);

const loginCodes: ReadonlySet<string> = new Set(
  "18456 18452 18470 18486 18487 18488 ELOGIN".split(" "),
);

const openCodes: ReadonlySet<string> = new Set(
  "4060 911 17809 40615 40914 EENCRYPT EINSTLOOKUP ETIMEOUT".split(" "),
);

/** Killed, shut down, or not there any more when the next statement was to be sent. */
const endCodes: ReadonlySet<string> = new Set(
  "596 6005 17142 18451 ESOCKET ECLOSE EINVALIDSTATE ECONNCLOSED".split(" "),
);

interface ServerError {
  readonly number: number;
  readonly message: string;
}

/** The server's own error; both drivers copy its number. */
function serverError(error: unknown): ServerError | undefined {
  for (const layer of layersOf(error))
    if ("number" in layer && typeof layer.number === "number") return layer as ServerError;
  return undefined;
}

interface DriverError {
  readonly code: string;
  readonly message: string;
}

/** A failure that tedious tells by a code of its own. */
function driverError(error: unknown): DriverError | undefined {
  for (const layer of layersOf(error)) {
    const { code } = layer as { code?: unknown };
    if (code === "ELOGIN" || code === "EPARAM" || (typeof code === "string" && openCodes.has(code)))
      return layer as DriverError;
  }
  return undefined;
}
