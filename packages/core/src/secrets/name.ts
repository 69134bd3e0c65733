import { ConnError } from "../errors.ts";

const longest = 128;
// Letters and digits of any script, so that no control, invisible or direction-changing character
// reaches a terminal, and no separator a path.
const allowed = /^[\p{L}\p{M}\p{N}_](?:[\p{L}\p{M}\p{N}_. -]*[\p{L}\p{M}\p{N}_-])?$/u;

/** @throws CONN_NAME_INVALID unless the name has 1 to 128 letters, digits, `_`, `-`, `.` or inner blanks. */
export function assertConnectionName(name: string): void {
  if (isConnectionName(name)) return;
  const shown = typeof name === "string" ? printable(name) : `of type ${typeof name}`;
  throw new ConnError("CONN_NAME_INVALID", `The connection name ${shown} cannot be used.`, {
    hint: "Use letters, digits, `_`, `-` and `.`: at most 128 characters.",
  });
}

export function isConnectionName(name: unknown): name is string {
  return typeof name === "string" && name.length <= longest && allowed.test(name);
}

/** The text in quotes, with everything but plain ASCII escaped and the rest of a long one left out. */
export function printable(text: string): string {
  const start = text.length > 40 ? `${text.slice(0, 40)}…` : text;
  return JSON.stringify(start).replace(/[^ -~…]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}
