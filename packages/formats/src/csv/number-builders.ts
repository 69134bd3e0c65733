import { daysInMonth, daysSince1970, instantOf, isValid, type Storage } from "@conn/core/toolkit";
import { ArrayBuilder, type Builder, cellText } from "./builder.ts";
import { classify, numberOf, textInstant } from "./kinds.ts";
import type { Nulls } from "./nulls.ts";
import type { Block } from "./scan.ts";

/** Powers of ten that doubles hold exactly: what makes mantissa / power the nearest double. */
const powers = Float64Array.from({ length: 23 }, (_, power) => 10 ** power);

/** Digits of which every integer is below 2^53. */
const safeDigits = 15;

/** Integers that doubles hold, from canonical text alone, so that text can be made of them again. */
export class IntegerBuilder extends ArrayBuilder<Float64Array> implements Builder {
  readonly kind = "integer";

  constructor(nulls: Nulls, rows = 0) {
    super(new Float64Array(), nulls, rows);
  }

  parse(block: Block, column: number, from: number): number {
    const { bytes, offsets, rows, width } = block;
    const data = this.reserve(rows - from);
    const words = this.nulls.some;
    let length = this.length;
    for (let row = from; row < rows; row++) {
      const cell = (row * width + column) << 1;
      const start = offsets[cell]!;
      let end = offsets[cell + 1]!;
      if (end < 0) end = ~end;
      // A word for null can look like a number: -999.
      if (words && this.nulls.has(bytes, start, end)) {
        this.setNull(length++);
        continue;
      }
      let at = start;
      let value = 0;
      let digit = 0;
      const negative = bytes[at] === 45;
      if (negative) at++;
      const digits = end - at;
      if (digits > 0 && digits <= safeDigits && (bytes[at] !== 48 || (digits === 1 && !negative))) {
        for (; at < end; at++) {
          digit = bytes[at]! - 48;
          if (digit < 0 || digit > 9) break;
          value = value * 10 + digit;
        }
        if (at === end) {
          data[length++] = negative ? -value : value;
          continue;
        }
      }
      if (start === end) {
        this.setNull(length++, offsets[cell + 1]! < 0);
        continue;
      }
      const text = cellText(block, start, end);
      if (classify(text) !== "integer") {
        this.length = length;
        return row;
      }
      data[length++] = Number(text);
    }
    this.length = length;
    return rows;
  }

  /** The same values as doubles, or with the given types of memory. */
  toFloats(): FloatBuilder {
    return new FloatBuilder(this.nulls, this);
  }

  toBigInts(): BigIntegerBuilder {
    return new BigIntegerBuilder(this.nulls, this);
  }

  texts(): (string | null)[] {
    return valuesOf(this.length, this.data, this.valid).map((value) =>
      value === null ? null : String(value),
    );
  }

  memory(): { data: Float64Array; valid: Uint8Array | undefined } {
    return { data: this.data, valid: this.valid };
  }

  finish(): { type: "integer"; storage: Storage } {
    const { data, length } = this;
    let narrow = true;
    for (let row = 0; row < length && narrow; row++) narrow = (data[row]! | 0) === data[row];
    const trimmed = narrow ? Int32Array.from(data.subarray(0, length)) : data.slice(0, length);
    return { type: "integer", storage: { kind: "number", data: trimmed, valid: this.validBits() } };
  }
}

export class FloatBuilder extends ArrayBuilder<Float64Array> implements Builder {
  readonly kind = "float";

  constructor(nulls: Nulls, before: IntegerBuilder | number = 0) {
    super(new Float64Array(), nulls, typeof before === "number" ? before : 0);
    if (typeof before === "number") return;
    const { data, valid } = before.memory();
    [this.data, this.valid, this.length] = [data, valid, before.length];
  }

  parse(block: Block, column: number, from: number): number {
    const { bytes, offsets, rows, width } = block;
    const data = this.reserve(rows - from);
    const words = this.nulls.some;
    let length = this.length;
    for (let row = from; row < rows; row++) {
      const cell = (row * width + column) << 1;
      const start = offsets[cell]!;
      let end = offsets[cell + 1]!;
      if (end < 0) end = ~end;
      // A word for null can look like a number: -999.
      if (words && this.nulls.has(bytes, start, end)) {
        this.setNull(length++);
        continue;
      }
      let at = start;
      let mantissa = 0;
      let point = -1;
      const negative = bytes[at] === 45;
      if (negative) at++;
      // A zero that leads stands before the point or alone.
      const plain =
        end > at &&
        end - at <= safeDigits + 1 &&
        (bytes[at] !== 48 || end - at === 1 || bytes[at + 1] === 46);
      if (plain) {
        for (; at < end; at++) {
          const digit = bytes[at]! - 48;
          if (digit >= 0 && digit <= 9) mantissa = mantissa * 10 + digit;
          else if (digit === -2 && point < 0) point = at;
          else break;
        }
        const digits = end - start - (negative ? 1 : 0) - (point < 0 ? 0 : 1);
        if (at === end && digits > 0 && mantissa <= Number.MAX_SAFE_INTEGER) {
          const value = point < 0 ? mantissa : mantissa / powers[end - point - 1]!;
          data[length++] = negative ? -value : value;
          continue;
        }
      }
      if (start === end) {
        this.setNull(length++, offsets[cell + 1]! < 0);
        continue;
      }
      const text = cellText(block, start, end);
      const kind = classify(text);
      if (kind !== "float" && kind !== "integer") {
        this.length = length;
        return row;
      }
      data[length++] = numberOf(text);
    }
    this.length = length;
    return rows;
  }

