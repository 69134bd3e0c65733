import { ConnError } from "@conn/core";
import type { AsyncBuffer, FileMetaData } from "hyparquet";
import { collect } from "../open.ts";
import type { FormatOptions } from "../options.ts";
import { bytesSource, type ByteSource } from "../source.ts";

/** Bytes of the end that are read first: footers are seldom longer. */
const footerSize = 1 << 16;

export interface ParquetFile {
  readonly file: AsyncBuffer;
  readonly metadata: FileMetaData;
}

/**
 * The file by ranges, and its footer.
 * Errors: `CONN_FORMAT` where it is no Parquet, is cut off or encrypted.
 */
export async function openParquet(given: ByteSource, options: FormatOptions): Promise<ParquetFile> {
  const { parquetMetadataAsync } = await import("hyparquet");
  const { name, signal } = { name: given.name, signal: options.signal };
  // Only a file whose end is known can be read by ranges.
  const source =
    given.size === undefined
      ? bytesSource(name, await collect(name, given.stream(signal), options))
      : given;
  const size = source.size!;
  if (size < 12) throw broken(name, `it has ${size} bytes, and the smallest Parquet file 12`);
  let turn = Promise.resolve();
  const file: AsyncBuffer = {
    byteLength: size,
    slice: async (start, end = size) => {
      signal?.throwIfAborted();
      if (start < 0 || end > size || start > end)
        throw broken(
          name,
          `its footer points outside of it, to byte ${Math.max(start, end)} of ${size}`,
        );
      const bytes = await source.read(start, end, signal);
      if (bytes.length < end - start)
        throw new ConnError("CONN_TRUNCATED", `${name} ended before byte ${end}, of ${size}.`);
      // Columns are asked for together and decoded at once when they come: the event loop breathes between them.
      turn = turn.then(() => new Promise((resolve) => setImmediate(resolve)));
      await turn;
      const whole =
        bytes.byteLength === bytes.buffer.byteLength && bytes.buffer instanceof ArrayBuffer;
      return whole ? bytes.buffer : new Uint8Array(bytes).buffer;
    },
  };
  const tail = new Uint8Array(await file.slice(size - Math.min(size, footerSize), size));
  const magic = Buffer.from(tail.subarray(tail.length - 4)).toString("latin1");
  if (magic === "PARE") throw new ConnError("CONN_UNSUPPORTED", `${name} is encrypted Parquet.`);
  if (magic !== "PAR1")
    throw broken(name, "it does not end with PAR1, so it is cut off or another format");
  const claimed = new DataView(tail.buffer, tail.byteOffset + tail.length - 8, 4).getUint32(
    0,
    true,
  );
  if (claimed > size - 12)
    throw broken(name, `its footer claims ${claimed} bytes, and the file has ${size}`);
  const cached: AsyncBuffer = {
    byteLength: size,
    slice: (start, end = size) =>
      start >= size - tail.length
        ? tail.slice(start - (size - tail.length), end - (size - tail.length)).buffer
        : file.slice(start, end),
  };
  const metadata = await explained(name, () =>
    parquetMetadataAsync(cached, { initialFetchSize: tail.length, geoparquet: false }),
  );
  return { file, metadata };
}

/** The library's failures in conn's words. */
export async function explained<T>(name: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    if (cause instanceof ConnError || (cause as Error).name === "AbortError") throw cause;
    throw broken(name, (cause as Error).message, cause);
  }
}

export function broken(name: string, why: string, cause?: unknown): ConnError {
  return new ConnError("CONN_FORMAT", `${name} is no sound Parquet: ${why}.`, {
    hint: "Compare its size with the original's, or write it anew.",
    ...(cause === undefined ? {} : { cause }),
  });
}
