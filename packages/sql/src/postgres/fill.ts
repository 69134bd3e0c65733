import { type Filler, NumberFiller, type Rows } from "../fill.ts";
import { parseInstant } from "./instant.ts";

/** Fillers for cells that are text, as the server sends them: a loop of its own for each type. */

export function fillIntegers(index: number, length: number): Filler {
  return new IntegerText(index, new Int32Array(length));
}

export function fillFloats(index: number, length: number): Filler {
  return new FloatText(index, new Float64Array(length));
}

export function fillBooleans(index: number, length: number): Filler {
  return new BooleanText(index, new Uint8Array(length));
}

export function fillInstants(index: number, length: number): Filler {
  return new InstantText(index, new Float64Array(length));
}

class IntegerText extends NumberFiller<Int32Array> {
  fill(rows: Rows, from: number, to: number): boolean {
    const { index, values } = this;
    for (let row = from; row < to; row++) {
      const cell = rows[row]![index] as string | null;
      if (cell !== null) {
        const number = +cell;
        if ((number | 0) !== number) return false;
        values[row] = number;
      } else this.takeNull(cell, row);
    }
    return true;
  }
}

class FloatText extends NumberFiller<Float64Array> {
  fill(rows: Rows, from: number, to: number): boolean {
    const { index, values } = this;
    for (let row = from; row < to; row++) {
      const cell = rows[row]![index] as string | null;
      // `NaN` and `Infinity` are written as JavaScript reads them.
      if (cell !== null) values[row] = +cell;
      else this.takeNull(cell, row);
    }
    return true;
  }
}

class BooleanText extends NumberFiller<Uint8Array> {
  fill(rows: Rows, from: number, to: number): boolean {
    const { index, values } = this;
    for (let row = from; row < to; row++) {
      const cell = rows[row]![index];
      if (cell !== null) values[row] = cell === "t" ? 1 : 0;
      else this.takeNull(cell, row);
    }
    return true;
  }
}

class InstantText extends NumberFiller<Float64Array> {
  fill(rows: Rows, from: number, to: number): boolean {
    const { index, values } = this;
    for (let row = from; row < to; row++) {
      const cell = rows[row]![index] as string | null;
      if (cell !== null) {
        const ms = parseInstant(cell);
        if (Number.isNaN(ms)) return false;
        values[row] = ms;
      } else this.takeNull(cell, row);
    }
    return true;
  }
}
