import { isValid, type Numbers, type Storage } from "./column.ts";
import type { ColumnType } from "./types.ts";
import { copyValue, isPlain } from "./values.ts";

/**
 * Collects one column's cells. `add` answers false, and changes nothing, where the value does not fit;
 * the column then goes on in a wider sink.
 */
export interface Sink {
  readonly type: ColumnType;
  readonly length: number;
  readonly nulls: number;
  add(value: unknown): boolean;
  /** The cell as it would be added to another sink. */
  get(row: number): unknown;
  finish(): Storage;
}

/** The sink a column starts in. */
export function firstSink(declared: ColumnType | undefined): Sink {
  return declared ? newSink(declared, true) : new NullSink();
}

/** A sink that holds all that `sink` holds and `value` besides, losing nothing of either. */
export function widen(sink: Sink, declared: ColumnType | undefined, value: unknown): Sink {
  for (const wider of widerSinks(sink, declared, value)) {
    let row = 0;
    while (row < sink.length && wider.add(sink.get(row))) row++;
    if (row === sink.length && wider.add(value)) return wider;
  }
  throw new TypeError("A column of unknown type takes every value.");
}

/**
 * A sink that takes a typed array over without copying it, where its values are all what the column's type
 * promises; else undefined.
 */
export function adoptingSink(
  declared: ColumnType | undefined,
  values: ArrayLike<unknown>,
  valid: Uint8Array | undefined,
  length: number,
): Sink | undefined {
  if (length === 0) return undefined;
  if (values instanceof BigInt64Array) {
    // Safe integers are to be numbers, which the integer sink makes of them.
    const unsafe = values.some((value) => BigInt.asIntN(54, value) !== value);
    if (!unsafe || (declared && declared !== "integer")) return undefined;
    return new BigIntegerSink().adopt(values.subarray(0, length), valid);
  }
  if (!isNumbers(values)) return undefined;
  const fractions = values instanceof Float32Array || values instanceof Float64Array;
  const type = declared ?? (fractions ? "float" : "integer");
  const sink = newSink(type, true);
  const fit =
    sink instanceof FloatSink ||
    (sink instanceof IntegerSink && !fractions) ||
    (sink instanceof InstantSink && values instanceof Float64Array) ||
    (sink instanceof BooleanSink && values instanceof Uint8Array);
  return fit ? sink.adopt(values.subarray(0, length), valid) : undefined;
}

function* widerSinks(
  sink: Sink,
  declared: ColumnType | undefined,
  value: unknown,
): Generator<Sink> {
  if (sink.nulls === sink.length) {
    if (declared) yield newSink(declared, true);
    yield newSink(inferType(value));
    yield new BigIntegerSink();
  } else if (sink instanceof IntegerSink) {
    yield new FloatSink();
    yield new BigIntegerSink();
  } else if (sink instanceof ObjectSink && sink.type === "list") {
    yield new ObjectSink("json");
  }
  yield new ObjectSink("unknown");
}

/** `numbers`: whether a timestamp may come as a number of milliseconds. */
function newSink(type: ColumnType, numbers = false): Sink {
  switch (type) {
    case "boolean":
      return new BooleanSink();
    case "integer":
      return new IntegerSink();
    case "float":
      return new FloatSink();
    case "timestamp":
      return new InstantSink(numbers);
    case "string":
    case "decimal":
    case "date":
    case "time":
    case "datetime":
    case "interval":
    case "uuid":
      return new TextSink(type);
    case "bytes":
    case "json":
    case "list":
    case "unknown":
      return new ObjectSink(type);
  }
}

function inferType(value: unknown): ColumnType {
  if (typeof value === "number") return isExactInteger(value) ? "integer" : "float";
  if (typeof value === "bigint") return "integer";
  if (typeof value === "boolean") return "boolean";
  if (typeof value === "string") return "string";
  if (value instanceof Date) return "timestamp";
  if (isBytes(value)) return "bytes";
  if (isList(value)) return "list";
  return isJson(value) ? "json" : "unknown";
}

