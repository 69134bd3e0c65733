import { setOwn } from "./values.ts";

/** Thrown inside of this file's classes alone: the value cannot be written, or the bytes cannot be read. */
export class Unreadable extends Error {}

/** What stands before each value. Numbers are part of the format: never change one, only add. */
const tag = {
  null: 0,
  undefined: 1,
  false: 2,
  true: 3,
  int32: 4,
  float64: 5,
  bigint: 6,
  text: 7,
  // Text with half a surrogate pair, which UTF-8 cannot hold.
  text16: 8,
  date: 9,
  bytes: 10,
  buffer: 11,
  array: 12,
  object: 13,
  bareObject: 14,
  map: 15,
  set: 16,
  typed: 17,
  extension: 18,
} as const;

const typedArrays = [
  Int8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
] as const;

/** Deeper values are refused, and so are those that hold themselves. */
const deepest = 1500;

/** Turns one kind of object into plain values and back. */
export interface Extension {
  /** `undefined` where the object is not of this kind. */
  pack(value: object): unknown;
  /** Throws where the plain values are not what `pack` makes. */
  unpack(value: unknown): unknown;
}

/** Writes values one after the other; whatever is no data (functions, class instances) is `Unreadable`. */
export class Writer {
  #buffer = Buffer.allocUnsafe(1024);
  #at = 0;
  readonly #extension: Extension;

  constructor(extension: Extension) {
    this.#extension = extension;
  }

  bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.#at);
  }

  value(value: unknown, depth = 0): void {
    switch (typeof value) {
      case "undefined":
        return this.#byte(tag.undefined);
      case "boolean":
        return this.#byte(value ? tag.true : tag.false);
      case "number":
        return this.#number(value);
      case "bigint":
        this.#byte(tag.bigint);
        return this.#text(String(value));
      case "string":
        return this.#string(value);
      case "object":
        return value === null ? this.#byte(tag.null) : this.#object(value, depth);
      case "function":
      case "symbol":
        throw new Unreadable();
    }
  }

  #object(value: object, depth: number): void {
    if (depth > deepest) throw new Unreadable();
    if (Array.isArray(value)) return this.#items(tag.array, value, depth);
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype === Object.prototype || prototype === null) {
      const entries = Object.entries(value);
      this.#count(prototype === null ? tag.bareObject : tag.object, entries.length);
      for (const [key, item] of entries) {
        this.#string(key);
        this.value(item, depth + 1);
      }
    } else if (value instanceof Date) {
      this.#float(tag.date, value.getTime());
    } else if (value instanceof Uint8Array) {
      this.#raw(Buffer.isBuffer(value) ? tag.buffer : tag.bytes, value);
    } else if (value instanceof Map) {
      this.#items(tag.map, [...value].flat(1), depth);
    } else if (value instanceof Set) {
      this.#items(tag.set, [...value], depth);
    } else if (ArrayBuffer.isView(value)) {
      const index = typedArrays.findIndex((Typed) => value instanceof Typed);
      if (index < 0) throw new Unreadable();
      this.#byte(tag.typed);
      this.#raw(index, new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
    } else {
      const packed = this.#extension.pack(value);
      if (packed === undefined) throw new Unreadable();
      this.#byte(tag.extension);
      this.value(packed, depth + 1);
    }
  }

  #items(kind: number, items: readonly unknown[], depth: number): void {
    this.#count(kind, items.length);
    for (const item of items) this.value(item, depth + 1);
  }

  #number(value: number): void {
    if ((value | 0) !== value || Object.is(value, -0)) return this.#float(tag.float64, value);
    this.#byte(tag.int32);
    this.#reserve(4);
    this.#at = this.#buffer.writeInt32LE(value, this.#at);
  }

  #float(kind: number, value: number): void {
    this.#byte(kind);
    this.#reserve(8);
    this.#at = this.#buffer.writeDoubleLE(value, this.#at);
  }

  #string(value: string): void {
    const wellFormed = (value as unknown as { isWellFormed(): boolean }).isWellFormed();
    this.#byte(wellFormed ? tag.text : tag.text16);
    this.#text(value, wellFormed ? "utf8" : "utf16le");
  }

  #text(value: string, encoding: BufferEncoding = "utf8"): void {
    this.#reserve(4 + value.length * 3);
    const length = this.#buffer.write(value, this.#at + 4, encoding);
    this.#at = this.#buffer.writeUInt32LE(length, this.#at) + length;
  }

  #raw(kind: number, bytes: Uint8Array): void {
    this.#count(kind, bytes.length);
    this.#reserve(bytes.length);
    this.#buffer.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  #count(kind: number, count: number): void {
    this.#byte(kind);
    this.#reserve(4);
    this.#at = this.#buffer.writeUInt32LE(count, this.#at);
  }

  #byte(value: number): void {
    this.#reserve(1);
    this.#buffer[this.#at++] = value;
  }

  #reserve(bytes: number): void {
    const needed = this.#at + bytes;
    if (needed <= this.#buffer.length) return;
    const grown = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2));
    grown.set(this.bytes());
    this.#buffer = grown;
  }
}

