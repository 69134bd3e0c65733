import { ConnError } from "@conn/core";
import {
  compressionByContent,
  compressionByEncoding,
  compressionByName,
  decompressed,
} from "./compression.ts";
import { limitOf, overLimit } from "./limits.ts";
import type { Compression, FormatOptions } from "./options.ts";
import type { ByteSource } from "./source.ts";

/** A source whose bytes are decompressed, with its first ones. */
export interface Opened {
  readonly source: ByteSource;
  readonly head: Uint8Array;
  /** Ends the stream that was begun for the sake of `head`, where nobody went on with it. */
  close(): Promise<void>;
}

/** Bytes that are enough to recognise a format. */
const headSize = 1 << 12;

/** Begins to read a source, which costs one request: what was read is not read again. */
export async function openSource(source: ByteSource, options: FormatOptions): Promise<Opened> {
  const raw = await peek(source.stream(options.signal));
  const compression = compressionOf(source, options, raw.head);
  if (compression === undefined) {
    const stream = once(raw.chunks, (signal) => source.stream(signal));
    return { source: { ...withRead(source), stream }, head: raw.head, close: raw.close };
  }
  const decode = (chunks: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> =>
    decompressed(source.name, compression, chunks, options);
  const plain = await peek(decode(raw.chunks()));
  const stream = once(plain.chunks, (signal) => decode(source.stream(signal)));
  return {
    source: {
      name: source.name,
      size: undefined,
      contentType: source.contentType,
      stream,
      read: async (start, end, signal) =>
        (await collect(source.name, stream(signal), options)).subarray(start, end),
    },
    head: plain.head,
    close: plain.close,
  };
}

/** All bytes of a stream, at most as many as the limit allows. */
export async function collect(
  file: string,
  chunks: AsyncIterable<Uint8Array>,
  options: FormatOptions,
): Promise<Uint8Array> {
  const limit = Math.min(limitOf(options, "decompressedSize"), 2 ** 32);
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.length;
    if (size > limit) throw overLimit(file, "decompressedSize", limit, "It has too many bytes");
    parts.push(chunk);
  }
  return parts.length === 1 ? parts[0]! : Buffer.concat(parts, size);
}

function compressionOf(
  source: ByteSource,
  { compression }: FormatOptions,
  head: Uint8Array,
): Compression | undefined {
  if (compression !== undefined) return compression === "none" ? undefined : compression;
  const shown = compressionByContent(head);
  if (shown) return shown;
  const named = compressionByName(source.name);
  // These have no mark, so the name has to be believed; of the others the content tells.
  if (named === "brotli" || named === "deflate") return named;
  // Parquet compresses its pages, and many call such a file `pets.parquet.gzip`, as pandas' manual does.
  if (named && Buffer.from(head.subarray(0, 4)).toString("latin1") === "PAR1") return undefined;
  if (named) {
    throw new ConnError(
      "CONN_FORMAT",
      `${source.name}: its name says ${named}, and its content is not.`,
      {
        hint: 'Read it as it is: { compression: "none" }.',
      },
    );
  }
  const announced = compressionByEncoding(source.contentEncoding);
  return announced === "brotli" || announced === "deflate" ? announced : undefined;
}

function withRead(source: ByteSource): ByteSource {
  const { name, size, contentType } = source;
  const read: ByteSource["read"] = (start, end, signal) => source.read(start, end, signal);
  return { name, size, contentType, read, stream: (signal) => source.stream(signal) };
}

/** The first call goes on with what was begun; later ones begin again. */
function once(
  begun: () => AsyncIterable<Uint8Array>,
  again: (signal: AbortSignal | undefined) => AsyncIterable<Uint8Array>,
): (signal?: AbortSignal) => AsyncIterable<Uint8Array> {
  let used = false;
  return (signal) => {
    if (used) return again(signal);
    used = true;
    return begun();
  };
}

async function peek(stream: AsyncIterable<Uint8Array>): Promise<{
  head: Uint8Array;
  chunks: () => AsyncIterable<Uint8Array>;
  close: () => Promise<void>;
}> {
  const iterator = stream[Symbol.asyncIterator]();
  const begun: Uint8Array[] = [];
  let size = 0;
  let done = false;
  while (size < headSize && !done) {
    const next = await iterator.next();
    if (next.done) done = true;
    else {
      begun.push(next.value);
      size += next.value.length;
    }
  }
  const close = async (): Promise<void> => {
    await iterator.return?.();
  };
  const chunks = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      yield* begun;
      while (!done) {
        const next = await iterator.next();
        if (next.done) done = true;
        else yield next.value;
      }
    } finally {
      await close();
    }
  };
  return { head: Buffer.concat(begun).subarray(0, 1 << 16), chunks, close };
}
