import {
  type Failure,
  type FailureKind,
  kindOfStatus,
  retryAfter,
  StoreFailure,
} from "../failure.ts";

/** https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
const kinds: Readonly<Record<string, FailureKind>> = {
  NoSuchKey: "missing",
  NotFound: "missing",
  NoSuchBucket: "no container",
  AccessDenied: "forbidden",
  AllAccessDisabled: "forbidden",
  AccountProblem: "forbidden",
  InvalidObjectState: "forbidden",
  InvalidAccessKeyId: "bad credentials",
  SignatureDoesNotMatch: "bad credentials",
  InvalidToken: "bad credentials",
  ExpiredToken: "expired credentials",
  ExpiredTokenException: "expired credentials",
  TokenRefreshRequired: "expired credentials",
  RequestTimeTooSkewed: "clock skew",
  RequestExpired: "clock skew",
  PermanentRedirect: "wrong region",
  AuthorizationHeaderMalformed: "wrong region",
  IllegalLocationConstraintException: "wrong region",
  PreconditionFailed: "changed",
  ConditionalRequestConflict: "changed",
  InvalidRange: "changed",
  SlowDown: "throttled",
  ThrottlingException: "throttled",
  TooManyRequestsException: "throttled",
  RequestLimitExceeded: "throttled",
};

interface S3Error extends Error {
  readonly $metadata?: { readonly httpStatusCode?: number; readonly requestId?: string };
  readonly $response?: { readonly headers?: Readonly<Record<string, string>> };
}

/** The etag of what was stored: who answers without one has stored nothing. */
export function versionOf(etag: string | undefined): string {
  if (etag === undefined) throw stranger();
  return etag;
}

/** For an answer that says yes to everything, as a console or a login page does. */
export function stranger(): StoreFailure {
  return new StoreFailure("other", "the answer is none of S3's", {
    hint: "Correct `endpoint`: another service listens there, such as a console or a login page.",
  });
}

export function statusOf(error: unknown): number | undefined {
  return (error as S3Error).$metadata?.httpStatusCode;
}

/** What an error of the SDK means. */
export function failureOf(error: unknown): Failure | undefined {
  if (error instanceof StoreFailure) return error.failure;
  if (!(error instanceof Error)) return undefined;
  const { name, message, $metadata, $response } = error as S3Error;
  if (/^(Credentials|Token)ProviderError$/.test(name)) {
    return /expired|refresh/i.test(message)
      ? { kind: "expired credentials", code: name, message }
      : { kind: "no credentials", code: name, message };
  }
  if (message === "Region is missing") {
    return {
      kind: "other",
      message: "no region is known",
      hint: 'Set region = "eu-central-1", or the bucket\'s own, in the section, or AWS_REGION.',
    };
  }
  if (message.startsWith("Checksum mismatch")) {
    return {
      kind: "other",
      message: "what arrived is not what was stored, by its checksum",
      hint: "Read it again; if it persists, look at the network or the proxy between.",
    };
  }
  const status = $metadata?.httpStatusCode;
  if (status === undefined) return undefined;
  const headers = $response?.headers ?? {};
  const region = headers["x-amz-bucket-region"];
  const known = Object.hasOwn(kinds, name) ? kinds[name] : undefined;
  // A redirect with a region is S3's own way to say so; any other leads to a stranger.
  const kind = known ?? (status === 301 && region ? "wrong region" : kindOfStatus(status));
  const code = /^(Unknown|Error|UnknownError|SyntaxError)$/.test(name) ? undefined : name;
  return {
    kind,
    status,
    code,
    message: known || code ? message : `status ${status}`,
    requestId: $metadata?.requestId ?? headers["x-amz-request-id"],
    retryAfter: retryAfter(headers["retry-after"]),
    ...(kind === "wrong region" && region
      ? { hint: `Set region = ${JSON.stringify(region)} in the connection's section.` }
      : {}),
    ...(code === "InvalidObjectState"
      ? { hint: "The object is archived: restore it, then read it. That takes minutes to hours." }
      : {}),
  };
}
