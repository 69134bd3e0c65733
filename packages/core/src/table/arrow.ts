import type * as Flechette from "@uwdata/flechette";
import { ConnError } from "../errors.ts";
import { readExactly } from "./arrow-exact.ts";
import { type ArrowTable, coreFromArrow, typeKey } from "./arrow-values.ts";
import { cellReader, type Column, type Core, isValid } from "./column.ts";
import { jsonValue } from "./text.ts";

type Library = typeof Flechette;
type ArrowType =
  | ReturnType<Library["utf8"]>
  | ReturnType<Library["int"]>
  | ReturnType<Library["timestamp"]>;

export async function readIPC(bytes: Uint8Array): Promise<Core> {
  const { tableFromIPC } = await load();
  const arrow = tableFromIPC(bytes, { useBigInt: true, useDecimalInt: true, useDate: false });
  readExactly(arrow);
  return coreFromArrow(arrow);
}

export async function toIPC(core: Core): Promise<Uint8Array> {
  const library = await load();
  return library.tableToIPC(build(library, core), { format: "stream" }) ?? new Uint8Array();
}

export async function toArrow(core: Core): Promise<ArrowTable> {
  return build(await load(), core);
}

async function load(): Promise<Library> {
  try {
    return await import("@uwdata/flechette");
  } catch (cause) {
    throw new ConnError(
      "CONN_PACKAGE_MISSING",
      "Arrow tables and files need the package @uwdata/flechette.",
      {
        hint: "Install it: npm install @uwdata/flechette@2.6.0",
        cause,
      },
    );
  }
}

function build(library: Library, core: Core): Flechette.Table {
  const columns = core.columns.map((column) => buildColumn(library, column, core.length));
  const pairs = core.columns.map(({ name }, index): [string, Flechette.Column<unknown>] => [
    name,
    columns[index]!,
  ]);
  const table = library.tableFromColumns(pairs);
  const fields = core.columns.map(({ name, type, nulls }, index) =>
    library.field(name, columns[index]!.type, nulls > 0, new Map([[typeKey, type]])),
  );
  return new library.Table({ ...table.schema, fields }, columns);
}

function buildColumn(library: Library, column: Column, length: number): Flechette.Column<unknown> {
  const { storage } = column;
  const read = cellReader(storage);
  const direct = (
    type: ArrowType,
    values: Flechette.TypedArray,
    valid: Uint8Array | undefined,
    bigint = false,
  ) => {
    const Batch = library.batchType(type, { useDate: true, useBigInt: bigint });
    const validity = valid?.slice() ?? new Uint8Array(0);
    // Without a row there is no batch, in any column, for the file format wants equal batches.
    const batches =
      length > 0 ? [new Batch({ length, nullCount: column.nulls, type, validity, values })] : [];
    return new library.Column(batches, type);
  };
  const built = (
    type: unknown,
    convert: (value: unknown) => unknown = same,
  ): Flechette.Column<unknown> => {
    const visit = (add: (value: unknown) => void): void => {
      for (let row = 0; row < length; row++) {
        const value = read(row);
        add(value === null ? null : convert(value));
      }
    };
    return library.columnFromValues(visit, type as ArrowType, { useDate: true });
  };
  switch (storage.kind) {
    case "number": {
      const { data, valid } = storage;
      if (column.type === "float") {
        if (data instanceof Float32Array)
          return direct(library.float32() as unknown as ArrowType, data.slice(), valid);
        return direct(library.float64() as unknown as ArrowType, Float64Array.from(data), valid);
      }
      if (data instanceof Float64Array) {
        return direct(
          library.int64(),
          BigInt64Array.from(data, (value) => BigInt(value)),
          valid,
        );
      }
      return direct(
        library.int((data.BYTES_PER_ELEMENT * 8) as 8 | 16 | 32, isSigned(data)),
        data.slice(),
        valid,
      );
    }
    case "bigint":
      return direct(library.int64(), storage.data.slice(), storage.valid, true);
    case "instant": {
      const { data, valid } = storage;
      if (data.some((ms, row) => isValid(valid, row) && Number.isNaN(ms))) {
        return built(library.timestamp(1, "UTC"), (value) =>
          Number.isNaN(Number(value)) ? null : Number(value),
        );
      }
      const micros = data.some((ms) => !Number.isInteger(ms));
      const values = BigInt64Array.from(data, (ms) => BigInt(micros ? Math.round(ms * 1000) : ms));
      return direct(library.timestamp(micros ? 2 : 1, "UTC"), values, valid);
    }
    case "boolean":
      return built(library.bool());
    case "dictionary":
    case "plain": {
      const typed = typedText(library, column, length, read);
      if (typed) return built(typed.type, typed.convert);
      const text = library.utf8();
      return built(storage.kind === "dictionary" ? library.dictionary(text) : text, String);
    }
    case "object":
      return buildObjects(library, column, built);
  }
}

