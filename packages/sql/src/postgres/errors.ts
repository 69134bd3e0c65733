import { type DialectErrors, layersOf, lostCodes, valuesAlone } from "../dialect-errors.ts";

/** The driver's own failures, which carry no code. */
const lostMessage =
  /connection terminated|connection ended|not queryable|client was closed|server closed the connection|read ECONNRESET|unexpected \w+ message from backend/i;

const silence =
  /due to connection timeout|timeout exceeded when trying to connect|^timeout expired/;

/** SQLSTATE codes: https://www.postgresql.org/docs/current/errcodes-appendix.html */
export const postgresErrors: DialectErrors = {
  code: (error) => serverError(error)?.code,

  message: (error) =>
    serverError(error)?.message ?? (error instanceof Error ? error.message : String(error)),

  connCode(code) {
    if (code === "28P01" || code === "28000") return "CONN_AUTH";
    if (code === "3D000" || code === "53300" || code === violation) return "CONN_OPEN";
    if (code === "25006") return "CONN_READ_ONLY";
    if (code === "57014") return "CONN_TIMEOUT";
    return isShutdown(code) ? "CONN_LOST" : "CONN_QUERY";
  },

  hint(code, error) {
    switch (code) {
      case "28000":
        return hintForLogin(serverError(error)?.message ?? "");
      case "28P01":
        return "Correct `username` and `password` in the secrets file.";
      case "3D000":
        return "Correct `database`, or make it: createdb NAME";
      case "53300":
        return "The server has no connection left: lower `poolSize`, or raise max_connections there.";
      case "42501":
        return "The user may not do this: grant it, or log in as another.";
      case "57014":
        return "The server's own time limit ended the statement: raise `statementTimeout`.";
      case violation:
        return "The pooler takes no settings of a session: leave out `statementTimeout` and what the url has after its `?`, or have it pass them on; PgBouncer: ignore_startup_parameters = options";
      case "42704":
        return serverError(error)?.message.startsWith("unrecognized configuration parameter")
          ? "What a url has after its `?`, or `query`, are settings of the session: leave out what the server does not know."
          : serverError(error)?.hint;
      case "42601":
        return /at or near "\$\d+"/.test(serverError(error)?.message ?? "")
          ? valuesAlone
          : undefined;
      case "25P02":
        return "An earlier statement of the session failed: call session.rollback(), and do all of it again.";
      default:
        return serverError(error)?.hint;
    }
  },

  missing(code, message) {
    const kind = code === "42P01" ? "table" : code === "42703" ? "column" : undefined;
    const name = /^(?:relation|column) (?:"(.+)"|(\S+)) does not exist$/.exec(message);
    const found = name && (name[1] ?? name[2]!).split(".").at(-1);
    return kind && found ? { kind, name: found } : undefined;
  },

  silent: (error) =>
    [...layersOf(error)].some((layer) => layer instanceof Error && silence.test(layer.message)),

  lost(error) {
    const { code, message = "" } = serverError(error) ?? {};
    if (postgresErrors.silent!(error)) return false;
    if (code !== undefined) return isShutdown(code) && !settingsRefused.test(message);
    return [...layersOf(error)].some(
      (layer) =>
        lostCodes.has(String((layer as { code?: unknown }).code)) ||
        (layer instanceof Error && lostMessage.test(layer.message)),
    );
  },

  transient(error) {
    const { code = "" } = serverError(error) ?? {};
    return code === "57P03" || code === "55P03" || rollbackCodes.has(code);
  },

  mayPassAgain: (error) => rollbackCodes.has(serverError(error)?.code ?? ""),
};

function hintForLogin(message: string): string {
  if (message.includes("certificate"))
    return 'Log in with a certificate of this user: ssl = { cert = "/path/cert.pem", key = "/path/key.pem" }';
  if (/no encryption|SSL off/.test(message)) return "The server may ask for TLS: set `ssl = true`.";
  if (message.includes("pg_hba.conf"))
    return "The server's pg_hba.conf lets this user in neither from here, nor to this database.";
  return "Correct `username` and `password` in the secrets file.";
}

/** What poolers answer to much, most of which ends the connection; and to settings, which they refuse each time. */
const violation = "08P01";
const settingsRefused = /^unsupported startup parameter/;

/** Serialization failures and deadlocks: the server asks for the whole transaction again. */
const rollbackCodes: ReadonlySet<string> = new Set(["40001", "40P01"]);

function isShutdown(code: string): boolean {
  return /^(08|57P0[1245])/.test(code);
}

interface ServerError {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
}

/** The server's own error; a system error's code, such as EPIPE, looks alike but has no severity. */
function serverError(error: unknown): ServerError | undefined {
  for (const layer of layersOf(error))
    if ("severity" in layer && "code" in layer) return layer as unknown as ServerError;
  return undefined;
}
