import { ConnError } from "../errors.ts";

const deepest = 1000;

/**
 * A copy that shares nothing mutable with `value`, made of what a table can keep: primitives, arrays,
 * plain objects, Date, Map, Set and Uint8Array. Other objects are read by `toJSON` or by their own properties.
 */
export function copyValue(value: unknown, depth = 0): unknown {
  if (typeof value !== "object" || value === null) {
    if (typeof value === "function" || typeof value === "symbol") {
      throw new ConnError("CONN_ARGUMENT", `A cell cannot be a ${typeof value}.`, {
        hint: "Call it, or leave it out.",
      });
    }
    return value === undefined && depth === 0 ? null : value;
  }
  if (depth > deepest) {
    throw new ConnError(
      "CONN_ARGUMENT",
      `A cell is nested deeper than ${deepest} levels, or holds itself.`,
      {
        hint: "Make it flatter, or a text.",
      },
    );
  }
  if (Array.isArray(value)) return copyItems(value, depth);
  if (value instanceof Date) return new Date(value);
  if (value instanceof Uint8Array) return new Uint8Array(value);
  if (value instanceof ArrayBuffer) return new Uint8Array(value.slice(0));
  if (ArrayBuffer.isView(value)) {
    return value instanceof DataView
      ? new Uint8Array(value.buffer.slice(value.byteOffset, value.byteOffset + value.byteLength))
      : Array.from(value as unknown as ArrayLike<unknown>);
  }
  if (value instanceof Map) {
    return new Map(copyItems([...value], depth) as [unknown, unknown][]);
  }
  if (value instanceof Set) return new Set(copyItems([...value], depth));
  if (!isPlain(value) && "toJSON" in value && typeof value.toJSON === "function") {
    return copyValue((value.toJSON as () => unknown)(), depth + 1) ?? null;
  }
  const copy: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    setOwn(copy, key, copyValue((value as Record<string, unknown>)[key], depth + 1));
  }
  return copy;
}

/** Assigns an own property even where the name is `__proto__`. */
export function setOwn(target: object, key: string, value: unknown): void {
  if (key === "__proto__") {
    Object.defineProperty(target, key, {
      value,
      writable: true,
      enumerable: true,
      configurable: true,
    });
  } else {
    (target as Record<string, unknown>)[key] = value;
  }
}

/** Bytes of memory that a value takes on a 64-bit machine, rounded up. */
export function sizeOf(value: unknown): number {
  if (typeof value === "string") return 32 + 2 * value.length;
  if (typeof value === "bigint") return 32;
  if (typeof value !== "object") return 16;
  if (value === null) return 8;
  if (value instanceof Uint8Array) return 128 + value.byteLength;
  if (value instanceof Date) return 96;
  if (value instanceof Map) return 64 + sizeOf([...value.keys()]) + sizeOf([...value.values()]);
  if (value instanceof Set) return 64 + sizeOf([...value]);
  let bytes = 40;
  for (const key in value) bytes += 8 + sizeOf((value as Record<string, unknown>)[key]);
  return bytes;
}

export function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

function copyItems(items: readonly unknown[], depth: number): unknown[] {
  return items.map((item) => copyValue(item, depth + 1));
}
