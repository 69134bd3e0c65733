import * as zlib from "node:zlib";
import { ConnError, type Table } from "@conn/core";
import { cellReader, type Column, columnsOfTable, isValid } from "@conn/core/toolkit";
import type { SchemaElement } from "hyparquet";
import { Breath } from "../breathe.ts";
import type { WriteOptions } from "../options.ts";
import { sliceRows } from "../rows.ts";

/** Parquet, row group by row group. */
export async function* writeParquet(
  table: Table,
  options: WriteOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { ByteWriter, ParquetWriter } = await import("hyparquet-writer");
  const { rowGroupSize = 100_000, signal } = options;
  const whole = columnsOfTable(table).map((column) => columnPlan(column, table.length));
  const writer = new ByteWriter();
  const schema: SchemaElement[] = [
    { name: "root", num_children: whole.length },
    ...whole.map(({ element }) => element),
  ];
  const parquet = new ParquetWriter({ writer, schema, createdBy: "conn", ...codecOf(options) });
  const breath = new Breath();
  for (let row = 0; row < table.length; row += rowGroupSize) {
    const columns = columnsOfTable(sliceRows(table, row, row + rowGroupSize));
    const length = Math.min(rowGroupSize, table.length - row);
    await parquet.write({
      columnData: columns.map((column, index) => ({
        name: column.name,
        data: whole[index]!.values(column, length),
      })),
      rowGroupSize: length,
    });
    await breath.take(signal);
  }
  await parquet.finish();
  yield new Uint8Array(writer.getBytes());
}

type Values = Int32Array | Float32Array | Float64Array | unknown[];

interface Plan {
  readonly element: SchemaElement;
  /** The values of a slice of the column, as the library takes them for that element. */
  values(column: Column, length: number): Values;
}

/** Parquet's type for a column: decided by all of its rows, for each row group must have the same. */
function columnPlan(column: Column, length: number): Plan {
  const { name, type, storage, nulls } = column;
  const base = { name, repetition_type: nulls > 0 ? ("OPTIONAL" as const) : ("REQUIRED" as const) };
  const plan = (element: Omit<SchemaElement, "name">, convert: (cell: never) => unknown): Plan => ({
    element: { ...base, ...element },
    values: (part, rows) => cells(part, rows, convert as (cell: unknown) => unknown),
  });
  switch (storage.kind) {
    case "boolean":
      return plan({ type: "BOOLEAN" }, same);
    case "instant":
      return {
        element: {
          ...base,
          type: "INT64",
          converted_type: "TIMESTAMP_MICROS",
          logical_type: { type: "TIMESTAMP", isAdjustedToUTC: true, unit: "MICROS" },
        },
        values: ({ storage: part }, rows) => instantCells(part as typeof storage, rows),
      };
    case "bigint":
      return plan({ type: "INT64" }, same);
    case "number":
      if (type === "float") {
        return storage.data instanceof Float32Array
          ? plan({ type: "FLOAT" }, same)
          : plan({ type: "DOUBLE" }, same);
      }
      return storage.data instanceof Float64Array || storage.data instanceof Uint32Array
        ? plan({ type: "INT64" }, (value: number) => BigInt(value))
        : plan({ type: "INT32" }, same);
    case "dictionary":
    case "plain":
      return textPlan(column, length, plan);
    case "object":
      if (type === "bytes") return plan({ type: "BYTE_ARRAY" }, same);
      return plan(
        { type: "BYTE_ARRAY", converted_type: "UTF8", logical_type: { type: "JSON" } },
        jsonText,
      );
  }
}

type MakePlan = (element: Omit<SchemaElement, "name">, convert: (cell: never) => unknown) => Plan;

/** Parquet's own type for text that means a number or a time, where all of it does; else text. */
function textPlan(column: Column, length: number, plan: MakePlan): Plan {
  const text = plan(
    { type: "BYTE_ARRAY", converted_type: "UTF8", logical_type: { type: "STRING" } },
    String,
  );
  const read = cellReader(column.storage);
  const every = (test: RegExp): boolean => {
    for (let row = 0; row < length; row++) {
      const cell = read(row);
      if (cell !== null && (typeof cell !== "string" || !test.test(cell))) return false;
    }
    return true;
  };
  switch (column.type) {
    case "date":
      if (!every(/^\d{4}-\d\d-\d\d$/)) return text;
      return plan(
        { type: "INT32", converted_type: "DATE", logical_type: { type: "DATE" } },
        (cell: string) => Date.parse(`${cell}T00:00:00Z`) / 86_400_000,
      );
    case "datetime":
      if (!every(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?$/)) return text;
      return plan(
        {
          type: "INT64",
          logical_type: { type: "TIMESTAMP", isAdjustedToUTC: false, unit: "MICROS" },
        },
        (cell: string) =>
          BigInt(Date.parse(`${cell.slice(0, 19)}Z`)) * 1000n + micros(cell.slice(20)),
      );
    case "time":
      if (!every(/^\d\d:\d\d:\d\d(?:\.\d{1,6})?$/)) return text;
      return plan(
        {
          type: "INT64",
          logical_type: { type: "TIME", isAdjustedToUTC: false, unit: "MICROS" },
        },
        (cell: string) =>
          BigInt(Date.parse(`1970-01-01T${cell.slice(0, 8)}Z`)) * 1000n + micros(cell.slice(9)),
      );
    case "uuid":
      if (!every(/^[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}$/)) return text;
      return plan(
        { type: "FIXED_LEN_BYTE_ARRAY", type_length: 16, logical_type: { type: "UUID" } },
        same,
      );
    case "decimal":
      return decimalPlan(read, length, plan) ?? text;
    default:
      return text;
  }
}

