import { TableBuilder } from "@conn/core";
import { columnsOfTable, type Storage, type StoredColumn } from "@conn/core/toolkit";
import type { DecodedArray, SchemaElement, SchemaTree } from "hyparquet";
import { bareInstant, type Leaf, leafOf, unitOf } from "./cells.ts";
import { isList } from "./schema.ts";

/** A column of bare values, as the library reads them, in core's memory. `node` is of the file's own schema. */
export function storedColumn(node: SchemaTree, values: DecodedArray, length: number): StoredColumn {
  const { name } = node.element;
  if (node.children.length > 0 || isList(node)) {
    const type = isList(node) ? "list" : "json";
    const convert = nestedConverter(node);
    const nothing = node.element.repetition_type === "REPEATED" ? [] : null;
    return built(name, { type, cell: undefined }, values, length, convert, nothing);
  }
  const leaf = leafOf(node.element);
  const typed = typedStorage(node.element, leaf, values, length);
  if (typed) return { name, type: leaf.type, scale: leaf.scale, storage: typed };
  return built(name, leaf, values, length, repeated(leaf.cell as Convert | undefined));
}

type Convert = (value: unknown) => unknown;

/** Memory that needs no look at each value, or only one. */
function typedStorage(
  element: SchemaElement,
  leaf: Leaf,
  values: DecodedArray,
  length: number,
): Storage | undefined {
  if (leaf.type === "timestamp") return instants(element, values, length);
  if (leaf.cell) {
    if (values instanceof Int32Array && leaf.type === "integer") {
      const data = new Uint32Array(values.buffer, values.byteOffset, length);
      return { kind: "number", data, valid: undefined };
    }
    return undefined;
  }
  if (leaf.type === "float" && (values instanceof Float64Array || values instanceof Float32Array))
    return { kind: "number", data: values.subarray(0, length), valid: undefined };
  if (leaf.type === "integer" && values instanceof Int32Array)
    return { kind: "number", data: values.subarray(0, length), valid: undefined };
  if (leaf.type === "integer" && values instanceof BigInt64Array)
    return integers(values.subarray(0, length));
  if (
    leaf.type === "float" ||
    leaf.type === "boolean" ||
    (leaf.type === "integer" && element.type === "INT32")
  )
    return withNulls(leaf, values, length);
  return undefined;
}

function withNulls(leaf: Leaf, values: DecodedArray, length: number): Storage {
  const kind = leaf.type === "boolean" ? "boolean" : "number";
  const Data =
    kind === "boolean" ? Uint8Array : leaf.type === "integer" ? Int32Array : Float64Array;
  const data = new Data(length);
  let valid: Uint8Array | undefined;
  for (let row = 0; row < length; row++) {
    const value = (values as ArrayLike<unknown>)[row];
    if (value === undefined || value === null) {
      valid ??= new Uint8Array((length + 7) >> 3).fill(255);
      valid[row >> 3]! &= ~(1 << (row & 7));
    } else data[row] = Number(value);
  }
  return { kind, data, valid } as Storage;
}

/** 64-bit integers as doubles where all are safe; read by halves, for a bigint costs ten times as much. */
function integers(values: BigInt64Array): Storage {
  const halves = new Int32Array(values.buffer, values.byteOffset, values.length * 2);
  const data = new Float64Array(values.length);
  let narrow = true;
  for (let row = 0; row < data.length; row++) {
    const high = halves[row * 2 + 1]!;
    if (high < -0x200000 || high >= 0x200000)
      return { kind: "bigint", data: values.slice(), valid: undefined };
    const value = high * 0x1_0000_0000 + (halves[row * 2]! >>> 0);
    // 2^53 itself is not safe, as it cannot be told from its neighbour.
    if (value === -(2 ** 53)) return { kind: "bigint", data: values.slice(), valid: undefined };
    data[row] = value;
    narrow &&= (value | 0) === value;
  }
  return { kind: "number", data: narrow ? Int32Array.from(data) : data, valid: undefined };
}

function instants(element: SchemaElement, values: DecodedArray, length: number): Storage {
  const converted = element.converted_type;
  const unit = element.logical_type
    ? unitOf(element.logical_type)
    : converted === "TIMESTAMP_MICROS"
      ? "MICROS"
      : "MILLIS";
  const data = new Float64Array(length);
  let valid: Uint8Array | undefined;
  for (let row = 0; row < length; row++) {
    const value = (values as ArrayLike<unknown>)[row];
    if (value === undefined || value === null) {
      valid ??= new Uint8Array((length + 7) >> 3).fill(255);
      valid[row >> 3]! &= ~(1 << (row & 7));
    } else data[row] = bareInstant(value as bigint, unit);
  }
  return { kind: "instant", data, valid };
}