function buildObjects(
  library: Library,
  column: Column,
  built: (type: unknown, convert?: (value: unknown) => unknown) => Flechette.Column<unknown>,
): Flechette.Column<unknown> {
  if (column.type === "bytes") return built(library.binary());
  const lists = column.storage.data as readonly unknown[];
  for (const [kind, type] of [
    ["number", library.float64()],
    ["string", library.utf8()],
  ] as const) {
    if (column.type === "list" && lists.every((list) => list === null || isListOf(kind, list))) {
      return built(library.list(type));
    }
  }
  return built(library.utf8(), (value) => JSON.stringify(jsonValue(value)));
}

function isListOf(kind: "number" | "string", list: unknown): boolean {
  return Array.isArray(list) && list.every((item) => item === null || typeof item === kind);
}

/** Arrow's own type for text that means a number or a time, where every value can be read as one. */
function typedText(
  library: Library,
  { type }: Column,
  length: number,
  read: (row: number) => unknown,
): { type: unknown; convert: (value: unknown) => unknown } | undefined {
  const every = (test: (text: string) => boolean): boolean => {
    for (let row = 0; row < length; row++) {
      const text = read(row);
      if (typeof text === "string" && !test(text)) return false;
    }
    return true;
  };
  if (type === "date" && every((text) => isoDate.test(text) && isExact(`${text}T00:00:00.000Z`))) {
    return { type: library.dateDay(), convert: (text) => Date.parse(`${String(text)}T00:00:00Z`) };
  }
  if (type === "time" && every((text) => isoTime.test(text))) {
    return { type: library.timeMicrosecond(), convert: (text) => timeMicros(String(text)) };
  }
  if (
    type === "datetime" &&
    every((text) => isExact(`${text.slice(0, 19)}.000Z`) && isoFraction.test(text.slice(19)))
  ) {
    return { type: library.timestamp(2, null), convert: (text) => wallClock(String(text)) };
  }
  if (type !== "decimal") return undefined;
  let [whole, scale] = [1, 0];
  const decimal = every((text) => {
    const parts = plainDecimal.exec(text);
    if (!parts) return false;
    whole = Math.max(whole, parts[1]!.length);
    scale = Math.max(scale, parts[2]?.length ?? 0);
    return true;
  });
  if (!decimal || whole + scale > 76) return undefined;
  const wide = whole + scale > 38;
  return {
    type: library.decimal(wide ? 76 : 38, scale, wide ? 256 : 128),
    convert: (text) => scaled(String(text), scale),
  };
}

const isoDate = /^\d{4}-\d\d-\d\d$/;
const isoTime = /^([01]\d|2[0-3]):([0-5]\d):([0-5]\d)(?:\.(\d{1,6}))?$/;
const isoFraction = /^(\.\d{1,6})?$/;
const plainDecimal = /^-?(\d+)(?:\.(\d+))?$/;

function isExact(iso: string): boolean {
  const ms = Date.parse(iso);
  return !Number.isNaN(ms) && new Date(ms).toISOString() === iso;
}

function timeMicros(text: string): bigint {
  const [, hours, minutes, seconds, fraction = ""] = isoTime.exec(text)!;
  const whole = (Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds);
  return BigInt(whole) * 1_000_000n + BigInt(fraction.padEnd(6, "0"));
}

/** Milliseconds, as if the clock stood in UTC, with microseconds in the fraction. */
function wallClock(text: string): number {
  return Date.parse(`${text.slice(0, 19)}Z`) + Number(`0${text.slice(19)}`) * 1000;
}

function scaled(text: string, scale: number): bigint {
  const [whole = "", fraction = ""] = text.split(".");
  return BigInt(whole + fraction.padEnd(scale, "0"));
}

function isSigned(data: object): boolean {
  return data instanceof Int8Array || data instanceof Int16Array || data instanceof Int32Array;
}

function same(value: unknown): unknown {
  return value;
}