/** Reads what `Writer` wrote. It makes data alone, trusts no length, and no key of it reaches a prototype. */
export class Reader {
  readonly #buffer: Buffer;
  #at = 0;
  readonly #extension: Extension;

  constructor(bytes: Uint8Array, extension: Extension) {
    this.#buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#extension = extension;
  }

  /** The one value that the bytes hold, all of them. */
  whole(): unknown {
    const value = this.#value(0);
    if (this.#at !== this.#buffer.length) throw new Unreadable();
    return value;
  }

  #value(depth: number): unknown {
    if (depth > deepest + 1) throw new Unreadable();
    const kind = this.#buffer[this.#take(1)]!;
    switch (kind) {
      case tag.null:
        return null;
      case tag.undefined:
        return undefined;
      case tag.false:
        return false;
      case tag.true:
        return true;
      case tag.int32:
        return this.#buffer.readInt32LE(this.#take(4));
      case tag.float64:
        return this.#buffer.readDoubleLE(this.#take(8));
      case tag.bigint:
        return BigInt(this.#text("latin1"));
      case tag.text:
        return this.#text("utf8");
      case tag.text16:
        return this.#text("utf16le");
      case tag.date:
        return new Date(this.#buffer.readDoubleLE(this.#take(8)));
      case tag.bytes:
        return this.#raw();
      case tag.buffer:
        return Buffer.from(this.#raw().buffer);
      case tag.array:
        return this.#items(depth);
      case tag.object:
        return this.#object({}, depth);
      case tag.bareObject:
        return this.#object(Object.create(null) as object, depth);
      case tag.map: {
        const items = this.#items(depth);
        if (items.length % 2 !== 0) throw new Unreadable();
        return new Map(
          items.flatMap((key, index) => (index % 2 === 0 ? [[key, items[index + 1]]] : [])),
        );
      }
      case tag.set:
        return new Set(this.#items(depth));
      case tag.typed: {
        const Typed = typedArrays[this.#buffer[this.#take(1)]!];
        const bytes = this.#raw();
        if (!Typed || bytes.length % Typed.BYTES_PER_ELEMENT !== 0) throw new Unreadable();
        return new Typed(bytes.buffer);
      }
      case tag.extension:
        return this.#extension.unpack(this.#value(depth + 1));
      default:
        throw new Unreadable();
    }
  }

  #items(depth: number): unknown[] {
    const count = this.#count();
    const items: unknown[] = [];
    for (let index = 0; index < count; index++) items.push(this.#value(depth + 1));
    return items;
  }

  #object(object: object, depth: number): object {
    for (let count = this.#count(); count > 0; count--) {
      const key = this.#value(depth + 1);
      if (typeof key !== "string") throw new Unreadable();
      setOwn(object, key, this.#value(depth + 1));
    }
    return object;
  }

  #text(encoding: BufferEncoding): string {
    const length = this.#count();
    const from = this.#take(length);
    return this.#buffer.toString(encoding, from, from + length);
  }

  /** A copy, so that one small value does not keep a whole entry alive. */
  #raw(): Uint8Array<ArrayBuffer> {
    const length = this.#count();
    const from = this.#take(length);
    const copy = new Uint8Array(length);
    copy.set(this.#buffer.subarray(from, from + length));
    return copy;
  }

  #count(): number {
    const count = this.#buffer.readUInt32LE(this.#take(4));
    // Every item takes a byte at least, so a forged count cannot make us reserve memory.
    if (count > this.#buffer.length - this.#at) throw new Unreadable();
    return count;
  }

  #take(bytes: number): number {
    const from = this.#at;
    if (bytes > this.#buffer.length - from) throw new Unreadable();
    this.#at = from + bytes;
    return from;
  }
}
