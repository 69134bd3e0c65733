import type { ConnErrorCode } from "@conn/core";

/** How one engine's failures are told apart. Each method takes a driver's error, or one that wraps it. */
export interface DialectErrors {
  /** The engine's own code, such as `SQLITE_BUSY` or `42P01`; undefined for an error that it did not make. */
  code(error: unknown): string | undefined;
  /** The engine's own words. */
  message(error: unknown): string;
  connCode(code: string): ConnErrorCode;
  hint(code: string, error: unknown): string | undefined;
  /** What the statement names that does not exist. */
  missing(code: string, message: string): MissingName | undefined;
  /** Whether the client is of no more use. */
  lost(error: unknown): boolean;
  /** Whether a server gave no answer for all the time that a new connection may take: who waited so long waits no second time. */
  silent?(error: unknown): boolean;
  /** Whether a call that only reads may pass a moment later. */
  transient(error: unknown): boolean;
  /** Whether a transaction may pass when all of it is run again. */
  mayPassAgain(error: unknown): boolean;
}

export interface MissingName {
  readonly kind: "table" | "column";
  readonly name: string;
}

/** Where a placeholder stands for something else, such as a table. */
export const valuesAlone =
  "A placeholder stands for a value; a name goes into a template: sql`select * from ${sql.identifier(name)}`.";

/** The error and what it wraps, as drivers and TypeORM do, the outermost first. */
export function* layersOf(error: unknown): Generator<object> {
  for (let depth = 0; depth < 5 && typeof error === "object" && error !== null; depth++) {
    yield error;
    const { driverError, cause } = error as { driverError?: unknown; cause?: unknown };
    error = driverError ?? cause;
  }
}

/** Codes of the operating system for a socket that is of no more use. */
export const lostCodes: ReadonlySet<string> = new Set([
  "ECONNRESET",
  "EPIPE",
  "ECONNABORTED",
  "ENOTCONN",
]);
