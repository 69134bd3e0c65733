import { type Filler, NumberFiller } from "../fill.ts";
import { dayNumber } from "../timestamp.ts";

/** Where the cells of some rows stand. */
export interface Cells {
  readonly bytes: Buffer;
  /** Row by row, and in it cell by cell, the first byte and that behind the last; -1 for NULL. */
  readonly places: Int32Array;
  /** Cells of a row. */
  readonly width: number;
}

/** Fillers for cells as the text protocol writes them: a loop of its own for each type. */

export function fillIntegers(index: number, length: number): Filler<Cells> {
  return new Integers(index, new Int32Array(length));
}

export function fillFloats(index: number, length: number): Filler<Cells> {
  return new Floats(index, new Float64Array(length));
}

export function fillBooleans(index: number, length: number): Filler<Cells> {
  return new Booleans(index, new Uint8Array(length));
}

export function fillInstants(index: number, length: number): Filler<Cells> {
  return new Instants(index, new Float64Array(length));
}

class Integers extends NumberFiller<Int32Array, Cells> {
  fill({ bytes, places, width }: Cells, from: number, to: number): boolean {
    const { index, values } = this;
    for (let row = from, place = 2 * (from * width + index); row < to; row++, place += 2 * width) {
      const start = places[place]!;
      if (start < 0) this.setNull(row);
      else {
        const value = integerAt(bytes, start, places[place + 1]!);
        if ((value | 0) !== value) return false;
        values[row] = value;
      }
    }
    return true;
  }
}

class Floats extends NumberFiller<Float64Array, Cells> {
  fill({ bytes, places, width }: Cells, from: number, to: number): boolean {
    const { index, values } = this;
    for (let row = from, place = 2 * (from * width + index); row < to; row++, place += 2 * width) {
      const start = places[place]!;
      if (start < 0) this.setNull(row);
      else values[row] = floatAt(bytes, start, places[place + 1]!);
    }
    return true;
  }
}

class Booleans extends NumberFiller<Uint8Array, Cells> {
  fill({ bytes, places, width }: Cells, from: number, to: number): boolean {
    const { index, values } = this;
    for (let row = from, place = 2 * (from * width + index); row < to; row++, place += 2 * width) {
      const start = places[place]!;
      if (start < 0) this.setNull(row);
      else {
        const value = bytes[start]! - zero;
        if (places[place + 1]! - start !== 1 || (value !== 0 && value !== 1)) return false;
        values[row] = value;
      }
    }
    return true;
  }
}

class Instants extends NumberFiller<Float64Array, Cells> {
  fill({ bytes, places, width }: Cells, from: number, to: number): boolean {
    const { index, values } = this;
    for (let row = from, place = 2 * (from * width + index); row < to; row++, place += 2 * width) {
      const start = places[place]!;
      if (start < 0) this.setNull(row);
      else {
        const value = instantAt(bytes, start, places[place + 1]!);
        if (Number.isNaN(value)) return false;
        values[row] = value;
      }
    }
    return true;
  }
}

const zero = 0x30;
const minus = 0x2d;
const point = 0x2e;

/** NaN where it has more than ten digits. */
function integerAt(bytes: Buffer, start: number, end: number): number {
  const negative = bytes[start] === minus;
  let at = negative ? start + 1 : start;
  if (end - at > 10) return NaN;
  let value = 0;
  for (; at < end; at++) value = value * 10 + bytes[at]! - zero;
  return negative ? -value : value;
}

/** What the text means to the engine. */
export function numberAt(bytes: Buffer, start: number, end: number): number {
  return Number(bytes.toString("latin1", start, end));
}

const powers = Array.from({ length: 16 }, (_, power) => 10 ** power);

/** Up to fifteen digits and the power of ten that divides them are exact, and so their quotient is the nearest double. */
function floatAt(bytes: Buffer, start: number, end: number): number {
  const negative = bytes[start] === minus;
  const first = negative ? start + 1 : start;
  if (end - first > 16) return numberAt(bytes, start, end);
  let digits = 0;
  let fraction = -1;
  for (let at = first; at < end; at++) {
    const digit = bytes[at]! - zero;
    if (digit >= 0 && digit <= 9) digits = digits * 10 + digit;
    else if (bytes[at] === point && fraction < 0) fraction = end - at - 1;
    else return numberAt(bytes, start, end);
  }
  if (end - first === 16 && fraction < 0) return numberAt(bytes, start, end);
  const value = fraction > 0 ? digits / powers[fraction]! : digits;
  return negative ? -value : value;
}

/** Milliseconds of `2020-09-13 12:26:40` with up to three digits of a second, in UTC; NaN for a date that is none. */
function instantAt(bytes: Buffer, start: number, end: number): number {
  const length = end - start;
  if (length < 19 || length > 23) return NaN;
  const year = pairAt(bytes, start) * 100 + pairAt(bytes, start + 2);
  const day = dayNumber(year, pairAt(bytes, start + 5), pairAt(bytes, start + 8));
  const minutes = (day * 24 + pairAt(bytes, start + 11)) * 60 + pairAt(bytes, start + 14);
  let fraction = 0;
  for (let at = start + 20; at < start + 23; at++)
    fraction = fraction * 10 + (at < end ? bytes[at]! - zero : 0);
  return minutes * 60_000 + pairAt(bytes, start + 17) * 1000 + fraction;
}

function pairAt(bytes: Buffer, at: number): number {
  return bytes[at]! * 10 + bytes[at + 1]! - 11 * zero;
}
