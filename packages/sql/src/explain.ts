import { ConnError } from "@conn/core";
import { didYouMean } from "@conn/core/toolkit";
import type { Engine } from "./engine.ts";
import { sqliteCode, sqliteMessage } from "./sqlite/errors.ts";

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
  engine: Engine | undefined,
): unknown {
  if (error instanceof ConnError) return placed(error, call);
  const code = sqliteCode(error);
  if (code === undefined) return error;
  const { connection, operation, statement } = call;
  const message = sqliteMessage(error);
  const line = statement === undefined ? "" : `\n  in: ${firstLine(statement)}`;
  return new ConnError(
    codeFor(code),
    `${connection}.${operation} failed: ${message} (${code})${line}`,
    {
      connection,
      operation,
      cause: error,
      hint: hintFor(code, message, engine),
    },
  );
}

/** Tells a failure that was found before anything was sent where it belongs. */
function placed(error: ConnError, { connection, operation }: FailedCall): ConnError {
  return Object.assign(error, {
    connection: error.connection ?? connection,
    operation: error.operation ?? operation,
  });
}

function firstLine(statement: string): string {
  const lines = statement.trim().split("\n");
  const line = lines[0]!.trim().replaceAll(/\p{Cc}/gu, " ");
  return line.length > 120 ? `${line.slice(0, 119)}…` : lines.length > 1 ? `${line} …` : line;
}

function codeFor(code: string): "CONN_READ_ONLY" | "CONN_OPEN" | "CONN_QUERY" {
  if (code.startsWith("SQLITE_READONLY")) return "CONN_READ_ONLY";
  return code.startsWith("SQLITE_CANTOPEN") || code === "SQLITE_NOTADB"
    ? "CONN_OPEN"
    : "CONN_QUERY";
}

function hintFor(code: string, message: string, engine: Engine | undefined): string | undefined {
  const missing = /^no such (table|column): (?:.*\.)?([^.]+)$/.exec(message);
  if (missing && engine) return hintForName(missing[1] as "table" | "column", missing[2]!, engine);
  if (/^SQLITE_(BUSY|LOCKED)/.test(code))
    return "Another process holds the database: end its transaction, or raise `lockTimeout`.";
  if (code.startsWith("SQLITE_READONLY"))
    return "The file, its folder or the connection is read-only: check permissions, `readOnly` and `mode`.";
  if (code.startsWith("SQLITE_CANTOPEN"))
    return "Check the path and the permissions of the file and its folder.";
  if (code === "SQLITE_NOTADB") return "The file is no SQLite database, or an encrypted one.";
  if (code.startsWith("SQLITE_FULL")) return "The disk is full: make room, and run it again.";
  if (code.startsWith("SQLITE_CORRUPT"))
    return "The file is damaged: restore a copy, or try the sqlite3 tool's .recover.";
  return undefined;
}

function hintForName(kind: "table" | "column", name: string, engine: Engine): string | undefined {
  const names = namesIn(engine, kind);
  if (!names) return undefined;
  if (names.length === 0)
    return "The database has no tables yet: make one with conn.execute, or correct the path of its file.";
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
