import type { IncomingHttpHeaders } from "node:http";
import {
  type Failure,
  type FailureKind,
  kindOfStatus,
  retryAfter,
  StoreFailure,
} from "../failure.ts";

/** https://cloud.google.com/storage/docs/json_api/v1/status-codes */
const kinds: Readonly<Record<string, FailureKind>> = {
  authError: "bad credentials",
  required: "no credentials",
  rateLimitExceeded: "throttled",
  userRateLimitExceeded: "throttled",
  conditionNotMet: "changed",
  conflict: "exists",
};

/** The error that an answer of the API tells. */
export function errorOf(status: number, headers: IncomingHttpHeaders, body: string): StoreFailure {
  const { message, reason } = readBody(body);
  return new StoreFailure(kindOf(status, reason, message), message || `status ${status}`, {
    status,
    code: reason,
    requestId: [headers["x-guploader-uploadid"]].flat()[0],
    retryAfter: retryAfter(headers["retry-after"]),
  });
}

interface SdkError extends Error {
  readonly code?: number | string;
  readonly errors?: readonly { readonly reason?: string; readonly message?: string }[];
  readonly response?: { readonly headers?: unknown };
}

/** What an error of the SDK means. */
export function failureOf(error: unknown): Failure | undefined {
  if (error instanceof StoreFailure) return error.failure;
  if (!(error instanceof Error)) return undefined;
  const { message, code, errors, response } = error as SdkError;
  if (/default credentials|metadata server|Unable to detect a Project Id/i.test(message))
    return { kind: "no credentials", message };
  if (/invalid_grant|invalid_rapt|reauth/i.test(message))
    return { kind: "expired credentials", code: "invalid_grant", message };
  if (/Cannot sign data|client_email/i.test(message)) {
    return {
      kind: "no credentials",
      message,
      hint: "Signing needs a service account: give `keyFile`, or `client_email` and `private_key`, in the section.",
    };
  }
  const status = Number(code);
  if (!(status >= 300 && status < 600)) return undefined;
  const [first] = errors ?? [];
  const text = first?.message ?? message;
  const headers = headersOf(response?.headers);
  return {
    kind: kindOf(status, first?.reason, text),
    status,
    code: first?.reason,
    message: text,
    requestId: headers("x-guploader-uploadid"),
    retryAfter: retryAfter(headers("retry-after")),
  };
}

function kindOf(status: number, reason: string | undefined, message: string): FailureKind {
  if (status === 404 && /bucket does not exist/i.test(message)) return "no container";
  // The range lies behind the end: the object has become shorter.
  if (status === 416) return "changed";
  if (status === 401) return /anonymous/i.test(message) ? "no credentials" : "bad credentials";
  const known = reason !== undefined && Object.hasOwn(kinds, reason) ? kinds[reason] : undefined;
  return known ?? kindOfStatus(status);
}

function readBody(body: string): { message: string; reason: string | undefined } {
  try {
    const { error } = JSON.parse(body) as {
      error?: { message?: string; errors?: { reason?: string }[] };
    };
    return { message: error?.message ?? "", reason: error?.errors?.[0]?.reason };
  } catch {
    // A download's failure is plain text.
    return { message: body.slice(0, 200), reason: undefined };
  }
}

function headersOf(headers: unknown): (name: string) => string | undefined {
  if (headers instanceof Headers) return (name) => headers.get(name) ?? undefined;
  return (name) => (headers as Record<string, string> | undefined)?.[name];
}
