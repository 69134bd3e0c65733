import { isValid, type Storage } from "./column.ts";
import type { Sink } from "./sink.ts";
import { isExactInteger, ownBitmap } from "./typed-sinks.ts";

const bits64 = { least: -(2n ** 63n), most: 2n ** 63n - 1n };

/** Integers of which one at least is beyond 2^53, so that all are bigint. */
export class BigIntegerSink implements Sink {
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
