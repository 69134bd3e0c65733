/** An answer that is an error. https://cloud.google.com/storage/docs/json_api/v1/status-codes */
export class Failure extends Error {
  readonly status: number;
  readonly reason: string;

  constructor(status: number, reason: string, message: string) {
    super(message);
    this.status = status;
    this.reason = reason;
  }

  get body(): object {
    const { status: code, message, reason } = this;
    return { error: { code, message, errors: [{ message, domain: "global", reason }] } };
  }
}

export const noBucket = (): Failure =>
  new Failure(404, "notFound", "The specified bucket does not exist.");
export const noObject = (bucket: string, name: string): Failure =>
  new Failure(404, "notFound", `No such object: ${bucket}/${name}`);
/** To a read, whose answer has no body then. https://cloud.google.com/storage/docs/request-preconditions */
export const notModified = (): Failure => new Failure(304, "notModified", "");
export const notMet = (): Failure =>
  new Failure(
    412,
    "conditionNotMet",
    "At least one of the pre-conditions you specified did not hold.",
  );
