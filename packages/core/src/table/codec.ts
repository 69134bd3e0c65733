import { createHash } from "node:crypto";
import { type Extension, Reader, Unreadable, Writer } from "./binary.ts";
import { type Column, type Core, countNulls, type Storage } from "./column.ts";
import { coreOf, makeTable, Table } from "./table.ts";
import type { ColumnType, TableMeta } from "./types.ts";

// Four letters, the format's version, and 1 where numbers stand low byte first, as on every usual machine.
const header = Buffer.from([
  ...Buffer.from("CONN"),
  1,
  new Uint8Array(new Uint16Array([1]).buffer)[0]!,
]);
const checksumBytes = 32;

/**
 * Bytes that hold a table, or any value made of primitives, arrays, plain objects, Date, Map, Set, bytes,
 * typed arrays and tables, without loss. Undefined where the value holds anything else, or itself.
 */
export function encode(value: unknown): Uint8Array | undefined {
  const writer = new Writer(tables);
  try {
    writer.value(value);
  } catch (error) {
    if (error instanceof Unreadable || error instanceof RangeError) return undefined;
    throw error;
  }
  const body = writer.bytes();
  return Buffer.concat([header, checksum(body), body]);
}

/**
 * What `encode` made the bytes of. Undefined where they are corrupt, foreign or of another version of the
 * format. Decoding makes data alone: whoever wrote the bytes, nothing is run and no prototype is reached.
 */
export function decode(bytes: Uint8Array): { readonly value: unknown } | undefined {
  const start = header.length + checksumBytes;
  if (bytes.length <= start || !header.equals(bytes.subarray(0, header.length))) return undefined;
  const body = bytes.subarray(start);
  if (!checksum(body).equals(bytes.subarray(header.length, start))) return undefined;
  try {
    return { value: new Reader(body, tables).whole() };
  } catch {
    // The checksum was right, so somebody forged the bytes or a later conn wrote them: a miss all the same.
    return undefined;
  }
}

function checksum(body: Uint8Array): Buffer {
  return createHash("sha256").update(header).update(body).digest();
}

const tables: Extension = {
  pack(value) {
    if (!(value instanceof Table)) return undefined;
    const { length, columns } = coreOf(value);
    return [length, columns.map(packColumn), { ...value.meta }];
  },
  unpack(value) {
    const [length, columns, meta] = value as [number, unknown[][], Partial<TableMeta>];
    demand(Number.isSafeInteger(length) && length >= 0 && isRecord(meta));
    const core: Core = { length, columns: columns.map((column) => unpackColumn(column, length)) };
    demand(new Set(core.columns.map(({ name }) => name)).size === columns.length);
    return makeTable(core, meta);
  },
};

function packColumn({ name, type, scale, storage }: Column): unknown[] {
  const { kind, data } = storage;
  const extra =
    kind === "dictionary" ? storage.words : "valid" in storage ? storage.valid : undefined;
  if (kind === "plain" && isText(data)) {
    const texts = data as readonly (string | null)[];
    const lengths = Int32Array.from(texts, (text) => (text === null ? -1 : text.length));
    return [name, type, scale, "text", texts.join(""), lengths];
  }
  return [name, type, scale, kind, kind === "boolean" ? Int8Array.from(data) : data, extra];
}

// One long text is read several times faster than many short ones, but V8 bounds its length.
const longestText = 2 ** 27;

function isText(values: readonly unknown[]): boolean {
  let length = 0;
  for (const value of values) {
    if (typeof value === "string") length += value.length;
    else if (value !== null) return false;
  }
  return length <= longestText;
}

function unpackColumn(column: unknown[], length: number): Column {
  const [name, type, scale, kind, data, extra] = column;
  demand(
    typeof name === "string" &&
      isColumnType(type) &&
      (scale === undefined || Number.isInteger(scale)),
  );
  const storage = unpackStorage(kind, data, extra, length);
  demand(storage.data.length === length);
  return {
    name: name as string,
    type: type as ColumnType,
    scale: scale as number | undefined,
    nulls: countNulls(storage, length),
    storage,
  };
}

function unpackStorage(kind: unknown, data: unknown, extra: unknown, length: number): Storage {
  const valid = extra as Uint8Array | undefined;
  switch (kind) {
    case "number":
      demand(isNumbers(data) && isBitmap(extra, length));
      return { kind, data: data as Float64Array, valid };
    case "boolean":
      demand(data instanceof Int8Array && isBitmap(extra, length));
      return { kind, data: new Uint8Array((data as Int8Array).buffer as ArrayBuffer), valid };
    case "instant":
      demand(data instanceof Float64Array && isBitmap(extra, length));
      return { kind, data: data as Float64Array, valid };
    case "bigint":
      demand(data instanceof BigInt64Array && isBitmap(extra, length));
      return { kind, data: data as BigInt64Array, valid };
    case "dictionary":
      demand(isNumbers(data) && Array.isArray(extra) && areCodes(data as Uint32Array, extra));
      return { kind, data: data as Uint32Array, words: extra as (string | null)[] };
    case "text":
      demand(typeof data === "string" && extra instanceof Int32Array);
      return { kind: "plain", data: cut(data as string, extra as Int32Array) };
    case "plain":
      demand(
        Array.isArray(data) &&
          data.every((value) => value === null || ["string", "bigint"].includes(typeof value)),
      );
      return { kind, data: data as (string | bigint | null)[] };
    case "object":
      demand(Array.isArray(data) && !data.includes(undefined));
      return { kind, data: data as unknown[] };
    default:
      throw new Unreadable();
  }
}

function cut(text: string, lengths: Int32Array): (string | null)[] {
  const texts: (string | null)[] = [];
  let at = 0;
  for (const length of lengths) {
    demand(length >= -1);
    texts.push(length < 0 ? null : text.slice(at, at + length));
    at += Math.max(0, length);
  }
  demand(at === text.length);
  return texts;
}

function areCodes(codes: Uint32Array, words: readonly unknown[]): boolean {
  return (
    words[0] === null &&
    words.every((word, code) => code === 0 || typeof word === "string") &&
    codes.every((code) => code < words.length)
  );
}

function isBitmap(value: unknown, length: number): boolean {
  return value === undefined || (value instanceof Uint8Array && value.length === (length + 7) >> 3);
}

function isNumbers(value: unknown): boolean {
  return (
    ArrayBuffer.isView(value) &&
    !(value instanceof BigInt64Array || value instanceof BigUint64Array)
  );
}

const columnTypes: Readonly<Record<ColumnType, true>> = {
  boolean: true,
  integer: true,
  float: true,
  decimal: true,
  string: true,
  date: true,
  time: true,
  timestamp: true,
  datetime: true,
  interval: true,
  bytes: true,
  json: true,
  uuid: true,
  list: true,
  unknown: true,
};

function isColumnType(value: unknown): boolean {
  return typeof value === "string" && Object.hasOwn(columnTypes, value);
}

function isRecord(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function demand(condition: boolean): void {
  if (!condition) throw new Unreadable();
}
