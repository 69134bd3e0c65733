import { BigIntegerSink } from "./big-integer-sink.ts";
import type { Numbers, Storage } from "./column.ts";
import { isBytes, isJson, isList, ObjectSink } from "./object-sink.ts";
import type { Sink } from "./sink.ts";
import { TextSink } from "./text-sink.ts";
import { BooleanSink, FloatSink, InstantSink, IntegerSink, isExactInteger } from "./typed-sinks.ts";
import type { ColumnType } from "./types.ts";

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
 * promises; else undefined. A fresh one, made for the declared type, takes it itself.
 */
export function adoptingSink(
  declared: ColumnType | undefined,
  values: ArrayLike<unknown>,
  valid: Uint8Array | undefined,
  length: number,
  fresh?: Sink,
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
  const sink = (declared && fresh) || newSink(type, true);
  const fit =
    sink instanceof FloatSink ||
    (sink instanceof IntegerSink && !fractions) ||
    (sink instanceof InstantSink && values instanceof Float64Array) ||
    (sink instanceof BooleanSink && values instanceof Uint8Array);
  if (!fit) return undefined;
  return sink.adopt(values.length === length ? values : values.subarray(0, length), valid);
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

function isNumbers(values: ArrayLike<unknown>): values is Numbers {
  return (
    ArrayBuffer.isView(values) &&
    !(values instanceof DataView) &&
    !(values instanceof BigUint64Array)
  );
}
