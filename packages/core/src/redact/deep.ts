import { builtin } from "../builtin.ts";
import { mask } from "./vault.ts";

/** Masks a text, or returns it as it is. */
export type MaskText = (text: string) => string;

// Deeper than any message; shallow enough for the call stack.
const deepest = 500;
// How much of a foreign object, such as a driver's client, is looked through before it counts as unsafe.
const patience = 2000;

/**
 * Masks secrets in everything that hangs on a value. A value without any is returned itself; one with
 * some is copied, its errors included: the original may be in use elsewhere, frozen, or thrown again
 * by its owner. A copied error keeps its prototype, and so its class, but no private fields.
 */
export function redactDeep(value: unknown, maskText: MaskText): unknown {
  const secretsIn = new Finder(maskText);
  return secretsIn.finds(value, 0) ? new Copier(maskText).copy(value, 0) : value;
}

/** Looks for a secret anywhere in a value. */
class Finder {
  readonly #maskText: MaskText;
  readonly #seen = new Set<object>();

  constructor(maskText: MaskText) {
    this.#maskText = maskText;
  }

  finds(value: unknown, depth: number): boolean {
    if (typeof value === "string") return this.#isSecret(value);
    if (typeof value === "number" || typeof value === "bigint" || typeof value === "symbol")
      return this.#isSecret(String(value));
    if (!isObject(value) || this.#seen.has(value)) return false;
    this.#seen.add(value);
    if (depth > deepest) return true;
    if (!isOpen(value)) return showsSecret(value, this.#maskText);
    if (value instanceof Uint8Array) return maskBytes(value, this.#maskText) !== value;
    if (Array.isArray(value)) {
      for (const item of value) if (this.finds(item, depth + 1)) return true;
      if (Object.keys(value).length === value.length) return false;
    }
    if (value instanceof Map || value instanceof Set) {
      for (const [key, item] of value.entries()) {
        if (this.finds(key, depth + 1) || this.finds(item, depth + 1)) return true;
      }
    }
    return keysOf(value).some(
      (key) => this.finds(key, depth + 1) || this.finds(read(value, key), depth + 1),
    );
  }

  #isSecret(text: string): boolean {
    return this.#maskText(text) !== text;
  }
}

/** Copies a value, with its secrets masked. */
class Copier {
  readonly #maskText: MaskText;
  readonly #copies = new Map<object, unknown>();

  constructor(maskText: MaskText) {
    this.#maskText = maskText;
  }

  copy(value: unknown, depth: number): unknown {
    if (typeof value === "string") return this.#maskText(value);
    if (typeof value === "number" || typeof value === "bigint") {
      return this.#maskText(String(value)) === String(value) ? value : mask;
    }
    if (typeof value === "symbol") return this.#copyKey(value);
    if (!isObject(value)) return value;
    if (this.#copies.has(value)) return this.#copies.get(value);
    const remember = <T>(copy: T): T => {
      this.#copies.set(value, copy);
      return copy;
    };
    if (depth > deepest) return remember("[nested too deep]");
    if (!isOpen(value))
      return remember(showsSecret(value, this.#maskText) ? `[${className(value)}]` : value);
    if (value instanceof Uint8Array) return remember(maskBytes(value, this.#maskText));
    if (isError(value)) return this.#fill(remember(this.#blankError(value)), value, depth);
    if (Array.isArray(value)) {
      const items = remember<unknown[]>([]);
      for (const item of value) items.push(this.copy(item, depth + 1));
      return items;
    }
    if (value instanceof Map) {
      const entries = remember(new Map<unknown, unknown>());
      for (const [key, item] of value)
        entries.set(this.copy(key, depth + 1), this.copy(item, depth + 1));
      return entries;
    }
    if (value instanceof Set) {
      const items = remember(new Set<unknown>());
      for (const item of value) items.add(this.copy(item, depth + 1));
      return items;
    }
    return this.#fill(
      remember(Object.create(Object.getPrototypeOf(value) as object | null) as object),
      value,
      depth,
    );
  }

  /** A real error, which tools recognise, of the original's class. */
  #blankError(error: Error): Error {
    const original = read(error, "message");
    const message = typeof original === "string" ? this.#maskText(original) : "";
    if (error instanceof DOMException) return new DOMException(message, error.name);
    const blank = new Error(message);
    delete blank.stack;
    return Object.setPrototypeOf(blank, Object.getPrototypeOf(error) as object) as Error;
  }

  #fill(copy: object, original: object, depth: number): object {
    for (const key of keysOf(original)) {
      const enumerable = Object.getOwnPropertyDescriptor(original, key)?.enumerable ?? false;
      const value = this.copy(read(original, key), depth + 1);
      Object.defineProperty(copy, this.#copyKey(key), {
        value,
        enumerable,
        configurable: true,
        writable: true,
      });
    }
    return copy;
  }

  #copyKey(key: string | symbol): string | symbol {
    const name = typeof key === "symbol" ? (key.description ?? "") : key;
    const masked = this.#maskText(name);
    if (masked === name) return key;
    return typeof key === "symbol" ? Symbol(masked) : masked;
  }
}

/** Errors of the language, of other realms, of the platform (`DOMException`), and of old libraries. */
function isError(value: object): value is Error {
  return builtin.util.types.isNativeError(value) || value instanceof Error;
}

function isObject(value: unknown): value is object {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}

/** Whether a value is plain data that can be copied; others may be live clients, sockets or streams. */
function isOpen(value: object): boolean {
  if (builtin.util.types.isProxy(value) || typeof value === "function") return false;
  if (isError(value) || Array.isArray(value) || value instanceof Uint8Array) return true;
  const prototype: unknown = Object.getPrototypeOf(value);
  return (
    prototype === null ||
    prototype === Object.prototype ||
    prototype === Map.prototype ||
    prototype === Set.prototype ||
    isPlainElsewhere(prototype)
  );
}

/** The prototype of plain objects of another realm, as `node:vm` and test runners have them. */
function isPlainElsewhere(prototype: unknown): boolean {
  return (
    isObject(prototype) &&
    Object.getPrototypeOf(prototype) === null &&
    Object.hasOwn(prototype, "hasOwnProperty")
  );
}

function keysOf(value: object): (string | symbol)[] {
  const keys = Reflect.ownKeys(value);
  if (Array.isArray(value)) return keys.filter((key) => key !== "length");
  // Recent engines keep `stack` where no own key shows it.
  return isError(value) && !keys.includes("stack") ? [...keys, "stack"] : keys;
}

function read(value: object, key: string | symbol): unknown {
  try {
    return (value as Record<string | symbol, unknown>)[key];
  } catch {
    // What cannot be read cannot be shown.
    return undefined;
  }
}

/** Whether a foreign object holds a secret in its own fields, or shows one when printed. */
function showsSecret(value: object, maskText: MaskText): boolean {
  try {
    if (holdsSecret(value, maskText)) return true;
    if (typeof value === "function") return false;
    const shown = builtin.util.inspect(value, {
      depth: 3,
      maxArrayLength: 100,
      maxStringLength: 10_000,
      breakLength: Infinity,
    });
    return maskText(shown) !== shown;
  } catch {
    // A trap or an inspector that throws: nothing is known, so nothing is shown.
    return true;
  }
}

/** Own data fields only: a getter of a live object may do anything. */
function holdsSecret(root: object, maskText: MaskText): boolean {
  const seen = new Set<object>([root]);
  for (const value of seen) {
    if (seen.size > patience) return true;
    if (value instanceof Uint8Array) {
      if (maskBytes(value, maskText) !== value) return true;
      continue;
    }
    if (ArrayBuffer.isView(value)) continue;
    const entries: Iterable<readonly [unknown, unknown]> =
      value instanceof Map || value instanceof Set ? value.entries() : [];
    const fields = Reflect.ownKeys(value).map(
      (key) => [key, Object.getOwnPropertyDescriptor(value, key)?.value] as const,
    );
    for (const pair of [...fields, ...entries]) {
      for (const item of pair) {
        if (isObject(item)) {
          // Functions lead to prototypes and modules, which nothing prints.
          if (typeof item !== "function") seen.add(item);
        } else if (item !== undefined && item !== null && maskText(String(item)) !== String(item))
          return true;
      }
    }
  }
  return false;
}

/** The same bytes where they hold no secret, read as UTF-8 or as UTF-16, which SQL Server speaks. */
function maskBytes(bytes: Uint8Array, maskText: MaskText): Uint8Array {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const text = buffer.toString("utf8");
  let masked = maskText(text);
  if (masked === text) {
    const wide = [buffer, buffer.subarray(1)].map((part) => part.toString("utf16le"));
    if (wide.every((part) => maskText(part) === part)) return bytes;
    masked = mask;
  }
  const copy = Buffer.from(masked);
  return Buffer.isBuffer(bytes) ? copy : new Uint8Array(copy);
}

function className(value: object): string {
  const prototype: unknown = builtin.util.types.isProxy(value)
    ? undefined
    : Object.getPrototypeOf(value);
  const name = isObject(prototype)
    ? (read(prototype, "constructor") as { name?: unknown } | undefined)?.name
    : undefined;
  return typeof name === "string" && name !== "" ? name : "object";
}
