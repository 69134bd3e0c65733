import { ConnError } from "@conn/core";

/** Statements that begin or end a transaction, which is the session's business. */
export const transactionVerbs: ReadonlySet<string> = new Set([
  "BEGIN",
  "START",
  "ABORT",
  "COMMIT",
  "END",
  "ROLLBACK",
  "SAVEPOINT",
  "RELEASE",
]);

/** A transaction begun in one call would take in the statements of everybody else. */
export function transactionError(verb: string): ConnError {
  return new ConnError("CONN_UNSUPPORTED", `${verb} does not go through a single call.`, {
    hint: "Use `await using session = await conn.session()` with session.commit() and session.rollback(), or conn.transaction(fn).",
  });
}
