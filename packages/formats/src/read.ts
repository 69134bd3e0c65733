import type { Table } from "@conn/core";
import { checkCount } from "@conn/core/toolkit";
import { encodingOf, textDecoder } from "./encoding.ts";
import type { Format } from "./format.ts";
import { parseJson } from "./json/parse.ts";
import { limitOf, overLimit } from "./limits.ts";
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
    let table = await collectTable(format, opened, options);
    const retyped = format.typed ? table.texts : undefined;
    if (retyped) {
      const types = { ...options.types, ...retyped };
      table = await collectTable(format, opened, { ...options, types });
    }
    return table.table.withMeta({
      ...table.table.meta,
      ms: performance.now() - started,
    });
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
  try {
    let left = options.limit ?? Infinity;
    for await (const batch of format.read(opened, options)) {
      const table = selected(batch, options, left);
      left -= table.length;
      // Formats read by blocks of bytes, in which short rows are many.
      const { batchSize = Infinity } = options;
      for (let at = 0; at < table.length; at += batchSize)
        yield sliceRows(table, at, at + batchSize);
      if (left <= 0) return;
    }
  } finally {
    await close();
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
  if (options.limit !== Infinity) checkCount("limit", options.limit, 0);
  if (options.batchSize !== Infinity) checkCount("batchSize", options.batchSize);
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