  finish(): { type: "float"; storage: Storage } {
    const data = this.data.slice(0, this.length);
    return { type: "float", storage: { kind: "number", data, valid: this.validBits() } };
  }
}

/** Integers of which one at least is beyond 2^53. */
export class BigIntegerBuilder extends ArrayBuilder<BigInt64Array> implements Builder {
  readonly kind = "bigint";

  constructor(nulls: Nulls, before: IntegerBuilder | number = 0) {
    super(new BigInt64Array(), nulls, typeof before === "number" ? before : 0);
    if (typeof before === "number") return;
    const { data, valid } = before.memory();
    this.data = BigInt64Array.from(data, BigInt);
    [this.valid, this.length] = [valid, before.length];
  }

  parse(block: Block, column: number, from: number): number {
    const { bytes, offsets, rows, width } = block;
    const data = this.reserve(rows - from);
    for (let row = from; row < rows; row++) {
      const cell = (row * width + column) << 1;
      const start = offsets[cell]!;
      const end = offsets[cell + 1]! < 0 ? ~offsets[cell + 1]! : offsets[cell + 1]!;
      if (start === end || this.nulls.has(bytes, start, end)) {
        this.setNull(this.length++, offsets[cell + 1]! < 0);
        continue;
      }
      const text = cellText(block, start, end);
      const kind = classify(text);
      if (kind !== "integer" && kind !== "bigint") return row;
      data[this.length++] = BigInt(text);
    }
    return rows;
  }

  texts(): (string | null)[] {
    return valuesOf(this.length, this.data, this.valid).map((value) =>
      value === null ? null : String(value),
    );
  }

  finish(): { type: "integer"; storage: Storage } {
    const data = this.data.slice(0, this.length);
    const valid = this.validBits();
    if (data.some((value) => BigInt.asIntN(54, value) !== value))
      return { type: "integer", storage: { kind: "bigint", data, valid } };
    return {
      type: "integer",
      storage: { kind: "number", data: Float64Array.from(data, Number), valid },
    };
  }
}

/** Instants, as milliseconds since 1970 with microseconds in the fraction. */
export class InstantBuilder extends ArrayBuilder<Float64Array> implements Builder {
  readonly kind = "timestamp";

  constructor(nulls: Nulls, rows = 0) {
    super(new Float64Array(), nulls, rows);
  }

  parse(block: Block, column: number, from: number): number {
    const { bytes, offsets, rows, width } = block;
    const data = this.reserve(rows - from);
    for (let row = from; row < rows; row++) {
      const cell = (row * width + column) << 1;
      const start = offsets[cell]!;
      const end = offsets[cell + 1]! < 0 ? ~offsets[cell + 1]! : offsets[cell + 1]!;
      if (start === end || this.nulls.has(bytes, start, end)) {
        this.setNull(this.length++, offsets[cell + 1]! < 0);
        continue;
      }
      const quick = instantOfBytes(bytes, start, end);
      if (quick === quick) {
        data[this.length++] = quick;
        continue;
      }
      const text = cellText(block, start, end);
      if (classify(text) !== "timestamp") return row;
      data[this.length++] = textInstant(text);
    }
    return rows;
  }

  finish(): { type: "timestamp"; storage: Storage } {
    const data = this.data.slice(0, this.length);
    return { type: "timestamp", storage: { kind: "instant", data, valid: this.validBits() } };
  }
}

/** `YYYY-MM-DDTHH:MM:SS[.fff[fff]]Z` by arithmetic; NaN for anything else. */
function instantOfBytes(bytes: Uint8Array, start: number, end: number): number {
  const size = end - start;
  if ((size !== 20 && size !== 24 && size !== 27) || bytes[end - 1] !== 90) return NaN;
  const separator = bytes[start + 10];
  if (bytes[start + 4] !== 45 || bytes[start + 7] !== 45) return NaN;
  if (separator !== 84 && separator !== 32) return NaN;
  if (bytes[start + 13] !== 58 || bytes[start + 16] !== 58) return NaN;
  const year = digits(bytes, start, 4);
  const month = digits(bytes, start + 5, 2);
  const day = digits(bytes, start + 8, 2);
  const hour = digits(bytes, start + 11, 2);
  const minute = digits(bytes, start + 14, 2);
  const second = digits(bytes, start + 17, 2);
  if (!(month >= 1 && month <= 12 && day >= 1 && hour < 24 && minute < 60 && second < 60))
    return NaN;
  if (!(day <= 28 || day <= daysInMonth(year, month))) return NaN;
  if (size > 20 && bytes[start + 19] !== 46) return NaN;
  const milli = size > 20 ? digits(bytes, start + 20, 3) : 0;
  const micro = size > 24 ? digits(bytes, start + 23, 3) : 0;
  const seconds = daysSince1970(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second;
  return instantOf(seconds * 1000 + milli, micro / 1000);
}

function digits(bytes: Uint8Array, at: number, count: number): number {
  let value = 0;
  for (let index = at; index < at + count; index++) {
    const digit = bytes[index]! - 48;
    if (digit < 0 || digit > 9) return NaN;
    value = value * 10 + digit;
  }
  return value;
}

function valuesOf<T>(
  length: number,
  data: ArrayLike<T>,
  valid: Uint8Array | undefined,
): (T | null)[] {
  return Array.from({ length }, (_, row) => (isValid(valid, row) ? data[row]! : null));
}
