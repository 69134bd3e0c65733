import { ConnError, type ConnErrorCode } from "@conn/core";
import { addressOf, type Location } from "./location.ts";
import type { StoreWords } from "./store.ts";

/** What went wrong, the same in all stores. */
export type FailureKind =
  | "missing"
  | "no container"
  | "no credentials"
  | "bad credentials"
  | "expired credentials"
  | "forbidden"
  | "clock skew"
  | "wrong region"
  | "exists"
  | "changed"
  | "throttled"
  | "server"
  | "lost"
  | "unreachable"
  | "redirected"
  | "other";

/** An error of a store, in words that all stores share. */
export interface Failure {
  readonly kind: FailureKind;
  /** HTTP's. */
  readonly status?: number | undefined;
  /** The store's own code, such as `AccessDenied`. */
  readonly code?: string | undefined;
  readonly message: string;
  readonly requestId?: string | undefined;
  /** Seconds that the store asks to wait. */
  readonly retryAfter?: number | undefined;
  /** What to do, where the store knows it better than the kind does. */
  readonly hint?: string | undefined;
}

/** What was being done to what. */
export interface Asked {
  readonly connection: string;
  readonly operation: string;
  readonly location: Location;
  readonly words: StoreWords;
}

const codes: Readonly<Record<FailureKind, ConnErrorCode>> = {
  missing: "CONN_NOT_FOUND",
  "no container": "CONN_NOT_FOUND",
  "no credentials": "CONN_AUTH",
  "bad credentials": "CONN_AUTH",
  "expired credentials": "CONN_AUTH",
  forbidden: "CONN_FORBIDDEN",
  "clock skew": "CONN_AUTH",
  "wrong region": "CONN_QUERY",
  exists: "CONN_CONFLICT",
  changed: "CONN_CONFLICT",
  throttled: "CONN_QUERY",
  server: "CONN_QUERY",
  lost: "CONN_LOST",
  unreachable: "CONN_OPEN",
  redirected: "CONN_QUERY",
  other: "CONN_QUERY",
};

/** Failures after which the same request may succeed; a number is how many seconds to wait. */
const repeatable = new WeakMap<ConnError, true | number>();
const kinds = new WeakMap<ConnError, FailureKind>();

/** The failure as an error that says what, where, how the store calls it, and what to do. */
export function explain(failure: Failure, asked: Asked, cause: unknown): ConnError {
  const { kind, status, code, requestId } = failure;
  const { connection, operation, location, words } = asked;
  const details = [
    location.container === "" ? undefined : `${words.container} ${location.container}`,
    location.container === "" || location.key === "" ? undefined : `key ${location.key}`,
    status === undefined ? undefined : `status ${status}`,
    code,
    requestId === undefined ? undefined : `request ${requestId}`,
  ].filter((part) => part !== undefined);
  const error = new ConnError(
    codes[kind],
    `${connection}.${operation} ${sentence(failure, asked)}${details.length > 0 ? ` (${details.join(", ")})` : ""}`,
    { connection, operation, cause, hint: failure.hint ?? hintFor(kind, words) },
  );
  kinds.set(error, kind);
  if (kind === "throttled" || kind === "server" || kind === "lost" || kind === "unreachable")
    repeatable.set(error, failure.retryAfter ?? true);
  return error;
}

/** Whether a request may be sent again, and after how many seconds where the store says so. */
export function repeatableOf(error: unknown): true | number | undefined {
  return error instanceof ConnError ? repeatable.get(error) : undefined;
}

export function kindOf(error: unknown): FailureKind | undefined {
  return error instanceof ConnError ? kinds.get(error) : undefined;
}

/** A body that ended before its length: the next attempt goes on from there. */
export function truncated(asked: Asked, got: number, wanted: number): ConnError {
  const { connection, operation, location } = asked;
  const error = new ConnError(
    "CONN_TRUNCATED",
    `${connection}.${operation} got ${got} of ${wanted} bytes of ${addressOf(location)}: the answer ended early.`,
    {
      connection,
      operation,
      hint: "Try again; if it persists, look at the network or the proxy between.",
    },
  );
  repeatable.set(error, true);
  return error;
}

/** A source that went silent. */
export function silent(asked: Asked, seconds: number): ConnError {
  const { connection, operation, location, words } = asked;
  const error = new ConnError(
    "CONN_TIMEOUT",
    `${connection}.${operation} heard nothing for ${seconds} s from ${words.title} about ${addressOf(location)}.`,
    {
      connection,
      operation,
      hint: "Check the network and the endpoint; `idleTimeout` in the settings says how long to wait.",
    },
  );
  repeatable.set(error, true);
  return error;
}

/** What Retry-After says, in seconds: a number or a date. https://www.rfc-editor.org/rfc/rfc9110#field.retry-after */
export function retryAfter(header: string | null | undefined): number | undefined {
  if (header === null || header === undefined || header === "") return undefined;
  const seconds = /^\d+$/.test(header) ? Number(header) : (Date.parse(header) - Date.now()) / 1000;
  return Number.isFinite(seconds) ? Math.max(0, seconds) : undefined;
}