/** Columns that nothing is known of yet: nulls only. */
class NullSink implements Sink {
  readonly type = "unknown";
  length = 0;
  get nulls(): number {
    return this.length;
  }
  add(value: unknown): boolean {
    if (value !== null && value !== undefined) return false;
    this.length++;
    return true;
  }
  get(): null {
    return null;
  }
  finish(): Storage {
    return { kind: "dictionary", data: new Uint8Array(this.length), words: [null] };
  }
}

const smallest = 64;

/** What the sinks over typed arrays share: growth and the bitmap of nulls. */
abstract class TypedSink<Data extends Numbers> implements Sink {
  abstract readonly type: ColumnType;
  length = 0;
  nulls = 0;
  protected data: Data;
  protected valid: Uint8Array | undefined;

  constructor(data: Data) {
    this.data = data;
  }

  abstract add(value: unknown): boolean;
  abstract finish(): Storage;

  /** Makes the array this column's memory; the next value moves it into an array that grows. */
  adopt(data: Numbers, valid: Uint8Array | undefined): this {
    // The caller has seen to it that the array fits the column.
    this.data = data as Data;
    this.length = data.length;
    if (valid) [this.valid, this.nulls] = ownBitmap(valid, data.length);
    return this;
  }

  get(row: number): unknown {
    return isValid(this.valid, row) ? this.data[row] : null;
  }

  protected addNull(): true {
    const row = this.length;
    if (row === this.data.length) this.grow();
    this.valid ??= new Uint8Array((this.data.length + 7) >> 3).fill(255);
    this.valid[row >> 3]! &= ~(1 << (row & 7));
    this.length = row + 1;
    this.nulls++;
    return true;
  }

  /** An array of the kind that `add` writes to; an adopted one may be of a narrower kind. */
  protected abstract larger(length: number): Data;

  protected grow(): void {
    const data = this.larger(this.data.length * 2);
    data.set(this.data);
    this.data = data;
    if (this.valid) {
      const valid = new Uint8Array((data.length + 7) >> 3).fill(255);
      valid.set(this.valid);
      this.valid = valid;
    }
  }

  protected trimmed(): { data: Data; valid: Uint8Array | undefined } {
    const exact = this.data.length === this.length;
    return {
      data: exact ? this.data : (this.data.slice(0, this.length) as Data),
      valid: this.valid?.slice(0, (this.length + 7) >> 3),
    };
  }
}

