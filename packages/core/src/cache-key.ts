import { builtin } from "./builtin.ts";
import { ConnError } from "./errors.ts";

/** One call as the cache sees it: the method and every argument that changes its result. */
export interface CallKey {
  readonly method: string;
  readonly args: readonly unknown[];
}

/**
 * One text for equal values and different texts for different values, whatever the order of keys.
 * Covers what structured data is made of; anything whose equality cannot be told is refused.
 *
 * @throws CONN_ARGUMENT for functions, symbols, cycles and instances of unknown classes.
 */
export function canonical(value: unknown, identify: Identify = refuse): string {
  return write(value, { ancestors: [], identify });
}

/** Names a function, a symbol or an instance of an unknown class by what it is. */
export type Identify = (value: object | symbol) => string;

interface Walk {
  readonly ancestors: object[];
  readonly identify: Identify;
}

/** The sha256 of a text, as hex. */
export function digest(text: string): string {
  return builtin.crypto.createHash("sha256").update(text).digest("hex");
}

function write(value: unknown, walk: Walk): string {
  switch (typeof value) {
    case "string":
      return JSON.stringify(value);
    case "number":
      return Object.is(value, -0) ? "-0" : String(value);
    case "bigint":
      return `${value}n`;
    case "boolean":
    case "undefined":
      return String(value);
    case "object":
      return value === null ? "null" : writeObject(value, walk);
    default:
      return walk.identify(value as object | symbol);
  }
}

function writeObject(value: object, walk: Walk): string {
  const { ancestors } = walk;
  if (value instanceof Date) return `Date(${value.getTime()})`;
  if (value instanceof URL) return `URL(${JSON.stringify(value.href)})`;
  if (value instanceof RegExp) return `RegExp(${JSON.stringify(String(value))})`;
  if (ArrayBuffer.isView(value)) {
    const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
    // A Buffer and a Uint8Array of the same bytes are the same argument to every source.
    const kind = value instanceof Uint8Array ? "Uint8Array" : value.constructor.name;
    return `${kind}(${bytes.length > 64 ? digest(bytes.toString("latin1")) : bytes.toString("hex")}:${bytes.length})`;
  }
  if (ancestors.includes(value)) throw notAKey("a value that contains itself");
  ancestors.push(value);
  try {
    if (Array.isArray(value)) return `[${Array.from(value, (item) => write(item, walk)).join()}]`;
    if (value instanceof Set) return `Set(${[...value].map((item) => write(item, walk)).join()})`;
    if (value instanceof Map) return `Map(${[...value].map((pair) => write(pair, walk)).join()})`;
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype !== Object.prototype && prototype !== null) {
      return walk.identify(value);
    }
    const entries = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
    return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${write(item, walk)}`).join()}}`;
  } finally {
    ancestors.pop();
  }
}

function refuse(value: object | symbol): never {
  if (typeof value !== "object") throw notAKey(`a ${typeof value}`);
  throw notAKey(`an instance of ${value.constructor.name || "an unnamed class"}`);
}

function notAKey(what: string): ConnError {
  return new ConnError("CONN_ARGUMENT", `The call cannot be cached: an argument holds ${what}.`, {
    hint: "Pass plain data, or `ttl: 0` to run this call without the cache.",
  });
}
