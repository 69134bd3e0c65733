import { isValid, type Numbers, type Storage } from "./column.ts";
import type { Sink } from "./sink.ts";
import type { ColumnType } from "./types.ts";

/** What a first value makes room for; a sink that adopts its memory, or stays empty, needs none. */
const smallest = 64;

const noBytes = new Uint8Array();
const noIntegers = new Int32Array();
const noDoubles = new Float64Array();

/** What the sinks over typed arrays share: growth and the bitmap of nulls. */
export abstract class TypedSink<Data extends Numbers> implements Sink {
  abstract readonly type: ColumnType;
  protected abstract readonly stored: "boolean" | "number" | "instant";
  length = 0;
  nulls = 0;
  /** Of the kind that `add` writes to, or adopted, of a narrower one perhaps. */
  protected data: Data;
  protected kind: new (length: number) => Data;
  protected valid: Uint8Array | undefined;

  /** @param empty Shared by all sinks of a kind: nothing is ever written to it. */
  constructor(empty: Data) {
    this.kind = empty.constructor as new (length: number) => Data;
    this.data = empty;
  }

  abstract add(value: unknown): boolean;

  /** Makes the array this column's memory; the next value moves it into an array that grows. */
  adopt(data: Numbers, valid: Uint8Array | undefined): this {
    // The caller has seen to it that the array fits the column.
    this.data = data as Data;
    this.length = data.length;
    if (valid) [this.valid, this.nulls] = ownBitmap(valid, data.length);
    return this;
  }

  /** Copies what another of its kind has adopted; answers false, and does nothing, where the memory is of another kind. */
  append({ data, valid, length }: this): boolean {
    const start = this.length;
    if (data.constructor !== this.data.constructor) return false;
    while (this.data.length < start + length) this.grow();
    this.data.set(data, start);
    this.length += length;
    for (let row = 0; row < length; row++) if (!isValid(valid, row)) this.#clear(start + row);
    return true;
  }

  get(row: number): unknown {
    return isValid(this.valid, row) ? this.data[row] : null;
  }

  protected addNull(): true {
    const row = this.length;
    if (row === this.data.length) this.grow();
    this.length = row + 1;
    this.#clear(row);
    return true;
  }

  #clear(row: number): void {
    this.valid ??= new Uint8Array((this.data.length + 7) >> 3).fill(255);
    this.valid[row >> 3]! &= ~(1 << (row & 7));
    this.nulls++;
  }

  protected grow(): void {
    const data = new this.kind(Math.max(smallest, this.data.length * 2));
    data.set(this.data);
    this.data = data;
    if (this.valid) {
      const valid = new Uint8Array((data.length + 7) >> 3).fill(255);
      valid.set(this.valid);
      this.valid = valid;
    }
  }

  finish(): Storage {
    const exact = this.data.length === this.length;
    return {
      kind: this.stored,
      data: exact ? this.data : this.data.slice(0, this.length),
      valid: this.valid?.slice(0, (this.length + 7) >> 3),
    } as Storage;
  }
}

export class BooleanSink extends TypedSink<Uint8Array> {
  readonly type = "boolean";
  protected readonly stored = "boolean";
  constructor() {
    super(noBytes);
  }
  add(value: unknown): boolean {
    if (value === null || value === undefined) return this.addNull();
    if (typeof value !== "boolean") return false;
    const row = this.length;
    if (row === this.data.length) this.grow();
    this.data[row] = value ? 1 : 0;
    this.length = row + 1;
    return true;
  }
  override get(row: number): unknown {
    return isValid(this.valid, row) ? this.data[row] === 1 : null;
  }
}

/** Safe integers: in 32 bits while they fit, then as doubles, which hold every one exactly. */
export class IntegerSink extends TypedSink<Int32Array | Float64Array> {
  readonly type = "integer";
  protected readonly stored = "number";
  constructor() {
    super(noIntegers);
  }
  override adopt(data: Numbers, valid: Uint8Array | undefined): this {
    if (data instanceof Uint32Array) this.kind = Float64Array;
    return super.adopt(data, valid);
  }
  add(value: unknown): boolean {
    if (value === null || value === undefined) return this.addNull();
    let number: number;
    if (typeof value === "number") number = value;
    else if (typeof value === "bigint") number = Number(value);
    else return false;
    if ((number | 0) !== number || number === 0) {
      if (!isExactInteger(number)) return false;
      if (number !== 0 && this.kind !== Float64Array) {
        this.kind = Float64Array;
        this.data = new Float64Array(this.data);
      }
    }
    const row = this.length;
    if (row === this.data.length) this.grow();
    this.data[row] = number;
    this.length = row + 1;
    return true;
  }
}

export class FloatSink extends TypedSink<Float64Array> {
  readonly type = "float";
  protected readonly stored = "number";
  constructor() {
    super(noDoubles);
  }
  add(value: unknown): boolean {
    if (value === null || value === undefined) return this.addNull();
    let number: number;
    if (typeof value === "number") number = value;
    else if (typeof value === "bigint" && isExactInteger(Number(value))) number = Number(value);
    else return false;
    const row = this.length;
    if (row === this.data.length) this.grow();
    this.data[row] = number;
    this.length = row + 1;
    return true;
  }
}

/** Dates; where the type was declared, milliseconds as well, with microseconds in their fraction. */
export class InstantSink extends TypedSink<Float64Array> {
  readonly type = "timestamp";
  protected readonly stored = "instant";
  readonly #numbers: boolean;
  constructor(numbers: boolean) {
    super(noDoubles);
    this.#numbers = numbers;
  }
  add(value: unknown): boolean {
    if (value === null || value === undefined) return this.addNull();
    let ms: number;
    if (value instanceof Date) ms = value.getTime();
    else if (this.#numbers && typeof value === "number") ms = value;
    else return false;
    const row = this.length;
    if (row === this.data.length) this.grow();
    this.data[row] = ms;
    this.length = row + 1;
    return true;
  }
  override get(row: number): unknown {
    return isValid(this.valid, row) ? new Date(Math.floor(this.data[row]!)) : null;
  }
}

/** A copy of the bitmap with the bits behind the end set, and the number of nulls; undefined where there are none. */
export function ownBitmap(bitmap: Uint8Array, length: number): [Uint8Array | undefined, number] {
  const valid = bitmap.slice(0, (length + 7) >> 3);
  if (length % 8 !== 0) valid[valid.length - 1]! |= 255 << (length % 8);
  let nulls = 0;
  for (let row = 0; row < length; row++) if (!isValid(valid, row)) nulls++;
  return nulls > 0 ? [valid, nulls] : [undefined, 0];
}

/** Whether the number is an integer that doubles tell from its neighbours; -0 is not, for 0 is another value. */
export function isExactInteger(value: unknown): value is number {
  return Number.isSafeInteger(value) && !Object.is(value, -0);
}
