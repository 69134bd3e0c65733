import { type Table, TableBuilder } from "@conn/core";
import {
  cellReader,
  type Column,
  columnsOfTable,
  isValid,
  type Storage,
  type StoredColumn,
  tableOfColumns,
} from "@conn/core/toolkit";

/** Some rows of a table, by their numbers. */
export function takeRows(table: Table, rows: Uint32Array): Table {
  if (rows.length === table.length) return table;
  const columns = columnsOfTable(table).map((column): StoredColumn => ({
    ...column,
    storage: takeFrom(column.storage, rows),
  }));
  return tableOfColumns(columns, rows.length, table.meta);
}

/**
 * One table of all rows. Columns are matched by name, and are null where a table lacks one; where types differ,
 * the column takes the narrowest type that holds all of its values.
 */
export function concatTables(tables: readonly Table[]): Table {
  const some = tables.filter(({ length }) => length > 0);
  if (some.length < 2) return some[0] ?? tables[0] ?? tableOfColumns([], 0);
  const names = [...new Set(tables.flatMap(({ columns }) => columns.map(({ name }) => name)))];
  const length = some.reduce((sum, table) => sum + table.length, 0);
  const columns = names.map((name) => concatColumn(name, some, length));
  return tableOfColumns(columns, length, some[0]!.meta);
}

interface Part {
  readonly column: Column | undefined;
  readonly length: number;
}

function concatColumn(name: string, tables: readonly Table[], length: number): StoredColumn {
  const parts = tables.map((table): Part => ({
    column: columnsOfTable(table).find((column) => column.name === name),
    length: table.length,
  }));
  const known = parts.flatMap(({ column }) =>
    column && column.type !== "unknown" ? [column] : [],
  );
  const [first] = known;
  const scale = first?.scale;
  const alike =
    first !== undefined &&
    known.length === parts.length &&
    known.every(({ type, storage }) => type === first.type && kindsMix(storage, first.storage));
  if (alike) {
    const storages = known.map(({ storage }) => storage);
    return { name, type: first.type, scale, storage: concatStorage(storages, parts, length) };
  }
  // Only the collector knows how types widen.
  const sameType = first !== undefined && known.every(({ type }) => type === first.type);
  const builder = new TableBuilder([{ name, ...(sameType ? { type: first.type } : {}) }]);
  for (const { column, length: rows } of parts) {
    const read = column ? cellReader(column.storage) : () => null;
    builder.appendColumns([Array.from({ length: rows }, (_, row) => read(row))], rows);
  }
  const [column] = columnsOfTable(builder.finish());
  return { ...column!, scale };
}

function kindsMix(one: Storage, other: Storage): boolean {
  const isText = ({ kind }: Storage): boolean => kind === "dictionary" || kind === "plain";
  return one.kind === other.kind || (isText(one) && isText(other));
}

function concatStorage(
  storages: readonly Storage[],
  parts: readonly Part[],
  length: number,
): Storage {
  const [first] = storages;
  switch (first!.kind) {
    case "number":
    case "boolean":
    case "instant":
    case "bigint":
      return concatArrays(storages as readonly TypedStorage[], parts, length);
    case "dictionary":
    case "plain":
      return concatTexts(storages as readonly TextStorage[], parts, length);
    case "object": {
      const data: unknown[] = [];
      for (const storage of storages)
        for (const value of storage.data as readonly unknown[]) data.push(value);
      return { kind: "object", data };
    }
  }
}

type TypedStorage = Extract<Storage, { valid: Uint8Array | undefined }>;
type TextStorage = Extract<Storage, { kind: "dictionary" | "plain" }>;

function concatArrays(
  storages: readonly TypedStorage[],
  parts: readonly Part[],
  length: number,
): Storage {
  const { kind, data: like } = storages[0]!;
  const same = storages.every(({ data }) => data.constructor === like.constructor);
  const Data = (same ? like.constructor : Float64Array) as Float64ArrayConstructor;
  const data = new Data(length);
  const nullable = storages.some(({ valid }) => valid !== undefined);
  const valid = nullable ? new Uint8Array((length + 7) >> 3).fill(255) : undefined;
  let at = 0;
  for (const [index, storage] of storages.entries()) {
    const rows = parts[index]!.length;
    data.set((storage.data as Float64Array).subarray(0, rows), at);
    if (valid && storage.valid) {
      for (let row = 0; row < rows; row++) {
        if (!isValid(storage.valid, row)) valid[(at + row) >> 3]! &= ~(1 << ((at + row) & 7));
      }
    }
    at += rows;
  }
  return { kind, data, valid } as unknown as Storage;
}

/** Codes into one dictionary while texts repeat, else the texts. */
function concatTexts(
  storages: readonly TextStorage[],
  parts: readonly Part[],
  length: number,
): Storage {
  if (storages.every((storage) => storage.kind === "dictionary")) {
    const codeOf = new Map<string, number>();
    const words: (string | null)[] = [null];
    const codes = new Uint32Array(length);
    let at = 0;
    for (const [index, { data, words: own }] of storages.entries()) {
      const codesOf = own.map((word) => {
        if (word === null) return 0;
        let code = codeOf.get(word);
        if (code === undefined) codeOf.set(word, (code = words.push(word) - 1));
        return code;
      });
      for (let row = 0; row < parts[index]!.length; row++) codes[at++] = codesOf[data[row]!]!;
    }
    const Codes =
      words.length <= 256 ? Uint8Array : words.length <= 65_536 ? Uint16Array : Uint32Array;
    return { kind: "dictionary", data: new Codes(codes), words };
  }
  const data: (string | bigint | null)[] = [];
  for (const [index, storage] of storages.entries()) {
    for (let row = 0; row < parts[index]!.length; row++)
      data.push(storage.kind === "plain" ? storage.data[row]! : storage.words[storage.data[row]!]!);
  }
  return { kind: "plain", data };
}

function takeFrom(storage: Storage, rows: Uint32Array): Storage {
  if (storage.kind === "plain" || storage.kind === "object") {
    const data = Array.from(rows, (row) => storage.data[row]);
    return { kind: storage.kind, data } as Storage;
  }
  const Data = storage.data.constructor as Float64ArrayConstructor;
  const data = new Data(rows.length);
  const from = storage.data as Float64Array;
  for (let index = 0; index < rows.length; index++) data[index] = from[rows[index]!]!;
  if (storage.kind === "dictionary") return { ...storage, data } as unknown as Storage;
  let valid: Uint8Array | undefined;
  if (storage.valid) {
    valid = new Uint8Array((rows.length + 7) >> 3).fill(255);
    for (let index = 0; index < rows.length; index++)
      if (!isValid(storage.valid, rows[index]!)) valid[index >> 3]! &= ~(1 << (index & 7));
  }
  return { ...storage, data, valid } as unknown as Storage;
}

/** The rows from one number to before another. */
export function sliceRows(table: Table, from: number, to: number): Table {
  if (from <= 0 && to >= table.length) return table;
  const length = Math.max(0, Math.min(to, table.length) - from);
  return takeRows(
    table,
    Uint32Array.from({ length }, (_, index) => from + index),
  );
}
