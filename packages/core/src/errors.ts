import type { CoreErrorCode } from "./error-codes.ts";
import { redact } from "./redact.ts";
import { printableLines } from "./table/sanitize.ts";

/** A code of conn's own, or one that a plugin defines and documents. */
export type ConnErrorCode = CoreErrorCode | (`CONN_${string}` & Record<never, never>);

/** A place in a file: `line` and `column` count from 1. */
export interface Location {
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
}

/** One thing that is wrong, where several are reported together. */
export interface Problem {
  readonly message: string;
  /** The path of the setting, such as `connections.pet_db.port`. */
  readonly path?: string;
  readonly location?: Location;
  readonly hint?: string;
}

export interface ConnErrorOptions {
  /** What to do next, in one sentence; best a command that works. */
  readonly hint?: string | undefined;
  readonly cause?: unknown;
  /** The connection's name. */
  readonly connection?: string | undefined;
  /** The method that failed, such as `query`. */
  readonly operation?: string | undefined;
  readonly location?: Location | undefined;
  readonly problems?: readonly Problem[] | undefined;
}

// Duplicate copies of core (two versions, source beside bundle) must agree on what is a ConnError.
const brand = Symbol.for("@conn/core/error");

/**
 * The one error class of conn. `message` is complete: what happened, where, and what to do next.
 * No secret that the masker knows survives in it, in its problems or in its cause.
 */
export class ConnError extends Error {
  readonly code: ConnErrorCode;
  // Declared, not defined: what is not known does not clutter a printed error.
  declare readonly hint?: string;
  declare readonly connection?: string;
  declare readonly operation?: string;
  declare readonly location?: Location;
  declare readonly problems?: readonly Problem[];

  constructor(code: ConnErrorCode, message: string, options: ConnErrorOptions = {}) {
    const safe = redact({ ...options, cause: undefined, message });
    super(
      compose(safe.message, safe),
      "cause" in options ? { cause: tame(redact(options.cause)) } : undefined,
    );
    this.code = code;
    const { hint, connection, operation, location, problems } = safe;
    for (const [key, value] of Object.entries({
      hint,
      connection,
      operation,
      location,
      problems,
    })) {
      if (value === undefined) continue;
      // The message says what the hint, the place and the problems are: printing them twice helps nobody.
      Object.defineProperty(this, key, {
        value,
        enumerable: key === "connection" || key === "operation",
      });
    }
    Object.defineProperty(this, "name", { value: "ConnError", configurable: true });
    Object.defineProperty(this, brand, { value: true });
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === "object" && value !== null && brand in value;
  }
}

/** `/app/.conn/secrets.toml:3:8`, as editors and terminals make it a link. */
export function formatLocation({ file, line, column }: Location): string {
  return [file, line, column].filter((part) => part !== undefined).join(":");
}

function compose(message: string, options: ConnErrorOptions): string {
  const lines = [message];
  for (const { message: text, location, hint } of options.problems ?? []) {
    const at = location ? ` (${formatLocation(location)})` : "";
    lines.push(`  - ${text}${at}${hint ? `. ${hint}` : ""}`);
  }
  if (options.location) lines.push(`  at ${formatLocation(options.location)}`);
  if (options.hint) lines.push(`  ${options.hint}`);
  return printableLines(lines.join("\n"));
}

/**
 * The cause with messages and stacks that cannot steer a terminal: they are what Node prints as it is.
 * Itself where nothing has to be changed, else a copy, for its owner may throw it again.
 */
function tame(cause: unknown, depth = 0): unknown {
  if (!(cause instanceof Error) || depth > 16) return cause;
  const { message, stack = "" } = cause;
  const inner = tame(cause.cause, depth + 1);
  const changes = { message: printableLines(message), stack: printableLines(stack), cause: inner };
  if (changes.message === message && changes.stack === stack && inner === cause.cause) return cause;
  const copy = Object.create(
    Object.getPrototypeOf(cause) as object,
    Object.getOwnPropertyDescriptors(cause),
  ) as Error;
  for (const [key, value] of Object.entries(changes)) {
    if (value !== undefined)
      Object.defineProperty(copy, key, { value, configurable: true, writable: true });
  }
  return copy;
}
