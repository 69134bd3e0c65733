import * as zlib from "node:zlib";
import type { AsyncBuffer, FileMetaData, SchemaTree } from "hyparquet";
import { broken } from "./file.ts";
import { presentLevel, withNullCounts } from "./null-counts.ts";
import { type PageHeader, readPageHeader } from "./page-header.ts";

interface Chunk {
  readonly start: number;
  readonly end: number;
  readonly values: number;
  readonly size: number;
  readonly nested: boolean;
  /** The level of values that are there, where the column is repeated. */
  readonly present: number | undefined;
  /** Where it stands, for messages. */
  readonly place: string;
}

/**
 * The file, whose column chunks are checked as they come: no page claims more than the footer does for its
 * column, as the library allocates what pages claim, and pages with a checksum match it.
 */
export function checkedPages(
  name: string,
  file: AsyncBuffer,
  metadata: FileMetaData,
  root: SchemaTree,
): AsyncBuffer {
  const chunks = chunksOf(metadata, root);
  return {
    byteLength: file.byteLength,
    slice: async (start, end = file.byteLength) => {
      const buffer = await file.slice(start, end);
      for (let at = firstFrom(chunks, start); at < chunks.length; at++) {
        const chunk = chunks[at]!;
        if (chunk.start >= end) break;
        if (chunk.end <= end)
          checkPages(
            name,
            chunk,
            new Uint8Array(buffer, chunk.start - start, chunk.end - chunk.start),
          );
      }
      return mended(buffer, start, end, chunks);
    },
  };
}

/** What was fetched, with repeated columns mended as the library cuts them out of it. */
function mended(
  buffer: ArrayBuffer,
  start: number,
  end: number,
  chunks: readonly Chunk[],
): ArrayBuffer {
  const before = chunks[firstFrom(chunks, start + 1) - 1];
  const own = before && before.end >= end ? before : undefined;
  if (own?.present !== undefined) {
    const pages = withNullCounts(new Uint8Array(buffer), own.present);
    return pages.buffer === buffer ? buffer : Uint8Array.from(pages).buffer;
  }
  const first = firstFrom(chunks, start);
  const some = chunks.slice(first, firstFrom(chunks, end));
  if (own || some.every(({ present }) => present === undefined)) return buffer;
  const cut = (from = 0, to = buffer.byteLength): ArrayBuffer =>
    mended(buffer.slice(from, to), start + from, start + to, chunks);
  return { byteLength: buffer.byteLength, slice: cut } as ArrayBuffer;
}

function chunksOf(metadata: FileMetaData, root: SchemaTree): Chunk[] {
  return metadata.row_groups
    .flatMap(({ columns }, group) =>
      columns.flatMap(({ meta_data: meta }) => {
        if (!meta) return [];
        const start = Number(meta.dictionary_page_offset || meta.data_page_offset);
        const path = meta.path_in_schema;
        return {
          start,
          end: start + Number(meta.total_compressed_size),
          values: Number(meta.num_values),
          size: Number(meta.total_uncompressed_size),
          nested: path.length > 1,
          present: presentLevel(root, path),
          place: `of column "${path.join(".")}" in row group ${group}`,
        };
      }),
    )
    .sort((one, other) => one.start - other.start);
}

function firstFrom(chunks: readonly Chunk[], start: number): number {
  let [low, high] = [0, chunks.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (chunks[middle]!.start < start) low = middle + 1;
    else high = middle;
  }
  return low;
}

function checkPages(name: string, chunk: Chunk, bytes: Uint8Array): void {
  let left = chunk.values;
  let at = 0;
  // As the library reads: bytes behind the last value of a flat column are not looked at.
  for (let page = 0; at < bytes.length - 1 && (left > 0 || chunk.nested); page++) {
    const refuse = (why: string): Error => broken(name, `page ${page} ${chunk.place} ${why}`);
    const header = readPageHeader(bytes, at);
    if (!header) throw refuse("has no sound header");
    at = header.end + header.compressedSize;
    if (header.compressedSize < 0 || at > bytes.length)
      throw refuse(
        `claims ${header.compressedSize} bytes, and ${bytes.length - header.end} are left`,
      );
    if (header.size < 0 || header.size > chunk.size)
      throw refuse(
        `claims ${header.size} bytes, and the footer ${chunk.size} for its whole column`,
      );
    const most = header.dictionary ? header.size : left;
    if (header.values < 0 || header.values > most || header.rows > header.values)
      throw refuse(`claims ${header.values} values, and ${most} at most can be left`);
    if (!header.dictionary) left -= header.values;
    checkSum(header, bytes.subarray(header.end, at), refuse);
  }
}

function checkSum(
  { checksum }: PageHeader,
  data: Uint8Array,
  refuse: (why: string) => Error,
): void {
  // Node.js 22.0 and 22.1 have no crc32.
  if (checksum === undefined || typeof zlib.crc32 !== "function") return;
  if (zlib.crc32(data) !== checksum >>> 0) throw refuse("does not match its checksum");
}
