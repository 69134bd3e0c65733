import { Readable } from "node:stream";
import * as zlib from "node:zlib";
import { ConnError } from "@conn/core";
import { limitOf, overLimit } from "./limits.ts";
import type { Compression, FormatOptions } from "./options.ts";
import { cutAtFrames } from "./zstd-frames.ts";

const extensions: Readonly<Record<string, Compression>> = {
  gz: "gzip",
  gzip: "gzip",
  br: "brotli",
  zst: "zstd",
  zstd: "zstd",
  bz2: "bzip2",
  zz: "deflate",
  deflate: "deflate",
};

const encodings: Readonly<Record<string, Compression>> = {
  gzip: "gzip",
  "x-gzip": "gzip",
  br: "brotli",
  zstd: "zstd",
  deflate: "deflate",
};

/** The codec that a file's extension names. */
export function compressionByName(name: string): Compression | undefined {
  const extension = extensionOf(name);
  return Object.hasOwn(extensions, extension) ? extensions[extension] : undefined;
}

/** The codec that a server announces. */
export function compressionByEncoding(encoding: string | undefined): Compression | undefined {
  const key = encoding?.trim().toLowerCase() ?? "";
  return Object.hasOwn(encodings, key) ? encodings[key] : undefined;
}

/** The codec that the first bytes show. Brotli and deflate have no mark. */
export function compressionByContent(head: Uint8Array): Compression | undefined {
  if (head[0] === 0x1f && head[1] === 0x8b) return "gzip";
  const text = Buffer.from(head.subarray(0, 10)).toString("latin1");
  // A frame, or one that decoders pass over, with which pzstd begins.
  if (/^(?:\x28\xb5\x2f\xfd|[\x50-\x5f]\x2a\x4d\x18)/.test(text)) return "zstd";
  // A first block, or the end of a file of nothing.
  if (/^BZh[1-9](?:1AY&SY|\x17\x72\x45\x38\x50\x90)/.test(text)) return "bzip2";
  return undefined;
}

export function extensionOf(name: string): string {
  return /\.([^./\\]+)$/.exec(name)?.[1]?.toLowerCase() ?? "";
}

/** The bytes decompressed, at most as many as the limit allows. */
export async function* decompressed(
  file: string,
  compression: Compression,
  chunks: AsyncIterable<Uint8Array>,
  options: FormatOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  const limit = limitOf(options, "decompressedSize");
  let size = 0;
  try {
    for await (const chunk of decoderOf(compression)(chunks)) {
      size += chunk.length;
      if (size > limit)
        throw overLimit(file, "decompressedSize", limit, "Decompressed, it has too many bytes");
      yield chunk;
    }
  } catch (cause) {
    if (!isCodecError(cause)) throw cause;
    throw new ConnError("CONN_FORMAT", `${file}: its ${compression} data cannot be decompressed.`, {
      hint: "It may be cut off or damaged; compare its size with the original's.",
      cause,
    });
  }
}

/** The chunks compressed. */
export function compressed(
  compression: Compression,
  chunks: AsyncIterable<Uint8Array>,
): AsyncIterable<Uint8Array> {
  switch (compression) {
    case "gzip":
      return through(zlib.createGzip(), chunks);
    case "deflate":
      return through(zlib.createDeflate(), chunks);
    case "brotli": {
      // The default quality, 11, is for files that are compressed once and served for years.
      const params = { [zlib.constants.BROTLI_PARAM_QUALITY]: 5 };
      return through(zlib.createBrotliCompress({ params }), chunks);
    }
    case "zstd":
      if (!("createZstdCompress" in zlib)) {
        throw new ConnError(
          "CONN_UNSUPPORTED",
          `Node ${process.versions.node} cannot write zstd.`,
          {
            hint: 'Use Node 22.15 or later, or { compression: "gzip" }.',
          },
        );
      }
      return through(zlib.createZstdCompress(), chunks);
    case "bzip2":
      throw new ConnError("CONN_UNSUPPORTED", "bzip2 is read, but not written.", {
        hint: 'Use { compression: "gzip" } or "zstd".',
      });
  }
}

type Decode = (chunks: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>;

function decoderOf(compression: Compression): Decode {
  switch (compression) {
    case "gzip":
      return (chunks) => through(zlib.createGunzip({ chunkSize: 1 << 18 }), chunks);
    case "deflate":
      return (chunks) => through(zlib.createInflate({ chunkSize: 1 << 18 }), chunks);
    case "brotli":
      return (chunks) => through(zlib.createBrotliDecompress({ chunkSize: 1 << 18 }), chunks);
    case "zstd":
      if ("createZstdDecompress" in zlib)
        return (chunks) =>
          through(zlib.createZstdDecompress({ chunkSize: 1 << 18 }), cutAtFrames(chunks));
      return unzstd;
    case "bzip2":
      return async function* (chunks) {
        const { bunzip2 } = await import("./bzip2.ts");
        yield* bunzip2(chunks);
      };
  }
}

function through(
  codec: NodeJS.ReadWriteStream,
  chunks: AsyncIterable<Uint8Array>,
): AsyncIterable<Uint8Array> {
  const from = Readable.from(chunks, { objectMode: true });
  // A failure of the source ends the codec too, or its reader would wait for good.
  from.on("error", (error) => (codec as unknown as Readable).destroy(error));
  from.pipe(codec);
  (codec as unknown as Readable).once("close", () => from.destroy());
  return codec as unknown as AsyncIterable<Uint8Array>;
}

/** For Node before 22.15, which has no zstd. */
export async function* unzstd(
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { Decompress } = await import("fzstd");
  let ready: Uint8Array[] = [];
  const stream = new Decompress((chunk) => ready.push(chunk.slice()));
  for await (const chunk of chunks) {
    // In small steps, so that a bomb meets the limit before it fills the memory.
    for (let at = 0; at < chunk.length; at += 1 << 14) {
      stream.push(chunk.subarray(at, at + (1 << 14)));
      yield* ready;
      ready = [];
    }
  }
  stream.push(new Uint8Array(), true);
  yield* ready;
}

function isCodecError(error: unknown): boolean {
  if (!(error instanceof Error) || error instanceof ConnError) return false;
  const { code } = error as { code?: unknown };
  return (
    /^(Z_|ERR__|ERR_BROTLI|ZSTD_|ERR_ZSTD|CONN_BZIP2)/.test(String(code)) ||
    /zstd/i.test(error.message)
  );
}
