/** `at work (/app/pets.js:3:5)`: who called the method that made the error. */
export function callerOf({ stack = "" }: Error): string {
  return stack.split("\n")[2]?.trim() ?? "at an unknown place";
}

/** Tells of a session that nobody ends, which holds a transaction and what it has locked. */
export function warnOfSession(message: string, detail: string): void {
  process.emitWarning(message, { type: "ConnWarning", code: "CONN_SESSION_LEAKED", detail });
}