/** Through core's collector, which knows dictionaries, nulls and 64-bit integers. */
function built(
  name: string,
  leaf: Leaf,
  values: DecodedArray,
  length: number,
  convert: Convert | undefined,
  nothing: unknown = null,
): StoredColumn {
  const { type, scale } = leaf;
  const builder = new TableBuilder([{ name, scale, ...(type === "unknown" ? {} : { type }) }]);
  if (convert) {
    const cells: unknown[] = [];
    for (let row = 0; row < length; row++) {
      const value = (values as ArrayLike<unknown>)[row];
      cells.push(value === undefined || value === null ? nothing : convert(value));
    }
    builder.appendColumns([cells], length);
  } else builder.appendColumns([values], length);
  return columnsOfTable(builder.finish())[0]!;
}

/** Dates and decimals repeat, and making their text costs more than finding it. */
function repeated(convert: Convert | undefined): Convert | undefined {
  if (!convert) return undefined;
  const known = new Map<unknown, unknown>();
  return (value) => {
    if (typeof value === "object") return convert(value);
    let cell = known.get(value);
    if (cell === undefined) {
      cell = convert(value);
      if (known.size < 10_000) known.set(value, cell);
    }
    return cell;
  };
}

/** Values inside of lists, maps and structs. */
function nestedConverter(node: SchemaTree): Convert {
  const { element, children } = node;
  if (children.length === 0) {
    const { cell, type } = leafOf(element);
    const one: Convert = (value) => {
      if (value === undefined || value === null) return null;
      const converted = cell ? (cell as Convert)(value) : value;
      if (type === "timestamp") return new Date(Math.floor(converted as number));
      return typeof converted === "bigint" ? safeInteger(converted) : converted;
    };
    return element.repetition_type === "REPEATED" ? eachOrNone(one) : one;
  }
  if (isList(node)) return each(nestedConverter(listElement(node)));
  if (isMap(node)) {
    const [key, value] = node.children[0]!.children;
    const convertKey = nestedConverter(key!);
    if (!value) return keysOf(node.children[0]!.element.name, key!.element.name, convertKey);
    const convertValue = nestedConverter(value);
    // The library makes objects of maps, or lists of pairs.
    const convertName = nameConverter(key!, convertKey);
    return (map) => mapCell(map, convertKey, convertName, convertValue);
  }
  const fields = children.map((child) => [child.element.name, nestedConverter(child)] as const);
  const struct: Convert = (value) => {
    if (value === undefined || value === null) return null;
    const object = value as Record<string, unknown>;
    return Object.fromEntries(fields.map(([name, convert]) => [name, convert(object[name])]));
  };
  return element.repetition_type === "REPEATED" ? eachOrNone(struct) : struct;
}

/** Of what is repeated without being called a list, which the library gives as null where there is none. */
function eachOrNone(convert: Convert): Convert {
  const list = each(convert);
  return (value) => list(value) ?? [];
}

function each(convert: Convert): Convert {
  return (value) =>
    value === undefined || value === null
      ? null
      : Array.isArray(value) || ArrayBuffer.isView(value)
        ? Array.from(value as ArrayLike<unknown>, convert)
        : convert(value);
}

/** Lists are written in two and three levels: the format's "backward compatibility rules". */
function listElement(node: SchemaTree): SchemaTree {
  const [middle] = node.children;
  const single = middle!.children.length === 1 && middle!.element.name !== "array";
  return single
    ? middle!.children[0]!
    : { ...middle!, element: { ...middle!.element, repetition_type: "REQUIRED" } };
}

function isMap({ element, children }: SchemaTree): boolean {
  const named = element.converted_type ?? element.logical_type?.type;
  return (named === "MAP" || named === "MAP_KEY_VALUE") && children[0]!.children.length > 0;
}

/** Of a map without values, its keys. */
function keysOf(pairs: string, key: string, convert: Convert): Convert {
  return (map) => {
    const list = (map as Record<string, unknown> | null | undefined)?.[pairs];
    return Array.isArray(list)
      ? list.map((pair: Record<string, unknown>) => convert(pair[key]))
      : null;
  };
}

/** A map's key, of which the library has made a property's name while it was bare: a day as its number. */
function nameConverter({ element }: SchemaTree, convert: Convert): (name: string) => string {
  if (!leafOf(element).cell) return (name) => name;
  return (name) => {
    const key = convert(bareOf(element, name));
    return key instanceof Date ? key.toISOString() : String(key);
  };
}

function bareOf({ type }: SchemaElement, name: string): unknown {
  if (type === "INT32") return Number(name);
  if (type === "INT64" || type === "INT96") return BigInt(name);
  return Uint8Array.from(name.split(","), Number);
}

function mapCell(
  map: unknown,
  key: Convert,
  keyName: (name: string) => string,
  value: Convert,
): unknown {
  if (map === undefined || map === null) return null;
  if (Array.isArray(map)) {
    return map.map((pair: { key: unknown; value: unknown }) => ({
      key: key(pair.key),
      value: value(pair.value),
    }));
  }
  return Object.fromEntries(
    Object.entries(map).map(([name, item]) => [keyName(name), value(item)]),
  );
}

function safeInteger(value: bigint): number | bigint {
  return BigInt.asIntN(54, value) === value ? Number(value) : value;
}
