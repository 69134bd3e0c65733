import type { Table } from "@conn/core";
import { cellReader, type Column, columnsOfTable, instantText, isValid } from "@conn/core/toolkit";

/**
 * Each row as JSON text. Integers are written with all of their digits, instants and bytes as ISO 8601 and base64,
 * numbers that JSON does not know (NaN, infinities) as null.
 */
export function rowTexts(table: Table): string[] {
  const columns = columnsOfTable(table);
  const cells = columns.map((column) => cellTexts(column));
  const names = columns.map(({ name }) => `${JSON.stringify(name)}:`);
  return Array.from(
    { length: table.length },
    (_, row) => `{${cells.map((cell, index) => names[index]! + cell(row)).join(",")}}`,
  );
}

function cellTexts({ storage }: Column): (row: number) => string {
  if (storage.kind === "instant") {
    return (row) =>
      isValid(storage.valid, row) && !Number.isNaN(storage.data[row])
        ? `"${instantText(storage.data[row]!)}"`
        : "null";
  }
  const read = cellReader(storage);
  return (row) => jsonText(read(row));
}

/** JSON text of any cell; `JSON.stringify` has no word for a bigint. */
function jsonText(value: unknown): string {
  if (typeof value === "bigint") return String(value);
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  if (value instanceof Date) return JSON.stringify(value);
  if (value instanceof Uint8Array) return `"${Buffer.from(value).toString("base64")}"`;
  if (ArrayBuffer.isView(value)) return jsonText([...(value as unknown as Iterable<unknown>)]);
  if (value instanceof Map || value instanceof Set) return jsonText([...value]);
  if (Array.isArray(value)) return `[${value.map(jsonText).join(",")}]`;
  return `{${Object.entries(value)
    .filter(([, item]) => item !== undefined)
    .map(([name, item]) => `${JSON.stringify(name)}:${jsonText(item)}`)
    .join(",")}}`;
}
