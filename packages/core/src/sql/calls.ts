import { ConnError } from "../errors.ts";

/** @throws CONN_ARGUMENT for an option that is there and no whole number from 1 on. */
export function checkCount(option: string, value: number | undefined): void {
  if (value === undefined || (Number.isInteger(value) && value >= 1)) return;
  throw new ConnError("CONN_ARGUMENT", `\`${option}\` is not a whole number from 1 on.`, {
    hint: `Leave it out, or give for example ${option}: 1000.`,
  });
}

/** `at work (/app/pets.js:3:5)`: who called the method that made the error. */
export function callerOf({ stack = "" }: Error): string {
  return stack.split("\n")[2]?.trim() ?? "at an unknown place";
}

/** Tells of a session that nobody ends, which holds a transaction and what it has locked. */
export function warnOfSession(message: string, detail: string): void {
  process.emitWarning(message, { type: "ConnWarning", code: "CONN_SESSION_LEAKED", detail });
}