function decimalPlan(
  read: (row: number) => unknown,
  length: number,
  plan: MakePlan,
): Plan | undefined {
  let [whole, scale] = [1, 0];
  for (let row = 0; row < length; row++) {
    const cell = read(row);
    if (cell === null) continue;
    const parts = /^-?(\d+)(?:\.(\d+))?$/.exec(cell as string);
    if (!parts) return undefined;
    whole = Math.max(whole, parts[1]!.length);
    scale = Math.max(scale, parts[2]?.length ?? 0);
  }
  const precision = whole + scale;
  if (precision > 38) return undefined;
  return plan(
    {
      type: "FIXED_LEN_BYTE_ARRAY",
      type_length: 16,
      converted_type: "DECIMAL",
      logical_type: { type: "DECIMAL", precision, scale },
      precision,
      scale,
    },
    (cell: string) => {
      const [integer = "", fraction = ""] = cell.split(".");
      return BigInt(integer + fraction.padEnd(scale, "0"));
    },
  );
}

function cells(
  { storage, nulls }: Column,
  length: number,
  convert: (cell: unknown) => unknown,
): Values {
  if (storage.kind === "number" && nulls === 0 && convert === same) {
    const { data } = storage;
    if (data instanceof Int32Array || data instanceof Float64Array || data instanceof Float32Array)
      return data.subarray(0, length);
    return Int32Array.from(data.subarray(0, length));
  }
  const read = cellReader(storage);
  return Array.from({ length }, (_, row) => {
    const cell = read(row);
    return cell === null ? undefined : convert(cell);
  });
}

function instantCells(
  { data, valid }: { data: Float64Array; valid: Uint8Array | undefined },
  length: number,
): unknown[] {
  return Array.from({ length }, (_, row) => {
    const ms = data[row]!;
    if (!isValid(valid, row) || Number.isNaN(ms)) return undefined;
    const floor = Math.floor(ms);
    return BigInt(floor) * 1000n + BigInt(Math.round((ms - floor) * 1000));
  });
}

function micros(fraction: string): bigint {
  return BigInt(fraction.padEnd(6, "0").slice(0, 6));
}

function jsonText(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) => {
    if (typeof item === "bigint") return String(item);
    if (item instanceof Uint8Array) return Buffer.from(item).toString("base64");
    if (item instanceof Map || item instanceof Set) return [...item];
    return item;
  });
}

function same(value: unknown): unknown {
  return value;
}

type Compress = (bytes: Uint8Array) => Uint8Array;

function codecOf({ compression = "snappy" }: WriteOptions): {
  codec: "SNAPPY" | "UNCOMPRESSED" | "GZIP" | "BROTLI" | "ZSTD";
  compressors?: Readonly<Record<string, Compress>>;
} {
  switch (compression) {
    case "snappy":
      return { codec: "SNAPPY" };
    case "none":
      return { codec: "UNCOMPRESSED" };
    case "gzip":
      return { codec: "GZIP", compressors: { GZIP: (bytes: Uint8Array) => zlib.gzipSync(bytes) } };
    case "brotli": {
      const params = { [zlib.constants.BROTLI_PARAM_QUALITY]: 5 };
      return {
        codec: "BROTLI",
        compressors: { BROTLI: (bytes: Uint8Array) => zlib.brotliCompressSync(bytes, { params }) },
      };
    }
    case "zstd":
      if ("zstdCompressSync" in zlib)
        return {
          codec: "ZSTD",
          compressors: { ZSTD: (bytes: Uint8Array) => zlib.zstdCompressSync(bytes) },
        };
      throw new ConnError("CONN_UNSUPPORTED", `Node ${process.versions.node} cannot write zstd.`, {
        hint: 'Use Node 22.15 or later, or { compression: "snappy" }.',
      });
    case "deflate":
    case "bzip2":
      throw new ConnError("CONN_UNSUPPORTED", `Parquet has no ${compression}.`, {
        hint: 'Use { compression: "snappy" }, "gzip", "brotli" or "zstd".',
      });
  }
}
