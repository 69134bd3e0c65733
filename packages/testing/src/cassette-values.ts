import { ConnError, type ColumnType, Table, type TableMeta } from "@conn/core";

/** Data as JSON: what JSON has no word for is an object whose only key is `$` and a kind. */
export type Encoded = null | boolean | number | string | Encoded[] | { [key: string]: Encoded };

/**
 * JSON that keeps types: undefined, bigint, NaN, -0, Date, bytes, Map, Set, URL and tables come back as
 * they were.
 *
 * @throws CONN_ARGUMENT for a function, a symbol, a cycle or an instance of another class.
 */
export function encodeValue(value: unknown, within: readonly object[] = []): Encoded {
  switch (typeof value) {
    case "string":
    case "boolean":
      return value;
    case "number":
      return Number.isFinite(value) && !Object.is(value, -0)
        ? value
        : { $number: Object.is(value, -0) ? "-0" : String(value) };
    case "bigint":
      return { $bigint: String(value) };
    case "undefined":
      return { $undefined: true };
    case "object":
      return value === null ? null : encodeObject(value, within);
    default:
      throw unencodable(`a ${typeof value}`);
  }
}

/** What `encodeValue` made the JSON of. */
export function decodeValue(encoded: Encoded): unknown {
  if (typeof encoded !== "object" || encoded === null) return encoded;
  if (Array.isArray(encoded)) return encoded.map(decodeValue);
  const [[kind, content] = ["", null], ...others] = Object.entries(encoded);
  if (!kind.startsWith("$") || others.length > 0) return objectOf(encoded);
  switch (kind) {
    case "$number":
      return Number(content);
    case "$bigint":
      return BigInt(content as string);
    case "$undefined":
      return undefined;
    case "$date":
      return new Date(content === null ? NaN : (content as string));
    case "$bytes":
      return new Uint8Array(Buffer.from(content as string, "base64"));
    case "$url":
      return new URL(content as string);
    case "$set":
      return new Set((content as Encoded[]).map(decodeValue));
    case "$map":
      return new Map(
        (content as Encoded[][]).map((pair) => pair.map(decodeValue) as [unknown, unknown]),
      );
    case "$table":
      return decodeTable(content as unknown as EncodedTable);
    case "$object":
      return objectOf(content as { [key: string]: Encoded });
    default:
      throw unencodable(`${kind}, which this version does not know,`);
  }
}

interface EncodedTable {
  readonly columns: { readonly name: string; readonly type: ColumnType; readonly scale?: number }[];
  readonly rows: Encoded[][];
  readonly truncated?: true;
}

function encodeObject(value: object, within: readonly object[]): Encoded {
  if (within.includes(value)) throw unencodable("a value that contains itself");
  const encode = (item: unknown): Encoded => encodeValue(item, [...within, value]);
  if (value instanceof Table) return { $table: encodeTable(value) as unknown as Encoded };
  if (value instanceof Date)
    return { $date: Number.isNaN(value.getTime()) ? null : value.toISOString() };
  if (value instanceof Uint8Array) return { $bytes: Buffer.from(value).toString("base64") };
  if (value instanceof URL) return { $url: value.href };
  if (Array.isArray(value)) return Array.from(value, encode);
  if (value instanceof Set) return { $set: Array.from(value, encode) };
  if (value instanceof Map) return { $map: Array.from(value, (pair) => pair.map(encode)) };
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== null && prototype !== Object.prototype)
    throw unencodable(`an instance of ${value.constructor.name || "an unnamed class"}`);
  const entries = Object.entries(value);
  const encoded = Object.fromEntries(entries.map(([key, item]) => [key, encode(item)]));
  // An object of the user's that looks like one of ours says so.
  return entries.length === 1 && entries[0]![0].startsWith("$") ? { $object: encoded } : encoded;
}

function encodeTable(table: Table<object>): EncodedTable {
  const columns = table.columns.map(({ name, type, scale }) =>
    scale === undefined ? { name, type } : { name, type, scale },
  );
  const rows = table
    .rows()
    .map((row) => columns.map(({ name }) => encodeValue((row as Record<string, unknown>)[name])));
  return table.meta.truncated ? { columns, rows, truncated: true } : { columns, rows };
}

function decodeTable({ columns, rows, truncated }: EncodedTable): Table {
  const meta: Partial<TableMeta> = truncated ? { truncated } : {};
  return Table.fromArrays(
    rows.map((row) => row.map(decodeValue)),
    columns,
    meta,
  );
}

function objectOf(encoded: { [key: string]: Encoded }): Record<string, unknown> {
  return Object.fromEntries(Object.entries(encoded).map(([key, item]) => [key, decodeValue(item)]));
}

function unencodable(what: string): ConnError {
  return new ConnError("CONN_ARGUMENT", `A cassette cannot hold ${what}.`, {
    hint: "Record calls whose arguments and results are plain data or tables.",
  });
}
