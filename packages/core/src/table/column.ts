import { copyValue, sizeOf } from "./values.ts";
import type { ColumnType } from "./types.ts";

export type Numbers =
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | Float32Array
  | Float64Array;

/** How cells are laid out in memory. `valid` is a bitmap, lowest bit first, where 0 means null. */
export type Storage =
  | { readonly kind: "number"; readonly data: Numbers; readonly valid: Uint8Array | undefined }
  | { readonly kind: "boolean"; readonly data: Uint8Array; readonly valid: Uint8Array | undefined }
  /** Milliseconds since 1970; a fraction holds microseconds. */
  | {
      readonly kind: "instant";
      readonly data: Float64Array;
      readonly valid: Uint8Array | undefined;
    }
  | {
      readonly kind: "bigint";
      readonly data: BigInt64Array;
      readonly valid: Uint8Array | undefined;
    }
  /** Codes of `words`, whose first entry is null. */
  | {
      readonly kind: "dictionary";
      readonly data: Uint8Array | Uint16Array | Uint32Array;
      readonly words: readonly (string | null)[];
    }
  /** Immutable values, null among them. */
  | { readonly kind: "plain"; readonly data: readonly (string | bigint | null)[] }
  /** Values that a caller could change, so each is copied on its way out. */
  | { readonly kind: "object"; readonly data: readonly unknown[] };

export interface Column {
  readonly name: string;
  readonly type: ColumnType;
  readonly scale: number | undefined;
  readonly nulls: number;
  readonly storage: Storage;
}

/** What a table is made of. It is never changed after it is made, so any number of tables share it. */
export interface Core {
  readonly length: number;
  readonly columns: readonly Column[];
}

/** A function from the row's number to the cell's value, which belongs to whoever asked. */
export function cellReader(storage: Storage): (row: number) => unknown {
  switch (storage.kind) {
    case "number":
    case "bigint": {
      const { data, valid } = storage;
      return valid ? (row) => (isValid(valid, row) ? data[row] : null) : (row) => data[row];
    }
    case "boolean": {
      const { data, valid } = storage;
      return (row) => (isValid(valid, row) ? data[row] === 1 : null);
    }
    case "instant": {
      const { data, valid } = storage;
      // A Date cuts a fraction off towards 1970, which would be late before it.
      return (row) => (isValid(valid, row) ? new Date(Math.floor(data[row]!)) : null);
    }
    case "dictionary": {
      const { data, words } = storage;
      return (row) => words[data[row]!];
    }
    case "plain": {
      const { data } = storage;
      return (row) => data[row];
    }
    case "object": {
      const { data } = storage;
      return (row) => copyValue(data[row]);
    }
  }
}

export function isValid(valid: Uint8Array | undefined, row: number): boolean {
  return valid === undefined || (valid[row >> 3]! & (1 << (row & 7))) !== 0;
}

/** The first `length` rows, in memory of their own, so that a short table does not keep a long one alive. */
export function sliceColumn(column: Column, length: number): Column {
  const { storage } = column;
  if (storage.kind === "dictionary" && storage.words.length > length) {
    const texts = Array.from(storage.data.subarray(0, length), (code) => storage.words[code]!);
    const plain: Storage = { kind: "plain", data: texts };
    return { ...column, storage: plain, nulls: column.nulls && countNulls(plain, length) };
  }
  const data = storage.data.slice(0, length);
  const valid = "valid" in storage ? storage.valid?.slice(0, (length + 7) >> 3) : undefined;
  const sliced = { ...storage, data, ...("valid" in storage ? { valid } : {}) } as Storage;
  return { ...column, storage: sliced, nulls: column.nulls && countNulls(sliced, length) };
}

export function countNulls(storage: Storage, length: number): number {
  let nulls = 0;
  for (let row = 0; row < length; row++) if (isNull(storage, row)) nulls++;
  return nulls;
}

/** Bytes of memory that a column takes, rounded up. */
export function columnBytes({ storage }: Column): number {
  switch (storage.kind) {
    case "dictionary":
      return storage.data.byteLength + valuesBytes(storage.words);
    case "plain":
    case "object":
      return valuesBytes(storage.data);
    case "number":
    case "boolean":
    case "instant":
    case "bigint":
      return storage.data.byteLength + (storage.valid?.byteLength ?? 0);
  }
}

function isNull(storage: Storage, row: number): boolean {
  switch (storage.kind) {
    case "dictionary":
      return storage.data[row] === 0;
    case "plain":
    case "object":
      return storage.data[row] === null;
    case "number":
    case "boolean":
    case "instant":
    case "bigint":
      return !isValid(storage.valid, row);
  }
}

function valuesBytes(values: readonly unknown[]): number {
  let bytes = 0;
  for (const value of values) bytes += sizeOf(value);
  return bytes;
}
