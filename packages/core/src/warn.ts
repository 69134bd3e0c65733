import { messageOf } from "./failure.ts";
import { redactText } from "./redact.ts";
import { printableLines } from "./table/sanitize.ts";

/** A warning on stderr that an application can hear with `process.on("warning")`. */
export function warn(code: string, message: string, cause?: unknown): void {
  const reason = cause === undefined ? "" : ` (${messageOf(cause)})`;
  process.emitWarning(printableLines(redactText(message + reason)), { type: "ConnWarning", code });
}
