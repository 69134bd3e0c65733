import { ConnError } from "./errors.ts";
import { redact } from "./redact.ts";

/** What a failure means for the connection and for the call. */
export type Failure = "lost" | "transient" | "final";

const lostCodes = new Set([
  "ECONNRESET",
  "EPIPE",
  "ECONNABORTED",
  "ENOTCONN",
  "ERR_STREAM_PREMATURE_CLOSE",
]);
const transientCodes = new Set([
  "ECONNREFUSED",
  "ETIMEDOUT",
  "EAI_AGAIN",
  "ENETUNREACH",
  "EHOSTUNREACH",
  "ENETDOWN",
]);

/** The meaning of the operating system's error codes, wherever in the chain of causes they stand. */
export function failureOf(error: unknown): Failure {
  for (const link of chainOf(error)) {
    const { code } = link as { code?: unknown };
    if (typeof code !== "string") continue;
    if (lostCodes.has(code)) return "lost";
    if (transientCodes.has(code)) return "transient";
  }
  return "final";
}

/** What to look at when a source cannot be reached. */
export function hintFor(error: unknown): string | undefined {
  const code = codeOf(error);
  switch (code) {
    case "ECONNREFUSED":
      return "Nothing listens there: start the server, or correct host and port in the secrets file.";
    case "ENOTFOUND":
      return "The host name is not known: correct it in the secrets file.";
    case "EAI_AGAIN":
      return "The name server does not answer: check the network.";
    case "ETIMEDOUT":
    case "EHOSTUNREACH":
    case "ENETUNREACH":
      return "The host does not answer: check the network and the firewall.";
    case "ENOENT":
      return "The file or folder does not exist: correct the path in the secrets file.";
    case "EACCES":
      return "Check the permissions of the path.";
    default:
      return undefined;
  }
}

/** The text of a failure, its own words where it has some, and those of what stopped it on the network. */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && !error.message)
    return error.errors.map(messageOf).join("; ");
  if (!(error instanceof Error)) return String(error);
  const text = error.message || error.name;
  // `fetch failed` alone says nothing: the system's error is its cause.
  const { cause } = error;
  if (!("code" in error) && cause instanceof Error && "code" in cause)
    return `${text}: ${messageOf(cause)}`;
  return text;
}

/** The error in conn's words; one of conn's own as it is, save secrets that it learned since it was made. */
/** A failure of a driver or of the operating system in conn's words, for calls that core does not see fail. */
export function wrap(error: unknown, connection: string, operation: string): ConnError {
  if (error instanceof ConnError) return redact(error);
  const message = messageOf(error);
  const options = { connection, operation, cause: error, hint: hintFor(error) };
  if (operation === "open")
    return new ConnError("CONN_OPEN", `${connection} could not be opened: ${message}`, options);
  const failure = failureOf(error);
  if (failure === "transient" || codeOf(error) === "ENOTFOUND") {
    return new ConnError(
      "CONN_OPEN",
      `${connection}.${operation} could not reach the source: ${message}`,
      options,
    );
  }
  if (failure === "lost") {
    return new ConnError(
      "CONN_LOST",
      `${connection}.${operation} lost its connection: ${message}`,
      {
        ...options,
        hint: "Check whether the call took effect, then run it again.",
      },
    );
  }
  return new ConnError("CONN_QUERY", `${connection}.${operation} failed: ${message}`, options);
}

function codeOf(error: unknown): string | undefined {
  for (const link of chainOf(error)) {
    const { code } = link as { code?: unknown };
    if (typeof code === "string") return code;
  }
  return undefined;
}

/** The error and its causes; of several errors at once, the first. */
function* chainOf(error: unknown): Generator<object> {
  for (let depth = 0; depth < 8 && typeof error === "object" && error !== null; depth++) {
    yield error;
    const { cause, errors } = error as { cause?: unknown; errors?: unknown };
    error = cause ?? (Array.isArray(errors) ? (errors[0] as unknown) : undefined);
  }
}
