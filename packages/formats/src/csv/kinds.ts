import { instantOf } from "@conn/core/toolkit";

/** What the text of a CSV cell can mean. `null` is a column that nothing is known of yet. */
export type Kind =
  | "null"
  | "boolean"
  | "integer"
  | "bigint"
  | "float"
  | "date"
  | "time"
  | "timestamp"
  | "datetime"
  | "string";

const integer = /^-?(?:0|[1-9]\d*)$/;
// Leading zeros are what makes a number a name: a postal code, an article.
const float = /^-?(?:(?:0|[1-9]\d*)(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?$/;
const notFinite = /^(?:nan|[-]?inf(?:inity)?)$/i;
const boolean = /^(?:true|false|True|False|TRUE|FALSE)$/;
const date = /^\d{4}-\d\d-\d\d$/;
const time = /^(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,6})?$/;
const moment =
  /^(\d{4}-\d\d-\d\d)[T ](?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,6})?)?(Z|[+-](?:[01]\d|2[0-3])(?::?[0-5]\d)?)?$/;

/** What one cell's text means by itself. */
export function classify(text: string): Kind {
  if (text === "") return "null";
  if (integer.test(text) && text !== "-0") {
    if (text.length < 16) return "integer";
    const value = BigInt(text);
    if (BigInt.asIntN(64, value) !== value) return "string";
    return Number.isSafeInteger(Number(value)) ? "integer" : "bigint";
  }
  // A double would make of 1e400, which may be an article's number, an infinity.
  if (float.test(text)) return Number.isFinite(Number(text)) ? "float" : "string";
  if (notFinite.test(text)) return "float";
  if (boolean.test(text)) return "boolean";
  if (date.test(text)) return isDay(text) ? "date" : "string";
  if (time.test(text)) return "time";
  const parts = moment.exec(text);
  if (parts && isDay(parts[1]!)) return parts[2] ? "timestamp" : "datetime";
  return "string";
}

/** The narrowest kind that holds both without changing a value. */
export function join(one: Kind, other: Kind): Kind {
  if (one === other || other === "null") return one;
  if (one === "null") return other;
  const pair = new Set([one, other]);
  if (pair.has("integer") && pair.has("float")) return "float";
  if (pair.has("integer") && pair.has("bigint")) return "bigint";
  return "string";
}

/** The number that text of kind `float` or `integer` means. */
export function numberOf(text: string): number {
  if (!notFinite.test(text)) return Number(text);
  if (text.length === 3 && text[0]!.toLowerCase() === "n") return NaN;
  return text[0] === "-" ? -Infinity : Infinity;
}

/** Milliseconds since 1970, with microseconds in the fraction, of text of kind `timestamp`. */
export function textInstant(text: string): number {
  const parts = /^(.{10})[T ](\d\d:\d\d)(:\d\d)?(\.\d+)?(Z|([+-]\d\d):?(\d\d)?)$/.exec(text)!;
  const [, day, minute, second = ":00", fraction = "", zone, hours = "", minutes = "00"] = parts;
  const offset = zone === "Z" ? "Z" : `${hours}:${minutes}`;
  const [milli, micro] = [fraction.slice(1, 4), fraction.slice(4)];
  return instantOf(
    Date.parse(`${day}T${minute}${second}.${milli.padEnd(3, "0")}${offset}`),
    Number(micro.padEnd(3, "0")) / 1000,
  );
}

/** Whether there is such a day: no 30th of February. */
function isDay(text: string): boolean {
  const ms = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(ms) && new Date(ms).getUTCDate() === Number(text.slice(8, 10));
}
