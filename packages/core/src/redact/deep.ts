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
 * by its owner. A copied error keeps its class, unless the class itself shows the secret, and what its
 * getters gave, but no private fields.
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
    if (!isObject(value)) return this.#isSecret(value);
    if (this.#seen.has(value)) return false;
    this.#seen.add(value);
    if (depth > deepest) return true;
    if (!isOpen(value))
      return this.holds(value) || (typeof value !== "function" && this.prints(value, depth));
    if (types().isUint8Array(value)) return maskBytes(value, this.#maskText) !== value;
    if (Array.isArray(value)) {
      for (const item of value) if (this.finds(item, depth + 1)) return true;
      if (Object.keys(value).length === value.length) return false;
    }
    for (const pair of entriesOf(value))
      if (pair.some((item) => this.finds(item, depth + 1))) return true;
    const fields = keysOf(value).map((key) => [key, read(value, key)] as const);
    return (
      [...fields, ...inheritedOf(value)].some((pair) =>
        pair.some((item) => this.finds(item, depth + 1)),
      ) ||
      (isError(value) && this.holds(Object.getPrototypeOf(value) as object)) ||
      (printsItself(value) && this.prints(value, depth))
    );
  }

  /** Whether a value of any class shows a secret where it is printed, serialised or made a text. */
  prints(value: object, depth: number): boolean {
    this.#seen.add(value);
    try {
      const { toJSON, toString } = value as { toJSON?: unknown; toString?: unknown };
      if (typeof toJSON === "function" && this.finds(toJSON.call(value, ""), depth + 1))
        return true;
      if (typeof toString === "function" && this.#isSecret(value)) return true;
      return this.#isSecret(builtin.util.inspect(value, { depth: 3, breakLength: Infinity }));
    } catch {
      // A trap or a printer that throws: nothing is known, so nothing is shown.
      return true;
    }
  }

  /** Whether data fields hold a secret, inherited ones included; a getter of a live object may do anything. */
  holds(root: object): boolean {
    const seen = new Set<object>([root]);
    try {
      for (const value of seen) {
        if (seen.size > patience) return true;
        const bytes = bytesOf(value);
        if (bytes) {
          if (maskBytes(bytes, this.#maskText) !== bytes) return true;
          continue;
        }
        if (types().isRegExp(value) && this.#isSecret(unescaped(value.source))) return true;
        const fields = Reflect.ownKeys(value).map(
          (key) => [key, Object.getOwnPropertyDescriptor(value, key)?.value] as const,
        );
        for (const pair of [...fields, ...entriesOf(value), [Object.getPrototypeOf(value)]]) {
          for (const item of pair) {
            // Of a function its name is printed; what it leads to, prototypes and modules, is not.
            if (typeof item === "function") {
              if (this.#isSecret(item.name)) return true;
            } else if (isObject(item)) seen.add(item);
            else if (this.#isSecret(item)) return true;
          }
        }
      }
      return false;
    } catch {
      return true;
    }
  }

  #isSecret(value: unknown): boolean {
    const text = String(value);
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
    if (typeof value === "symbol") return this.#copyKey(value);
    if (!isObject(value)) {
      const text = String(value);
      return this.#maskText(text) === text ? value : mask;
    }
    if (this.#copies.has(value)) return this.#copies.get(value);
    const remember = <T>(copy: T): T => {
      this.#copies.set(value, copy);
      return copy;
    };
    if (depth > deepest) return remember("[nested too deep]");
    if (!isOpen(value)) {
      const isSecret = new Finder(this.#maskText).finds(value, depth);
      return remember(isSecret ? `[${this.#maskText(className(value))}]` : value);
    }
    if (types().isUint8Array(value)) return remember(maskBytes(value, this.#maskText));
    if (isError(value)) return this.#fill(remember(this.#blankError(value)), value, depth);
    if (Array.isArray(value)) {
      const items = remember<unknown[]>([]);
      for (const item of value) items.push(this.copy(item, depth + 1));
      return items;
    }
    if (types().isMap(value)) {
      const entries = remember(new Map<unknown, unknown>());
      for (const [key, item] of value)
        entries.set(this.copy(key, depth + 1), this.copy(item, depth + 1));
      return entries;
    }
    if (types().isSet(value)) {
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
    if (error instanceof DOMException) return new DOMException(message, this.#maskText(error.name));
    const blank = new Error(message);
    delete blank.stack;
    // A class whose name or fields are secret gives way to the one that it extends.
    let prototype = Object.getPrototypeOf(error) as object | null;
    while (prototype && new Finder(this.#maskText).holds(prototype))
      prototype = Object.getPrototypeOf(prototype) as object | null;
    return Object.setPrototypeOf(blank, prototype) as Error;
  }

  #fill(copy: object, original: object, depth: number): object {
    const define = (key: string | symbol, value: unknown, enumerable: boolean): void => {
      Object.defineProperty(copy, this.#copyKey(key), {
        value,
        enumerable,
        configurable: true,
        writable: true,
      });
    };
    for (const key of keysOf(original)) {
      const enumerable = Object.getOwnPropertyDescriptor(original, key)?.enumerable ?? false;
      define(key, this.copy(read(original, key), depth + 1), enumerable);
    }
    // What getters make of private fields, which a copy has not, or of the class that gave way.
    for (const [key, inherited] of inheritedOf(original)) {
      const value = this.copy(inherited, depth + 1);
      if (!Object.is(value, read(copy, key))) define(key, value, false);
    }
    if (printsItself(copy) && new Finder(this.#maskText).prints(copy, depth)) silence(copy);
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
  return types().isNativeError(value) || value instanceof Error;
}

function types(): typeof import("node:util/types") {
  return builtin.util.types;
}

function isObject(value: unknown): value is object {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}

/** Whether a value is plain data that can be copied; others may be live clients, sockets or streams. */
function isOpen(value: object): boolean {
  if (types().isProxy(value) || typeof value === "function") return false;
  if (isError(value) || Array.isArray(value) || types().isUint8Array(value)) return true;
  const prototype = Object.getPrototypeOf(value) as object | null;
  return (
    prototype === null ||
    prototype === Map.prototype ||
    prototype === Set.prototype ||
    // `Object.prototype`, of this realm or of another, as `node:vm` and test runners have them.
    (Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, "hasOwnProperty"))
  );
}

function keysOf(value: object): (string | symbol)[] {
  const keys = Reflect.ownKeys(value);
  if (Array.isArray(value)) return keys.filter((key) => key !== "length");
  // Recent engines keep `stack` where no own key shows it.
  return isError(value) && !keys.includes("stack") ? [...keys, "stack"] : keys;
}

/** What an error has of its classes, methods aside; other values that are copied have no class of their own. */
function inheritedOf(value: object): Map<string | symbol, unknown> {
  const fields = new Map<string | symbol, unknown>();
  if (!isError(value)) return fields;
  for (let level: object = value; (level = Object.getPrototypeOf(level) as object);)
    for (const key of Reflect.ownKeys(level)) {
      const item = key === "__proto__" || Object.hasOwn(value, key) ? undefined : read(value, key);
      if (item !== undefined && typeof item !== "function") fields.set(key, item);
    }
  return fields;
}

function entriesOf(value: object): Iterable<readonly unknown[]> {
  return types().isMap(value) || types().isSet(value) ? value.entries() : [];
}

const printers = [
  "toJSON",
  "toString",
  Symbol.toPrimitive,
  Symbol.for("nodejs.util.inspect.custom"),
];

/** Whether printing a value may run code of its own. */
function printsItself(value: object): boolean {
  return isError(value) || printers.some((key) => Object.hasOwn(value, key));
}

/** Takes a copy's code away: what is left prints as its fields. */
function silence(copy: object): void {
  for (const key of Reflect.ownKeys(copy))
    if (typeof read(copy, key) === "function")
      delete (copy as Record<string | symbol, unknown>)[key];
  Object.setPrototypeOf(copy, isError(copy) ? Error.prototype : Object.prototype);
}

function read(value: object, key: string | symbol): unknown {
  try {
    return (value as Record<string | symbol, unknown>)[key];
  } catch {
    // What cannot be read cannot be shown.
    return undefined;
  }
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

/** The bytes that a buffer or a view of one holds. */
function bytesOf(value: object): Uint8Array | undefined {
  if (ArrayBuffer.isView(value))
    return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  return types().isAnyArrayBuffer(value) ? new Uint8Array(value) : undefined;
}

/** What the source of a regular expression matches, as far as it is a plain text. */
function unescaped(source: string): string {
  return source.replace(/\\(?:x([\da-f]{2})|(.))/gi, (_, hex?: string, character?: string) =>
    hex ? String.fromCharCode(Number.parseInt(hex, 16)) : character!,
  );
}

function className(value: object): string {
  const { name } = (read(value, "constructor") ?? {}) as { name?: unknown };
  return typeof name === "string" && name !== "" ? name : "object";
}
