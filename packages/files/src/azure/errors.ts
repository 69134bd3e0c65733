import {
  type Failure,
  type FailureKind,
  kindOfStatus,
  retryAfter,
  StoreFailure,
} from "../failure.ts";

/** https://learn.microsoft.com/en-us/rest/api/storageservices/blob-service-error-codes */
const kinds: Readonly<Record<string, FailureKind>> = {
  BlobNotFound: "missing",
  ResourceNotFound: "missing",
  ContainerNotFound: "no container",
  ContainerBeingDeleted: "no container",
  AuthenticationFailed: "bad credentials",
  InvalidAuthenticationInfo: "bad credentials",
  NoAuthenticationInformation: "no credentials",
  AuthorizationFailure: "forbidden",
  AuthorizationPermissionMismatch: "forbidden",
  InsufficientAccountPermissions: "forbidden",
  PublicAccessNotPermitted: "no credentials",
  BlobAlreadyExists: "exists",
  ConditionNotMet: "changed",
  TargetConditionNotMet: "changed",
  SourceConditionNotMet: "changed",
  CannotVerifyCopySource: "missing",
  InvalidRange: "changed",
  // The blocks of an upload go when another one of the same blob is committed.
  InvalidBlockList: "changed",
  ServerBusy: "throttled",
  OperationTimedOut: "server",
  InternalError: "server",
};

interface AzureError extends Error {
  readonly code?: string;
  readonly statusCode?: number;
  readonly details?: { readonly authenticationErrorDetail?: string };
  readonly response?: { readonly headers?: { get(name: string): string | undefined } };
}

/** What an error of the SDK means. A HEAD's has no code of its own: the header has. */
export function failureOf(error: unknown): Failure | undefined {
  if (error instanceof StoreFailure) return error.failure;
  if (!(error instanceof Error)) return undefined;
  const { name, message, code: own, statusCode, details, response } = error as AzureError;
  if (/^(CredentialUnavailableError|AggregateAuthenticationError)$/.test(name))
    return { kind: "no credentials", code: name, message: firstLine(message) };
  if (name === "AuthenticationRequiredError" || /AADSTS7000222|AADSTS700082|expired/i.test(message))
    return { kind: "expired credentials", code: name, message: firstLine(message) };
  if (statusCode === undefined) return undefined;
  const header = (key: string): string | undefined => response?.headers?.get(key);
  const code = header("x-ms-error-code") ?? own;
  const detail = details?.authenticationErrorDetail ?? "";
  const known = code !== undefined && Object.hasOwn(kinds, code) ? kinds[code] : undefined;
  return {
    kind: skewOf(detail) ?? known ?? kindOfStatus(statusCode),
    status: statusCode,
    code,
    message: firstLine(message) || `status ${statusCode}`,
    requestId: header("x-ms-request-id"),
    retryAfter: retryAfter(header("retry-after")),
  };
}

/** What a failed login says of times. */
function skewOf(detail: string): FailureKind | undefined {
  if (/date header .*too old|Request date/i.test(detail)) return "clock skew";
  return /not valid in the specified time frame/i.test(detail) ? "expired credentials" : undefined;
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0]!;
}