class BooleanSink extends TypedSink<Uint8Array> {
  readonly type = "boolean";
  constructor() {
    super(new Uint8Array(smallest));
  }
  protected larger(length: number): Uint8Array {
    return new Uint8Array(length);
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
  finish(): Storage {
    return { kind: "boolean", ...this.trimmed() };
  }
}

/** Safe integers: in 32 bits while they fit, then as doubles, which hold every one exactly. */
class IntegerSink extends TypedSink<Int32Array | Float64Array> {
  readonly type = "integer";
  constructor() {
    super(new Int32Array(smallest));
  }
  protected larger(length: number): Int32Array | Float64Array {
    const wide = this.data instanceof Float64Array || (this.data as Numbers) instanceof Uint32Array;
    return wide ? new Float64Array(length) : new Int32Array(length);
  }
  add(value: unknown): boolean {
    if (value === null || value === undefined) return this.addNull();
    let number: number;
    if (typeof value === "number") number = value;
    else if (typeof value === "bigint") number = Number(value);
    else return false;
    if ((number | 0) !== number || number === 0) {
      if (!isExactInteger(number)) return false;
      if (number !== 0 && this.data instanceof Int32Array) this.data = new Float64Array(this.data);
    }
    const row = this.length;
    if (row === this.data.length) this.grow();
    this.data[row] = number;
    this.length = row + 1;
    return true;
  }
  finish(): Storage {
    return { kind: "number", ...this.trimmed() };
  }
}

class FloatSink extends TypedSink<Float64Array> {
  readonly type = "float";
  constructor() {
    super(new Float64Array(smallest));
  }
  protected larger(length: number): Float64Array {
    return new Float64Array(length);
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
  finish(): Storage {
    return { kind: "number", ...this.trimmed() };
  }
}

/** Dates; where the type was declared, milliseconds as well, with microseconds in their fraction. */
class InstantSink extends TypedSink<Float64Array> {
  readonly type = "timestamp";
  readonly #numbers: boolean;
  constructor(numbers: boolean) {
    super(new Float64Array(smallest));
    this.#numbers = numbers;
  }
  protected larger(length: number): Float64Array {
    return new Float64Array(length);
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
    return isValid(this.valid, row) ? new Date(this.data[row]!) : null;
  }
  finish(): Storage {
    return { kind: "instant", ...this.trimmed() };
  }
}

const bits64 = { least: -(2n ** 63n), most: 2n ** 63n - 1n };

/** Integers of which one at least is beyond 2^53, so that all are bigint. */
class BigIntegerSink implements Sink {
  readonly type = "integer";
  nulls = 0;
  #values: (bigint | null)[] = [];
  #adopted: BigInt64Array | undefined;
  #valid: Uint8Array | undefined;
  #wide = false;
  get length(): number {
    return this.#adopted?.length ?? this.#values.length;
  }
  adopt(data: BigInt64Array, valid: Uint8Array | undefined): this {
    this.#adopted = data;
    if (valid) [this.#valid, this.nulls] = ownBitmap(valid, data.length);
    return this;
  }
  add(value: unknown): boolean {
    if (this.#adopted) this.#disown(this.#adopted);
    if (value === null || value === undefined) {
      this.nulls++;
      this.#values.push(null);
      return true;
    }
    let integer: bigint;
    if (typeof value === "bigint") integer = value;
    else if (isExactInteger(value)) integer = BigInt(value);
    else return false;
    if (integer < bits64.least || integer > bits64.most) this.#wide = true;
    this.#values.push(integer);
    return true;
  }
  get(row: number): unknown {
    if (this.#adopted) return isValid(this.#valid, row) ? this.#adopted[row] : null;
    return this.#values[row];
  }
  finish(): Storage {
    if (this.#adopted) return { kind: "bigint", data: this.#adopted, valid: this.#valid };
    if (this.#wide) return { kind: "plain", data: this.#values };
    const data = new BigInt64Array(this.length);
    const valid = this.nulls ? new Uint8Array((this.length + 7) >> 3).fill(255) : undefined;
    for (const [row, value] of this.#values.entries()) {
      if (value !== null) data[row] = value;
      else valid![row >> 3]! &= ~(1 << (row & 7));
    }
    return { kind: "bigint", data, valid };
  }
  #disown(data: BigInt64Array): void {
    this.#values = Array.from(data, (value, row) => (isValid(this.#valid, row) ? value : null));
    this.#adopted = undefined;
  }
}

/** Distinct texts before a column has to prove that its texts repeat. */
const probation = 4096;

/** Text: codes into a dictionary while texts repeat, else the strings themselves. */
class TextSink implements Sink {
  readonly type: ColumnType;
  length = 0;
  nulls = 0;
  #words: (string | null)[] = [null];
  #codeOf = new Map<string, number>();
  #codes = new Uint32Array(smallest);
  #plain: (string | null)[] | undefined;

  constructor(type: ColumnType) {
    this.type = type;
  }

  add(value: unknown): boolean {
    let text: string | null;
    if (typeof value === "string") text = value;
    else if (value === null || value === undefined) {
      text = null;
      this.nulls++;
    } else if (
      this.type === "decimal" &&
      (typeof value === "number" || typeof value === "bigint")
    ) {
      text = Object.is(value, -0) ? "-0" : String(value);
    } else return false;
    if (this.#plain) this.#plain.push(text);
    else this.#addCode(text);
    this.length++;
    return true;
  }

  get(row: number): unknown {
    return this.#plain ? this.#plain[row] : this.#words[this.#codes[row]!];
  }

  finish(): Storage {
    if (!this.#plain && this.#words.length > 16 && this.#words.length * 2 > this.length)
      this.#toPlain();
    if (this.#plain) return { kind: "plain", data: this.#plain };
    const words = this.#words;
    const Codes =
      words.length <= 256 ? Uint8Array : words.length <= 65_536 ? Uint16Array : Uint32Array;
    return { kind: "dictionary", data: new Codes(this.#codes.subarray(0, this.length)), words };
  }

  #addCode(text: string | null): void {
    let code = text === null ? 0 : this.#codeOf.get(text);
    if (code === undefined) {
      if (this.#words.length > probation && this.#words.length * 2 > this.length) {
        this.#toPlain().push(text);
        return;
      }
      code = this.#words.push(text) - 1;
      this.#codeOf.set(text!, code);
    }
    if (this.length === this.#codes.length) {
      const codes = new Uint32Array(this.length * 2);
      codes.set(this.#codes);
      this.#codes = codes;
    }
    this.#codes[this.length] = code;
  }

  #toPlain(): (string | null)[] {
    const plain: (string | null)[] = [];
    for (let row = 0; row < this.length; row++) plain.push(this.#words[this.#codes[row]!]!);
    this.#plain = plain;
    this.#words = [null];
    this.#codeOf.clear();
    return plain;
  }
}

/** Values that are copied in, so that whoever gave them cannot change the table. */
class ObjectSink implements Sink {
  readonly type: ColumnType;
  nulls = 0;
  #values: unknown[] = [];
  constructor(type: ColumnType) {
    this.type = type;
  }
  get length(): number {
    return this.#values.length;
  }
  add(value: unknown): boolean {
    if (value === null || value === undefined) {
      this.nulls++;
      this.#values.push(null);
      return true;
    }
    if (!fits(this.type, value)) return false;
    this.#values.push(copyValue(value));
    return true;
  }
  get(row: number): unknown {
    return this.#values[row];
  }
  finish(): Storage {
    return { kind: "object", data: this.#values };
  }
}

function isNumbers(values: ArrayLike<unknown>): values is Numbers {
  return (
    ArrayBuffer.isView(values) &&
    !(values instanceof DataView) &&
    !(values instanceof BigUint64Array)
  );
}

/** A copy of the bitmap with the bits behind the end set, and the number of nulls; undefined where there are none. */
function ownBitmap(bitmap: Uint8Array, length: number): [Uint8Array | undefined, number] {
  const valid = bitmap.slice(0, (length + 7) >> 3);
  if (length % 8 !== 0) valid[valid.length - 1]! |= 255 << (length % 8);
  let nulls = 0;
  for (let row = 0; row < length; row++) if (!isValid(valid, row)) nulls++;
  return nulls > 0 ? [valid, nulls] : [undefined, 0];
}

function fits(type: ColumnType, value: unknown): boolean {
  if (type === "bytes") return isBytes(value);
  if (type === "list") return isList(value);
  if (type === "json") return isJson(value);
  return true;
}

function isBytes(value: unknown): boolean {
  return value instanceof Uint8Array || value instanceof ArrayBuffer;
}

function isList(value: unknown): boolean {
  return (
    Array.isArray(value) ||
    (ArrayBuffer.isView(value) && !isBytes(value) && !(value instanceof DataView))
  );
}

function isJson(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return typeof value !== "bigint";
  return isPlain(value) || isList(value);
}

/** Whether the number is an integer that doubles tell from its neighbours; -0 is not, for 0 is another value. */
function isExactInteger(value: unknown): value is number {
  return Number.isSafeInteger(value) && !Object.is(value, -0);
}
