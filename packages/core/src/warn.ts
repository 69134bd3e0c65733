import { messageOf } from "./failure.ts";
import { redactText } from "./redact.ts";

const warned = new Set<string>();

/** A warning on stderr that an application can hear with `process.on("warning")`. */
export function warn(code: string, message: string, cause?: unknown): void {
  const reason = cause === undefined ? "" : ` (${messageOf(cause)})`;
  process.emitWarning(redactText(message + reason), { type: "ConnWarning", code });
}

/** Warns the first time only: what goes on being wrong need not be said again. */
export function warnOnce(code: string, message: string, cause?: unknown): void {
  const key = `${code} ${message}`;
  if (warned.has(key)) return;
  warned.add(key);
  warn(code, message, cause);
}
