import * as zlib from "node:zlib";
import { readExactly } from "@conn/core/toolkit";
import type * as Flechette from "@uwdata/flechette";
import { limitOf, overLimit } from "../limits.ts";
import type { FormatOptions } from "../options.ts";
import { decompressFrame } from "./lz4.ts";

type Library = typeof Flechette;
type Decompress = (bytes: Uint8Array, size: number) => Uint8Array;

export interface Decoded {
  readonly table: Flechette.Table;
  /** Bytes that the file's compressed buffers made. */
  readonly decompressed: number;
}

/**
 * The table of a file, whose buffers are decompressed. The library has no codecs of its own but a place for them,
 * which holds ours while it reads.
 */
export async function decodeArrow(
  library: Library,
  name: string,
  bytes: Uint8Array,
  options: FormatOptions,
): Promise<Decoded> {
  const { CompressionType, getCompressionCodec, setCompressionCodec, tableFromIPC } = library;
  const most = Math.min(limitOf(options, "decompressedSize"), 2 ** 32);
  let decompressed = 0;
  const bounded = (decompress: Decompress, perByte: number): Decompress => {
    return (buffer, size) => {
      // Before memory is taken for it.
      if (size > (buffer.length + 1) * perByte)
        throw new Error(`a buffer of ${buffer.length} bytes claims ${size}`);
      decompressed += size;
      if (!(size >= 0 && decompressed <= most))
        throw overLimit(name, "decompressedSize", most, "Decompressed, it has too many bytes");
      const plain = decompress(buffer, size);
      if (plain.length !== size)
        throw new Error(`a buffer has ${plain.length} bytes, and claims ${size}`);
      return plain;
    };
  };
  const codecs = [
    [CompressionType.LZ4_FRAME, bounded(decompressFrame, mostByLZ4)],
    [CompressionType.ZSTD, bounded(await zstd(), mostByZstd)],
  ] as const;
  const before = codecs.map(([type]) => getCompressionCodec(type));
  const encode = (): never => {
    throw new Error("Arrow is written without compression");
  };
  for (const [type, decode] of codecs) setCompressionCodec(type, { encode, decode });
  try {
    // As core's own reading has it, so that no value is rounded.
    const table = tableFromIPC(bytes, { useBigInt: true, useDecimalInt: true, useDate: false });
    readExactly(table);
    return { table, decompressed };
  } finally {
    for (const [index, [type]] of codecs.entries()) setCompressionCodec(type, before[index]!);
  }
}

/** Bytes that a byte can become: one of a length in LZ4, and a third of a repeated block's head in zstd. */
const [mostByLZ4, mostByZstd] = [255, 2 ** 17 / 3];

async function zstd(): Promise<Decompress> {
  if ("zstdDecompressSync" in zlib)
    // A copy, as what a pool gave may begin at an odd byte, where no numbers can be read.
    return (bytes, size) =>
      new Uint8Array(zlib.zstdDecompressSync(bytes, { maxOutputLength: Math.max(size, 1) }));
  // For Node before 22.15.
  const { decompress } = await import("fzstd");
  return (bytes, size) => decompress(bytes, new Uint8Array(size));
}