/** The kind of a status that no code explains better. */
export function kindOfStatus(status: number): FailureKind {
  if (status === 401) return "bad credentials";
  if (status === 403) return "forbidden";
  if (status === 404) return "missing";
  if (status === 409) return "exists";
  if (status === 412) return "changed";
  if (status === 429) return "throttled";
  if (status === 408 || status >= 500) return "server";
  return status >= 300 && status < 400 ? "redirected" : "other";
}

/** Failures of the network, by the system's codes in the chain of causes. */
export function networkFailure(error: unknown): Failure | undefined {
  let link: unknown = error;
  for (let depth = 0; depth < 8 && typeof link === "object" && link !== null; depth++) {
    const { code, message, cause, errors } = link as Error & {
      code?: unknown;
      errors?: readonly unknown[];
    };
    const kind = typeof code === "string" ? networkKinds[code] : undefined;
    if (kind) return { kind, code: code as string, message: message || (code as string) };
    if (/socket hang up|terminated|aborted|other side closed|premature close/i.test(message ?? ""))
      return { kind: "lost", message };
    link = cause ?? errors?.[0];
  }
  return undefined;
}

const networkKinds: Readonly<Record<string, FailureKind>> = {
  ECONNRESET: "lost",
  EPIPE: "lost",
  ECONNABORTED: "lost",
  ERR_STREAM_PREMATURE_CLOSE: "lost",
  UND_ERR_SOCKET: "lost",
  HPE_INVALID_CONSTANT: "lost",
  ECONNREFUSED: "unreachable",
  ETIMEDOUT: "unreachable",
  EAI_AGAIN: "unreachable",
  ENETUNREACH: "unreachable",
  EHOSTUNREACH: "unreachable",
  ENETDOWN: "unreachable",
  ENOTFOUND: "unreachable",
};

function sentence({ kind, message }: Failure, { location, words }: Asked): string {
  const { title, container, file } = words;
  const what = addressOf(location);
  switch (kind) {
    case "missing":
      return `found no ${file} ${what}`;
    case "no container":
      return `found no ${container} ${location.container} on ${title}`;
    case "no credentials":
      return `has no credentials for ${title}`;
    case "bad credentials":
      return `was refused by ${title}: the credentials are not right`;
    case "expired credentials":
      return `was refused by ${title}: the credentials have expired`;
    case "forbidden":
      return `is not allowed on ${what}`;
    case "clock skew":
      return `was refused by ${title}: this machine's clock is wrong`;
    case "wrong region":
      return `asked the wrong region for the ${container} ${location.container}`;
    case "exists":
      return `found that ${what} exists already`;
    case "changed":
      return `found another version of ${what}`;
    case "throttled":
      return `was told by ${title} to slow down`;
    case "redirected":
      return `was sent to another address by ${title}, and did not follow`;
    case "unreachable":
      return `could not reach ${title}: ${firstLine(message)}`;
    case "lost":
      return `lost its connection to ${title}: ${firstLine(message)}`;
    case "server":
    case "other":
      return `failed on ${what}: ${firstLine(message)}`;
    default:
      return kind satisfies never;
  }
}

function hintFor(kind: FailureKind, words: StoreWords): string | undefined {
  switch (kind) {
    case "missing":
      return "Correct the path; `list()` shows what there is.";
    case "no container":
      return `Correct the name of the ${words.container}, or make it first.`;
    case "no credentials":
      return words.credentials;
    case "bad credentials":
      return `Correct the credentials. ${words.credentials}`;
    case "expired credentials":
      return words.login;
    case "forbidden":
      return words.permissions;
    case "clock skew":
      return "Set the clock of this machine: signatures hold for a few minutes around the true time.";
    case "wrong region":
      return "Set `region` in the connection's section to the bucket's own.";
    case "exists":
      return "Write without `ifAbsent` to replace it, or choose another name.";
    case "changed":
      return "Somebody wrote it meanwhile: read it again, and decide anew.";
    case "throttled":
      return "Ask for less at once, or try again later.";
    case "redirected":
      return "Correct `endpoint`: credentials are not sent on to an address that nobody configured.";
    case "unreachable":
      return "Check the network and `endpoint`.";
    case "lost":
      return "Check whether the call took effect, then run it again.";
    case "server":
    case "other":
      return undefined;
    default:
      return kind satisfies never;
  }
}

function firstLine(text: string): string {
  const line = text.split("\n", 1)[0]!.replaceAll(/\?\S*/g, "?…");
  return line.length > 200 ? `${line.slice(0, 199)}…` : line;
}

/** Thrown by a store for what no SDK's error says. */
export class StoreFailure extends Error {
  readonly failure: Failure;

  constructor(kind: FailureKind, message: string = kind, more: Partial<Failure> = {}) {
    super(message);
    this.failure = { kind, message, ...more };
  }
}

/** An answer whose end nobody could tell from its being cut off. */
export function unknownLength(): StoreFailure {
  return new StoreFailure("other", "the answer does not say how long it is", {
    hint: "Look at the server, or the proxy between: it has to send Content-Length.",
  });
}
