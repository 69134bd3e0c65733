/** Bytes to read a format from: a local file, an object in a cloud, a buffer. One version of them. */
export interface ByteSource {
  /** Path or key, for the extension and for messages. */
  readonly name: string;
  /** Bytes in all, where that is known. */
  readonly size: number | undefined;
  readonly contentType?: string | undefined;
  readonly contentEncoding?: string | undefined;
  /** Bytes `start` (inclusive) to `end` (exclusive); fewer where the source ends before. */
  read(start: number, end: number, signal?: AbortSignal): Promise<Uint8Array>;
  /** All bytes, in chunks. It can be called again, and begins at the start again. */
  stream(signal?: AbortSignal): AsyncIterable<Uint8Array>;
}

const chunkSize = 1 << 20;

/** A source over bytes in memory; they must not be changed while it is read. */
export function bytesSource(name: string, bytes: Uint8Array): ByteSource {
  return {
    name,
    size: bytes.length,
    read: async (start, end, signal) => {
      signal?.throwIfAborted();
      return bytes.subarray(start, end);
    },
    stream: async function* (signal) {
      for (let start = 0; start < bytes.length; start += chunkSize) {
        signal?.throwIfAborted();
        yield bytes.subarray(start, start + chunkSize);
      }
    },
  };
}
