import { type DialectErrors, layersOf, lostCodes, valuesAlone } from "../dialect-errors.ts";

/** https://mariadb.com/docs/server/reference/error-codes and MySQL's own list, which agree on these. */
export const mysqlErrors: DialectErrors = {
  code: (error) => serverError(error)?.code,

  message: (error) =>
    serverError(error)?.sqlMessage ?? (error instanceof Error ? error.message : String(error)),

  connCode(code) {
    switch (code) {
      case "ER_ACCESS_DENIED_ERROR":
      case "ER_ACCESS_DENIED_NO_PASSWORD_ERROR":
        return "CONN_AUTH";
      case "ER_BAD_DB_ERROR":
      case "ER_DBACCESS_DENIED_ERROR":
      case "ER_CON_COUNT_ERROR":
      case "ER_TOO_MANY_USER_CONNECTIONS":
        return "CONN_OPEN";
      case "ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION":
      case "ER_OPTION_PREVENTS_STATEMENT":
        return "CONN_READ_ONLY";
      case "ER_QUERY_TIMEOUT":
      case "ER_STATEMENT_TIMEOUT":
        return "CONN_TIMEOUT";
      default:
        return endCodes.has(code) ? "CONN_LOST" : "CONN_QUERY";
    }
  },

  hint(code, error) {
    switch (code) {
      case "ER_ACCESS_DENIED_ERROR":
      case "ER_ACCESS_DENIED_NO_PASSWORD_ERROR":
        return "Correct `username` and `password` in the secrets file.";
      case "ER_BAD_DB_ERROR":
        return "Correct `database`, or make it: create database NAME";
      case "ER_DBACCESS_DENIED_ERROR":
        return "Correct `database`, or grant the user access to it.";
      case "ER_PARSE_ERROR":
        return /near '\?/.test(serverError(error)?.sqlMessage ?? "") ? valuesAlone : undefined;
      case "ER_TABLEACCESS_DENIED_ERROR":
      case "ER_SPECIFIC_ACCESS_DENIED_ERROR":
        return "The user may not do this: grant it, or log in as another.";
      case "ER_QUERY_TIMEOUT":
      case "ER_STATEMENT_TIMEOUT":
        return "The server's own time limit ended the statement: raise `statementTimeout`.";
      case "ER_LOCK_WAIT_TIMEOUT":
        return "Another transaction holds these rows. Inside of conn.transaction and a session, write through the session.";
      case "ER_CON_COUNT_ERROR":
      case "ER_TOO_MANY_USER_CONNECTIONS":
        return "The server has no connection left: lower `poolSize`, or raise max_connections there.";
      default:
        return undefined;
    }
  },

  missing(code, message) {
    const table = code === "ER_NO_SUCH_TABLE" && /Table '(?:[^']*\.)?([^.']+)' /.exec(message);
    if (table) return { kind: "table", name: table[1]! };
    const column =
      code === "ER_BAD_FIELD_ERROR" && /Unknown column '(?:[^']*\.)?([^.']+)' /.exec(message);
    return column ? { kind: "column", name: column[1]! } : undefined;
  },

  lost: (error) =>
    [...layersOf(error)].some((layer) => {
      const { code, message } = layer as { code?: unknown; message?: unknown };
      return (
        (typeof code === "string" && endCodes.has(code)) ||
        (typeof message === "string" && /closed state|connection is closed/i.test(message))
      );
    }),

  silent: (error) =>
    [...layersOf(error)].some((layer) => {
      const { code, syscall } = layer as { code?: unknown; syscall?: unknown };
      return code === "ETIMEDOUT" && syscall === "connect";
    }),

  transient: (error) => rollbackCodes.has(serverError(error)?.code ?? ""),

  mayPassAgain: (error) => rollbackCodes.has(serverError(error)?.code ?? ""),
};

const rollbackCodes: ReadonlySet<string> = new Set(["ER_LOCK_DEADLOCK", "ER_CHECKREAD"]);

const endCodes: ReadonlySet<string> = new Set([
  ...lostCodes,
  "PROTOCOL_CONNECTION_LOST",
  "ER_SERVER_SHUTDOWN",
  "ER_CONNECTION_KILLED",
  "ER_NORMAL_SHUTDOWN",
]);

/** What the driver has no names for: https://mariadb.com/docs/server/reference/error-codes */
const mariadbCodes: Readonly<Record<number, string>> = { 1969: "ER_STATEMENT_TIMEOUT" };

interface ServerError {
  readonly code: string;
  readonly sqlMessage: string;
}

function serverError(error: unknown): ServerError | undefined {
  for (const layer of layersOf(error)) {
    if (!("sqlMessage" in layer && "errno" in layer)) continue;
    const { code, errno, sqlMessage } = layer as ServerError & { code?: string; errno: number };
    return { code: code ?? mariadbCodes[errno] ?? `ER_${errno}`, sqlMessage };
  }
  return undefined;
}
