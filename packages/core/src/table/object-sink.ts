import type { Storage } from "./column.ts";
import type { Sink } from "./sink.ts";
import type { ColumnType } from "./types.ts";
import { copyValue, isPlain } from "./values.ts";

/** Values that are copied in, so that whoever gave them cannot change the table. */
export class ObjectSink implements Sink {
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

function fits(type: ColumnType, value: unknown): boolean {
  if (type === "bytes") return isBytes(value);
  if (type === "list") return isList(value);
  if (type === "json") return isJson(value);
  return true;
}

export function isBytes(value: unknown): boolean {
  return value instanceof Uint8Array || value instanceof ArrayBuffer;
}

export function isList(value: unknown): boolean {
  return (
    Array.isArray(value) ||
    (ArrayBuffer.isView(value) && !isBytes(value) && !(value instanceof DataView))
  );
}

export function isJson(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return typeof value !== "bigint";
  return isPlain(value) || isList(value);
}
