import type { SchemaTree } from "hyparquet";
import { readPageHeader } from "./page-header.ts";

/** The level at which a value of a repeated column is there; undefined of a column that is not repeated. */
export function presentLevel(root: SchemaTree, path: readonly string[]): number | undefined {
  let node: SchemaTree | undefined = root;
  let [level, repeated] = [0, false];
  for (const name of path) {
    node = node.children.find(({ element }) => element.name === name);
    if (!node) return undefined;
    const { repetition_type: repetition } = node.element;
    if (repetition !== "REQUIRED") level++;
    repeated ||= repetition === "REPEATED";
  }
  return repeated ? level : undefined;
}

/**
 * Pages of a repeated column, whose headers of version 2 get the number of nulls that their levels tell. pyarrow
 * leaves out lists that are empty or null, and the library takes all that are not counted for values.
 */
export function withNullCounts(pages: Uint8Array, present: number): Uint8Array {
  const parts: Uint8Array[] = [];
  let copied = 0;
  for (let at = 0; at < pages.length - 1;) {
    const header = readPageHeader(pages, at);
    if (!header || header.compressedSize < 0) break;
    const { second, end } = header;
    at = end + header.compressedSize;
    if (!second) continue;
    const from = end + second.repetitionBytes;
    const levels = pages.subarray(from, from + second.definitionBytes);

    const values = countOf(levels, present, header.values);
    if (values === undefined || header.values - values === second.nulls) continue;
    parts.push(pages.subarray(copied, second.nullsFrom), varint((header.values - values) * 2));
    copied = second.nullsTo;
  }
  return parts.length === 0 ? pages : Buffer.concat([...parts, pages.subarray(copied)]);
}

/** How many of so many levels are the given one, which is the highest; undefined where they are not sound. */
function countOf(bytes: Uint8Array, level: number, length: number): number | undefined {
  const width = 32 - Math.clz32(level);
  let [at, seen, found] = [0, 0, 0];
  while (seen < length) {
    let head = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = bytes[at++];
      if (byte === undefined) return undefined;
      head += (byte & 127) * factor;
      if (byte < 128) break;
    }
    if (head === 0) return undefined;
    if (head % 2 === 0) {
      // Levels fit into one byte, as what is nested deeper is refused.
      const run = Math.min(head / 2, length - seen);
      if (bytes[at++] === level) found += run;
      seen += run;
      continue;
    }
    const run = Math.min((head - 1) * 4, length - seen);
    for (let bit = 0; bit < run * width; bit += width) {
      const word = bytes[at + (bit >> 3)]! | ((bytes[at + (bit >> 3) + 1] ?? 0) << 8);
      if (((word >> (bit & 7)) & ((1 << width) - 1)) === level) found++;
    }
    at += ((head - 1) / 2) * width;
    if (at > bytes.length) return undefined;
    seen += run;
  }
  return found;
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let left = value;
  for (; left > 127; left = Math.floor(left / 128)) bytes.push((left % 128) + 128);
  return Uint8Array.of(...bytes, left);
}
