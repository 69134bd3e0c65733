import { ConnError } from "../errors.ts";
import type { SqlDialect } from "./dialect.ts";

/** Half of a pair of UTF-16 code units, which has no form in UTF-8. */
export const loneSurrogate: RegExp = /\p{Surrogate}/u;

/**
 * The value as it may go to a driver: drivers store some of what is refused here as NULL, as text or
 * cut off, without a word.
 *
 * @param label How the message names the placeholder; the value itself is never shown.
 * @throws CONN_PARAMS
 */
export function checkValue(value: unknown, label: string, facts: SqlDialect): unknown {
  switch (typeof value) {
    case "string":
      if (loneSurrogate.test(value))
        throw refused(
          label,
          "text with half a surrogate pair, which UTF-8 cannot store",
          "Repair it: text.toWellFormed().",
        );
      return value;
    case "number":
      if (!Number.isFinite(value))
        throw refused(label, `${value}`, "Pass null where there is no number.");
      return value;
    case "bigint":
      if (!hasBits(value, facts))
        throw refused(label, "a bigint beyond 64 bits", "Pass it as text: String(value).");
      return value;
    case "boolean":
      return value;
    case "undefined":
      throw refused(label, "undefined", "Pass null for a missing value.");
    case "symbol":
    case "function":
      throw refused(
        label,
        `a ${typeof value}`,
        "Pass text, a number, a bigint, a boolean, a Date, bytes or null.",
      );
    case "object":
      return value === null ? null : checkObject(value, label, facts);
    default:
      return value;
  }
}

function hasBits(value: bigint, { unsignedIntegers = false }: SqlDialect): boolean {
  if (BigInt.asIntN(64, value) === value) return true;
  return unsignedIntegers && BigInt.asUintN(64, value) === value;
}

function checkObject(value: object, label: string, facts: SqlDialect): unknown {
  if (value instanceof Date) {
    if (Number.isNaN(value.getTime()))
      throw refused(label, "an invalid Date", "Check what it was made from.");
    return new Date(value);
  }
  // Copied, as all that can change is: the call is still to be sent when its caller goes on.
  if (value instanceof Uint8Array) return new Uint8Array(value);
  if (Array.isArray(value)) {
    if (facts.arrays)
      return value.map((item, index) => checkValue(item, `${label}, item ${index + 1}`, facts));
    throw refused(
      label,
      "an array outside of `IN (…)`",
      "Store a list as JSON.stringify(list), or write: where name in (:names).",
    );
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    throw refused(
      label,
      `an instance of ${value.constructor?.name || "a class without a name"}`,
      "Pass text, a number, a bigint, a boolean, a Date, a Uint8Array or null.",
    );
  }
  if (!facts.json)
    throw refused(
      label,
      "an object",
      `${facts.title} has no type for it: pass one of its members, or JSON.stringify(object).`,
    );
  return toJson(value, label);
}

/** Of other objects, such as a Map or bytes, JSON would keep nothing, or something else. */
const jsonTags: ReadonlySet<string> = new Set(
  ["Object", "Array", "String", "Number", "Boolean"].map((name) => `[object ${name}]`),
);
const { toString } = Object.prototype;

function toJson(value: object, label: string): string {
  try {
    const text = JSON.stringify(value, (_key, item: unknown) => {
      if (
        typeof item === "bigint" ||
        typeof item === "function" ||
        typeof item === "symbol" ||
        (typeof item === "number" && !Number.isFinite(item)) ||
        (typeof item === "object" && item !== null && !jsonTags.has(toString.call(item)))
      ) {
        throw refused(
          label,
          "an object with something in it that JSON cannot hold",
          "Put numbers, text, booleans, null, arrays and objects into it.",
        );
      }
      return item;
    }) as string | undefined;
    // An object may have a toJSON of its own that gives nothing.
    return text ?? "null";
  } catch (error) {
    if (error instanceof ConnError) throw error;
    throw refused(label, "an object that contains itself", "Pass a tree of plain values.");
  }
}

function refused(label: string, what: string, hint: string): ConnError {
  return new ConnError("CONN_PARAMS", `The value for ${label} is ${what}.`, { hint });
}
