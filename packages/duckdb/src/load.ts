import {
  type ColumnInfo,
  type ColumnType,
  type ColumnView,
  ConnError,
  type Table,
} from "@conn/core";
import {
  BIGINT,
  BLOB,
  blobValue,
  BOOLEAN,
  DOUBLE,
  type DuckDBConnection as Handle,
  DuckDBDataChunk,
  DuckDBTimestampTZValue,
  type DuckDBType,
  type DuckDBValue,
  HUGEINT,
  TIMESTAMPTZ,
  VARCHAR,
} from "@duckdb/node-api";
import { quoted } from "./dialect.ts";
import { Breath } from "./interrupt.ts";

/** Rows of a chunk, which DuckDB fixes. */
const chunkRows = 2048;

/** Where rows wait, on one handle alone, for the statement that takes them. */
export const staging = "temp.main.conn_staging";

/**
 * Copies a table into `staging` of this handle through the appender. What DuckDB has no quick way for, such
 * as dates and decimals, stands there as text, for the statement that takes it to convert.
 */
export async function stage(
  handle: Handle,
  table: Table<object>,
  signal: AbortSignal,
): Promise<void> {
  const columns = table.columns.map((info) => staged(info, table));
  const declared = columns.map(({ name, type }) => `${quoted(name)} ${type.toString()}`);
  await handle.run(`create or replace temp table conn_staging (${declared.join(", ")})`);
  const appender = await handle.createAppender("conn_staging", "main", "temp");
  const breath = new Breath();
  try {
    for (let from = 0; from < table.length; from += chunkRows) {
      signal.throwIfAborted();
      const rows = Math.min(chunkRows, table.length - from);
      const chunk = DuckDBDataChunk.create(
        columns.map(({ type }) => type),
        rows,
      );
      for (const [index, { cell }] of columns.entries())
        chunk.setColumnValues(
          index,
          Array.from({ length: rows }, (_, row) => cell(from + row)),
        );
      appender.appendDataChunk(chunk);
      await breath.take();
    }
  } finally {
    appender.closeSync();
  }
}

/** A SELECT of what is staged, each column in the type that its table says, where all its texts can be read so. */
export async function typedSelect(handle: Handle, table: Table<object>): Promise<string> {
  const targets = table.columns.map((info) => ({
    name: quoted(info.name),
    type: textType(info.type),
  }));
  const texts = targets.filter(({ type }) => type !== undefined);
  const misfits =
    texts.length === 0
      ? []
      : (
          await handle.runAndReadAll(
            `select ${texts.map(({ name, type }) => (type === "DECIMAL" ? decimalType(name) : `count(*) filter (${name} is not null and try_cast(${name} as ${type}) is null)`)).join(", ")} from ${staging}`,
          )
        ).getRowsJS()[0]!;
  const selected = targets.map(({ name, type }) => {
    if (type === undefined) return name;
    const found = misfits[texts.findIndex((text) => text.name === name)];
    const to = type === "DECIMAL" ? found : found === 0n ? type : undefined;
    return typeof to === "string" ? `${name}::${to} as ${name}` : name;
  });
  return `select ${selected.join(", ")} from ${staging}`;
}

/** The narrowest decimal that holds all digits of a column; null where none does. */
function decimalType(name: string): string {
  const digits = (part: number): string =>
    `coalesce(max(len(split_part(ltrim(${name}, '-'), '.', ${part}))), 0)`;
  return `case when count(*) = count(*) filter (regexp_full_match(coalesce(${name}, '0'), '-?[0-9]+([.][0-9]+)?')) and ${digits(1)} + ${digits(2)} <= 38 then 'DECIMAL(' || greatest(${digits(1)} + ${digits(2)}, 1) || ',' || ${digits(2)} || ')' end`;
}

/** What a column of texts becomes; undefined for one that is no text, or stays one. */
function textType(type: ColumnType): string | undefined {
  switch (type) {
    case "decimal":
      return "DECIMAL";
    case "date":
      return "DATE";
    case "time":
      return "TIME";
    case "datetime":
      return "TIMESTAMP";
    case "uuid":
      return "UUID";
    case "json":
    case "list":
      return "JSON";
    case "boolean":
    case "integer":
    case "float":
    case "string":
    case "timestamp":
    case "interval":
    case "bytes":
    case "unknown":
      return undefined;
    default:
      return type satisfies never;
  }
}

interface StagedColumn {
  readonly name: string;
  readonly type: DuckDBType;
  readonly cell: (row: number) => DuckDBValue;
}

function staged({ name, type }: ColumnInfo, table: Table<object>): StagedColumn {
  const view = table.column(name as never) as ColumnView;
  const cells = (of: DuckDBType, convert: (value: never) => DuckDBValue): StagedColumn => ({
    name,
    type: of,
    cell(row) {
      const value = view.get(row);
      return value === null ? null : convert(value as never);
    },
  });
  switch (type) {
    case "boolean":
      return cells(BOOLEAN, (value: boolean) => value);
    case "integer":
      return cells(integerType(view), (value: number | bigint) => BigInt(value));
    case "float":
      return cells(DOUBLE, (value: number) => value);
    case "timestamp":
      return cells(TIMESTAMPTZ, (value: Date) => instant(value, name));
    case "bytes":
      return cells(BLOB, (value: Uint8Array) => blobValue(value));
    case "json":
    case "list":
      return cells(VARCHAR, (value: unknown) => JSON.stringify(value));
    case "unknown":
      return cells(VARCHAR, (value: object | string | number | bigint | boolean) =>
        typeof value === "object" ? JSON.stringify(value) : `${value}`,
      );
    case "string":
    case "decimal":
    case "date":
    case "time":
    case "datetime":
    case "interval":
    case "uuid":
      return cells(VARCHAR, (value: string) => value);
    default:
      return type satisfies never;
  }
}

function instant(value: Date, column: string): DuckDBTimestampTZValue {
  if (Number.isNaN(value.getTime()))
    throw new ConnError("CONN_ARGUMENT", `The column ${column} has a Date that is none.`, {
      hint: "Check what it was made from; pass null where there is no date.",
    });
  return new DuckDBTimestampTZValue(BigInt(value.getTime()) * 1000n);
}

function integerType(view: ColumnView): DuckDBType {
  for (const value of view)
    if (typeof value === "bigint" && BigInt.asIntN(64, value) !== value) return HUGEINT;
    // All are bigint, or none is.
    else if (typeof value === "number") return BIGINT;
  return BIGINT;
}
