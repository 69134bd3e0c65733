import type { Table } from "@conn/core";
import { type StoredColumn, tableOfColumns } from "@conn/core/toolkit";
import type { Compressors, FileMetaData, ParquetParsers, RowGroup, SchemaTree } from "hyparquet";
import { noColumn } from "../absent.ts";
import { Breath } from "../breathe.ts";
import { limitOf, overLimit } from "../limits.ts";
import type { FormatOptions } from "../options.ts";
import { sliceRows } from "../rows.ts";
import { namedColumns, testedColumns } from "../select.ts";
import type { ByteSource } from "../source.ts";
import { passing } from "../where.ts";
import { storedColumn } from "./columns.ts";
import { broken, explained, openParquet } from "./file.ts";
import { checkedPages } from "./pages.ts";
import { mayPass } from "./prune.ts";
import { bareSchema } from "./schema.ts";

/**
 * The rows in tables. Only the bytes of the columns asked for are read; row groups that cannot hold a row of
 * `where` are left out by their statistics, and of others the columns that it tests come first.
 */
export async function* readParquet(
  source: ByteSource,
  options: FormatOptions,
): AsyncGenerator<Table, void, undefined> {
  const { parquetScan, parquetSchema } = await import("hyparquet");
  const { name } = source;
  const { file, metadata } = await openParquet(source, options);
  const root = await explained(name, async () => parquetSchema(metadata));
  const existing = root.children.map(({ element }) => element.name);
  const wanted = [...(namedColumns(options) ?? existing)];
  for (const column of wanted) if (!existing.includes(column)) throw noColumn(column, existing);
  const tested = testedColumns(options);
  for (const column of tested) if (!existing.includes(column)) throw noColumn(column, existing);
  check(name, metadata, wanted, options);
  const bare: FileMetaData = { ...metadata, schema: bareSchema(metadata.schema) };
  const scan = await explained(name, async () =>
    parquetScan({
      file: checkedPages(name, file, metadata, root),
      metadata: bare,
      columns: wanted,
      compressors: await boundedCompressors(name, metadata),
      utf8: false,
      geoparquet: false,
      parsers: parsers(),
    }),
  );
  const nodes = new Map(
    root.children.map((node): [string, SchemaTree] => [node.element.name, node]),
  );
  const read = async (
    columns: readonly string[],
    from: number,
    to: number,
  ): Promise<StoredColumn[]> =>
    Promise.all(
      columns.map(async (column) => {
        const values = await explained(name, () =>
          scan.readColumn({ column, rowStart: from, rowEnd: to }),
        );
        if (values.length < to - from)
          throw broken(
            name,
            `column "${column}" has ${values.length} values where ${to - from} are due`,
          );
        return storedColumn(nodes.get(column)!, values, to - from);
      }),
    );

  const breath = new Breath();
  const { where, limit = Infinity, batchSize = 65_536 } = options;
  let left = where === undefined ? limit : Infinity;
  let start = 0;
  let any = false;
  for (const group of metadata.row_groups) {
    const rows = Number(group.num_rows);
    const from = start;
    start += rows;
    if (rows === 0 || (where !== undefined && !mayPass(group, root, where))) continue;
    const to = from + Math.min(rows, left);
    const first = where === undefined ? wanted : [...tested];
    const columns = await read(first, from, to);
    const look = tableOfColumns(columns, to - from);
    await breath.take(options.signal);
    // Where no row passes, the other columns need not come.
    if (where !== undefined && passing(look, where).length === 0) continue;
    const rest = wanted.filter((column) => !first.includes(column));
    const all = [...columns, ...(await read(rest, from, to))];
    const ordered = wanted.map((column) => all.find((each) => each.name === column)!);
    const table = tableOfColumns(ordered, to - from);
    any = true;
    for (let at = 0; at < table.length; at += batchSize) {
      yield sliceRows(table, at, at + batchSize);
      await breath.take(options.signal);
    }
    left -= table.length;
    if (left <= 0) return;
  }
  if (!any) yield emptyTable(wanted, nodes);
}

/** Stops a bomb before it is read: what the footer claims bounds what is decompressed. */
function check(
  name: string,
  metadata: FileMetaData,
  wanted: readonly string[],
  options: FormatOptions,
): void {
  let bytes = 0;
  let rows = 0;
  for (const group of metadata.row_groups) {
    rows += Number(group.num_rows);
    for (const { meta_data: meta } of group.columns)
      if (meta && wanted.includes(meta.path_in_schema[0]!))
        bytes += Number(meta.total_uncompressed_size);
  }
  // Some writers count rows in their groups alone.
  if (rows < 0 || (rows !== Number(metadata.num_rows) && metadata.num_rows !== 0n))
    throw broken(name, `its footer claims ${metadata.num_rows} rows, and its row groups ${rows}`);
  const size = limitOf(options, "decompressedSize");
  if (bytes > size)
    throw overLimit(name, "decompressedSize", size, `Decompressed, it has ${bytes} bytes`);
  const cells = limitOf(options, "cells");
  const read =
    options.where === undefined
      ? Math.min(rows, options.limit ?? Infinity)
      : largest(metadata.row_groups);
  if (read * wanted.length > cells) throw overLimit(name, "cells", cells, `It has ${rows} rows`);
}

function largest(groups: readonly RowGroup[]): number {
  return groups.reduce((most, group) => Math.max(most, Number(group.num_rows)), 0);
}

/** The codecs, which no page makes give more than the footer claims for the largest column. */
async function boundedCompressors(name: string, metadata: FileMetaData): Promise<Compressors> {
  const { compressors } = await import("hyparquet-compressors");
  let most = 0;
  for (const { columns } of metadata.row_groups)
    for (const { meta_data: meta } of columns)
      most = Math.max(most, Number(meta?.total_uncompressed_size ?? 0));
  const bounded = Object.entries(compressors).map(([codec, decompress]) => [
    codec,
    (input: Uint8Array, size: number): Uint8Array => {
      if (!(size >= 0 && size <= most))
        throw broken(
          name,
          `a page claims ${size} bytes, and the footer ${most} for its whole column`,
        );
      // An LZ4 block of nothing, as of a page of nulls alone, is not known to the library.
      return size === 0 ? new Uint8Array() : decompress(input, size);
    },
  ]);
  return Object.fromEntries(bounded) as Compressors;
}

/** For one reading, as what they keep is not to outlive it. */
function parsers(): Partial<ParquetParsers> {
  let page: Buffer | undefined;
  return {
    timestampFromNanoseconds: (nanos: bigint) => nanos,
    stringFromBytes(bytes: Uint8Array | undefined): string | undefined {
      if (bytes === undefined || bytes === null) return undefined;
      // Texts of a page share their memory, and one Buffer over it costs less than one for each.
      if (page?.buffer !== bytes.buffer) page = Buffer.from(bytes.buffer);
      return page.toString("utf8", bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
    },
  };
}

function emptyTable(wanted: readonly string[], nodes: ReadonlyMap<string, SchemaTree>): Table {
  return tableOfColumns(
    wanted.map((column) => storedColumn(nodes.get(column)!, [], 0)),
    0,
  );
}
