import { ConnError } from "@conn/core";
import { didYouMean } from "@conn/core/toolkit";
import type { DialectErrors, MissingName } from "./dialect-errors.ts";
import type { Engine } from "./engine.ts";

export interface FailedCall {
  readonly connection: string;
  readonly operation: string;
  /** The statement as the caller wrote it. */
  readonly statement?: string | undefined;
}

/** A failure in conn's words: connection, operation and the statement's first line, never its values. */
export function explainFailure(
  error: unknown,
  call: FailedCall,
  errors: DialectErrors,
  engine?: Engine,
): unknown {
  if (error instanceof ConnError) return placed(error, call);
  const { connection, operation, statement } = call;
  const message = errors.message(error);
  if (errors.silent?.(error)) return neverOpened(call, error, message, noAnswer);
  if (errors.lost(error)) {
    if (operation === "open") return neverOpened(call, error, message, hungUp);
    return new ConnError(
      "CONN_LOST",
      `${connection}.${operation} lost its connection: ${message}`,
      {
        connection,
        operation,
        cause: error,
        hint: "Check whether the call took effect, then run it again.",
      },
    );
  }
  const code = errors.code(error);
  if (code === undefined) return error;
  const missing = errors.missing(code, message);
  const line = statement === undefined ? "" : `\n  in: ${firstLine(statement)}`;
  return new ConnError(
    errors.connCode(code),
    `${connection}.${operation} failed: ${message} (${code})${line}`,
    {
      connection,
      operation,
      cause: error,
      hint: (missing && engine && hintForName(missing, engine)) ?? errors.hint(code, error),
    },
  );
}

/** There was no connection yet that could be lost. */
function neverOpened(
  { connection, operation }: FailedCall,
  cause: unknown,
  message: string,
  hint: string,
): ConnError {
  const could = operation === "open" ? " could not be opened" : `.${operation} found no connection`;
  return new ConnError("CONN_OPEN", `${connection}${could}: ${message}`, {
    connection,
    operation,
    cause,
    hint: `${hint} conn.check() tells how far the way leads.`,
  });
}

const hungUp =
  "The server hung up, or is one of another kind: check `host` and `port`, and what stands between.";
const noAnswer =
  "The server gave no answer in time: check `host` and `port`, and that no firewall stands between; or raise `connectTimeout`.";

/** Tells a failure that was found before anything was sent where it belongs. */
function placed(error: ConnError, { connection, operation }: FailedCall): ConnError {
  // One that has its place may be the reason of an abort, which many calls share.
  return error.connection === undefined ? Object.assign(error, { connection, operation }) : error;
}

function firstLine(statement: string): string {
  const lines = statement.trim().split("\n");
  const line = lines[0]!.trim().replaceAll(/\p{Cc}/gu, " ");
  return line.length > 120 ? `${line.slice(0, 119)}…` : lines.length > 1 ? `${line} …` : line;
}

function hintForName({ kind, name }: MissingName, engine: Engine): string | undefined {
  const names = namesIn(engine, kind);
  if (!names) return undefined;
  if (names.length === 0)
    return "The database has no tables yet: make one with conn.execute, or correct `database`.";
  const near = didYouMean(name, names);
  if (near !== undefined) return `Did you mean ${near}?`;
  const shown = names.slice(0, 12).join(", ");
  return `The ${kind}s are: ${shown}${names.length > 12 ? ` and ${names.length - 12} more` : ""}.`;
}

/** The hint must not replace the failure that it is for. */
function namesIn(engine: Engine, kind: "table" | "column"): string[] | undefined {
  try {
    return engine.nearNames(kind);
  } catch {
    return undefined;
  }
}
