import { ConnError } from "@conn/core";

export interface FailedCall {
  readonly connection: string;
  readonly operation: string;
  /** The statement as the caller wrote it. */
  readonly statement?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A failure in conn's words: connection, operation and the statement's first line, never its values. */
export function explainFailure(error: unknown, call: FailedCall): unknown {
  const { connection, operation, statement, signal } = call;
  // What is interrupted fails with words of its own; the caller is told why it was.
  const known: unknown =
    signal?.aborted && signal.reason instanceof ConnError ? signal.reason : error;
  if (known instanceof ConnError)
    return known.connection === undefined ? Object.assign(known, { connection, operation }) : known;
  if (signal?.aborted)
    return new ConnError("CONN_ABORTED", `${connection}.${operation} was aborted.`, {
      connection,
      operation,
      cause: signal.reason,
    });
  if (!(error instanceof Error)) return error;
  const message = error.message.replace(/^Failed to [a-z ]+: /, "");
  const line = statement === undefined ? "" : `\n  in: ${firstLine(statement)}`;
  return new ConnError(
    codeOf(message, operation),
    `${connection}.${operation} failed: ${message.split("\n")[0]}${line}`,
    { connection, operation, cause: error, hint: hintFor(message) },
  );
}

/** Whether a transaction that met another one may pass when it is tried again. */
export function mayPassAgain(error: unknown): boolean {
  const cause = error instanceof ConnError ? error.cause : error;
  return cause instanceof Error && /^TransactionContext Error: .*conflict/i.test(cause.message);
}

function codeOf(message: string, operation: string): "CONN_OPEN" | "CONN_READ_ONLY" | "CONN_QUERY" {
  if (operation === "open") return "CONN_OPEN";
  return /^Permission Error|read-only mode|configuration has been locked/.test(message)
    ? "CONN_READ_ONLY"
    : "CONN_QUERY";
}

const hints: readonly (readonly [pattern: RegExp, hint: string])[] = [
  [/Did you mean ("[^"\n]+"[^\n]*)/, "Did you mean $1"],
  [/(Candidate bindings: [^\n]+)/, "$1"],
  [
    /motherduck|\bmd:/i,
    'MotherDuck needs the network, for DuckDB downloads its extension on first use, and an access token: token = { env = "MOTHERDUCK_TOKEN" }.',
  ],
  [
    /Could not set lock on file/,
    "Another process has the file open. Close it there, or open it with readOnly = true in all processes.",
  ],
  [
    /different configuration than existing connections/,
    "One process opens a file once: give its connections equal settings, `readOnly` among them.",
  ],
  [
    /in read-only mode: database does not exist|Cannot open file "[^"]*": No such file/,
    "Correct the path; without readOnly a file is made on first use, its folder is not.",
  ],
  [
    /No files found that match the pattern "(?![/~]|\w+:)/,
    "The path begins in the working directory of the process: process.cwd().",
  ],
  [
    /options were not recognized/,
    "`settings` has names of DuckDB's own: select name from duckdb_settings()",
  ],
  [
    /not a valid DuckDB database/,
    "Read files of other kinds in SQL: select * from 'pets.parquet'.",
  ],
  [
    /file system operations are disabled|configuration has been locked/,
    "The connection's settings (`readOnly`, or `enable_external_access = false`) leave it its own database alone, and nobody changes them.",
  ],
  [
    /transaction is aborted/i,
    "A statement before this one failed: call session.rollback(), or leave the session.",
  ],
  [/^TransactionContext Error: .*conflict/i, "Use conn.transaction(…), which tries again."],
  [
    /^Out of Memory/,
    'Give it more, or a folder to spill to: settings = { memory_limit = "4GB", temp_directory = "/tmp/duckdb" }.',
  ],
  [
    /Extension|INSTALL/,
    'DuckDB downloads this extension, once: conn.execute("install httpfs") with a network, for example. Parquet, JSON and ICU are inside.',
  ],
];

function hintFor(message: string): string | undefined {
  for (const [pattern, hint] of hints) {
    const found = pattern.exec(message);
    if (found) return hint.replace("$1", found[1] ?? "");
  }
  return undefined;
}

function firstLine(statement: string): string {
  const lines = statement.trim().split("\n");
  const line = lines[0]!.trim().replaceAll(/\p{Cc}/gu, " ");
  return line.length > 120 ? `${line.slice(0, 119)}…` : lines.length > 1 ? `${line} …` : line;
}
