import { constants } from "node:buffer";
import { crc32, inflateRawSync } from "node:zlib";
import type { ZipEntry } from "./zip.ts";

/** Numeric references to characters, of five digits or more. */
const references = /&#(?:x([\da-f]{5,6})|(\d{5,7}));/gi;

/**
 * The same workbook, in which references beyond U+FFFF, as openpyxl writes an emoji, are two: of a pair of
 * surrogates. read-excel-file 9.3 takes them for other characters otherwise, for its parser of XML knows
 * `String.fromCharCode` alone. Workbooks without such references come back as they are.
 */
export function withPairs(bytes: Uint8Array, entries: readonly ZipEntry[]): Uint8Array {
  const mended = entries.map((entry) => mendedText(bytes, entry));
  if (mended.every((text) => text === undefined)) return bytes;
  const files: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let at = 0;
  for (const [index, entry] of entries.entries()) {
    const record = Buffer.from(entry.record);
    record.writeUInt32LE(at, 42);
    const text = mended[index];
    const content = text ?? contentOf(bytes, entry);
    if (text) {
      record.writeUInt16LE(0, 10);
      record.writeUInt32LE(crc32(text), 16);
      record.writeUInt32LE(text.length, 20);
      record.writeUInt32LE(text.length, 24);
    }
    // No bit for sizes behind the content: they stand in the header.
    record.writeUInt16LE(record.readUInt16LE(8) & ~8, 8);
    const name = record.subarray(46, 46 + record.readUInt16LE(28));
    const header = Buffer.alloc(30);
    header.writeUInt32LE(0x04034b50, 0);
    record.copy(header, 4, 6, 30);
    header.writeUInt16LE(0, 28);
    files.push(header, name, content);
    directory.push(record);
    at += header.length + name.length + content.length;
  }
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(
    directory.reduce((size, { length }) => size + length, 0),
    12,
  );
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...files, ...directory, end]);
}

/** The text of a sheet or of the shared strings, mended; undefined where nothing is to mend. */
function mendedText(bytes: Uint8Array, entry: ZipEntry): Buffer | undefined {
  const { name, method, size } = entry;
  if (!/^xl\/(?:sharedStrings|worksheets\/[^/]+)\.xml$/i.test(name)) return undefined;
  if (size > constants.MAX_STRING_LENGTH) return undefined;
  // ASCII is all that a reference has: bytes of other characters go through as they are.
  const content = plain(contentOf(bytes, entry), method, size)?.toString("latin1");
  if (content === undefined) return undefined;
  const text = content.replace(references, (reference, hex?: string, decimal?: string) => {
    const code = hex ? parseInt(hex, 16) : Number(decimal);
    if (code <= 0xffff || code > 0x10ffff) return reference;
    const character = String.fromCodePoint(code);
    return `&#${character.charCodeAt(0)};&#${character.charCodeAt(1)};`;
  });
  return text === content ? undefined : Buffer.from(text, "latin1");
}

/** Undefined where it cannot be read: the reader says why. */
function plain(content: Uint8Array, method: number, size: number): Buffer | undefined {
  if (method === 0) return Buffer.from(content);
  if (method !== 8) return undefined;
  try {
    return inflateRawSync(content, { maxOutputLength: Math.max(1, size) });
  } catch {
    return undefined;
  }
}

function contentOf(bytes: Uint8Array, { start, compressedSize }: ZipEntry): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (start + 30 > bytes.length) return new Uint8Array();
  const from = start + 30 + view.getUint16(start + 26, true) + view.getUint16(start + 28, true);
  return bytes.subarray(from, from + compressedSize);
}
