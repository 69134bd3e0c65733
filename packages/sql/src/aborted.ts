import { ConnError } from "@conn/core";

/** The error of what was aborted: the reason itself where it already is conn's own. */
export function abortedError({ reason }: AbortSignal, message: string): ConnError {
  return reason instanceof ConnError
    ? reason
    : new ConnError("CONN_ABORTED", message, { cause: reason });
}

/** For calls of a session that was aborted. */
export function abortedSession(signal: AbortSignal): ConnError {
  return abortedError(signal, "The session was aborted and rolled back.");
}

/** For calls of a session after its end. */
export function endedSession(): ConnError {
  return new ConnError("CONN_CLOSED", "The session has ended.", {
    hint: "Open another one: await using session = await conn.session()",
  });
}
