import type { Table } from "@conn/core";
import { checkReadOptions } from "./check-options.ts";
import { encodingOf, textDecoder } from "./encoding.ts";
import type { Format } from "./format.ts";
import { parseJson } from "./json/parse.ts";
import { limitOf, overLimit } from "./limits.ts";
import { misfitOf } from "./misfit.ts";
import { collect, openSource } from "./open.ts";
import type { FormatOptions } from "./options.ts";
import { formatOfContent, rangedFormat } from "./registry.ts";
import { concatTables, sliceRows } from "./rows.ts";
import { selected } from "./select.ts";
import type { ByteSource } from "./source.ts";
import { decodeText } from "./text.ts";

/**
 * All rows of a file, as a table.
 *
 * @throws CONN_FORMAT where the content is not what its format promises, with the place.
 * @throws CONN_LIMIT where a bound of `limits` is exceeded.
 * @throws CONN_ARGUMENT where `columns`, `where` or `types` name what the file does not have.
 */
export async function readTable(source: ByteSource, options: FormatOptions = {}): Promise<Table> {
  const started = performance.now();
  const { format, opened, close } = await resolve(source, options);
  try {
    const table = await typedTable(format, opened, options);
    return table.withMeta({ ...table.meta, ms: performance.now() - started });
  } finally {
    await close();
  }
}

/**
 * The rows of a file in tables of about `batchSize` rows, read as they are asked for. A column of CSV or JSON
 * can have a wider type in a later table than in one before. Errors as `readTable`.
 */
export async function* readBatches(
  source: ByteSource,
  options: FormatOptions = {},
): AsyncGenerator<Table, void, undefined> {
  const { format, opened, close } = await resolve(source, options);
  let asked = options;
  let any = false;
  try {
    for (;;) {
      try {
        for await (const table of batchesOf(format, opened, asked)) {
          any = true;
          yield table;
        }
        return;
      } catch (error) {
        const wider = any ? undefined : await widerTypes(format, opened, asked, error);
        if (!wider) throw error;
        asked = wider;
      }
    }
  } finally {
    await close();
  }
}

async function* batchesOf(
  format: Format,
  source: ByteSource,
  options: FormatOptions,
): AsyncGenerator<Table, void, undefined> {
  const { limit = Infinity, batchSize = Infinity } = options;
  let left = limit;
  for await (const batch of format.read(source, options)) {
    const table = selected(batch, options, left);
    left -= table.length;
    // Formats read by blocks of bytes, in which short rows are many.
    for (let at = 0; at < table.length; at += batchSize) yield sliceRows(table, at, at + batchSize);
    if (left <= 0) return;
  }
}

/** A file's text, decompressed and decoded. Errors: `CONN_FORMAT` where it is not of its encoding. */
export async function readText(source: ByteSource, options: FormatOptions = {}): Promise<string> {
  const bytes = await readBytes(source, options);
  return decodeText(source.name, textDecoder(encodingOf(source, options, bytes)), bytes);
}

/**
 * A JSON file's value; integers beyond 2^53 are bigint.
 * Errors: `CONN_FORMAT` with line and column where it is no JSON, `CONN_LIMIT` where it is nested too deep.
 */
export async function readJson(source: ByteSource, options: FormatOptions = {}): Promise<unknown> {
  const text = await readText(source, options);
  return parseJson(text, { file: source.name, line: 1, depth: limitOf(options, "depth") });
}

/** A file's bytes, decompressed where its name or content says that they are compressed. */
export async function readBytes(
  source: ByteSource,
  options: FormatOptions = {},
): Promise<Uint8Array> {
  const opened = await openSource(source, options);
  return collect(source.name, opened.source.stream(options.signal), options);
}

interface Resolved {
  readonly format: Format;
  readonly opened: ByteSource;
  close(): Promise<void>;
}

async function resolve(source: ByteSource, options: FormatOptions): Promise<Resolved> {
  checkReadOptions(options);
  // A file that is read by ranges needs no look at its start: its own reader sees what it is.
  const ranged = rangedFormat(source.name, options);
  if (ranged) return { format: ranged, opened: source, close: async () => {} };
  const { source: opened, head, close } = await openSource(source, options);
  try {
    return { format: formatOfContent(opened, options, head), opened, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** One table, whose columns have the types that all rows together suggest. */
async function typedTable(
  format: Format,
  source: ByteSource,
  options: FormatOptions,
): Promise<Table> {
  let asked = options;
  for (;;) {
    try {
      const { table, texts } = await collectTable(format, source, asked);
      if (!format.typed || !texts) return table;
      const types = { ...asked.types, ...texts };
      return (await collectTable(format, source, { ...asked, types })).table;
    } catch (error) {
      const wider = await widerTypes(format, source, asked, error);
      if (!wider) throw error;
      asked = wider;
    }
  }
}

/**
 * The options with the type that a column has by all of its rows, where its first ones suggest another, which
 * a value of `where` does not fit. That takes a look at the whole column, and only then.
 */
async function widerTypes(
  format: Format,
  source: ByteSource,
  options: FormatOptions,
  error: unknown,
): Promise<FormatOptions | undefined> {
  const misfit = misfitOf(error);
  if (!misfit || !format.typed || Object.hasOwn(options.types ?? {}, misfit.name)) return undefined;
  const { where: _where, limit: _limit, ...all } = options;
  const { name } = misfit;
  const { table, texts } = await collectTable(format, source, { ...all, columns: [name] });
  const type = texts ? "string" : table.columns[0]!.type;
  return type === misfit.type
    ? undefined
    : { ...options, types: { ...options.types, [name]: type } };
}

interface Collected {
  readonly table: Table;
  /** Columns that were numbers in one batch and text in another. */
  readonly texts: Record<string, "string"> | undefined;
}

async function collectTable(
  format: Format,
  source: ByteSource,
  options: FormatOptions,
): Promise<Collected> {
  const { limit = Infinity, where, columns } = options;
  // Rows that do not pass are dropped batch by batch; where all are wanted, one table saves the joining.
  const inBatches = where !== undefined || limit !== Infinity;
  const read = format.read(source, inBatches ? options : { ...options, batchSize: Infinity });
  const tables: Table[] = [];
  const cells = limitOf(options, "cells");
  let left = limit;
  let total = 0;
  for await (const batch of read) {
    const table = inBatches || columns ? selected(batch, options, left) : batch;
    left -= table.length;
    total += table.length * table.columns.length;
    if (total > cells) throw overLimit(source.name, "cells", cells, "Its table has too many cells");
    tables.push(table);
    if (left <= 0) break;
  }
  return { table: concatTables(tables), texts: textColumns(tables) };
}

function textColumns(tables: readonly Table[]): Record<string, "string"> | undefined {
  const texts: Record<string, "string"> = {};
  for (const { columns } of tables) {
    for (const { name, type } of columns) {
      if (type !== "string" || Object.hasOwn(texts, name)) continue;
      const mixed = tables.some((table) =>
        table.columns.some(
          (column) => column.name === name && column.type !== "string" && column.type !== "unknown",
        ),
      );
      if (mixed) Object.defineProperty(texts, name, { value: "string", enumerable: true });
    }
  }
  return Object.keys(texts).length > 0 ? texts : undefined;
}
