import type { ByteSource } from "@conn/formats";
import type { Asking } from "./asking.ts";
import { download, stream } from "./download.ts";
import type { Pinned } from "./front.ts";

/** Files up to this are fetched whole at once: more requests would cost more than the bytes. */
const small = 1024 * 1024;

/** One version of a file, as formats read it. */
export function sourceOf(
  asking: Asking,
  pinned: Pinned,
  name: string,
  onBytes: (bytes: number) => void,
): ByteSource {
  const { size, contentType, contentEncoding } = pinned.file;
  const under = (signal: AbortSignal | undefined): Asking =>
    signal ? asking.under(AbortSignal.any([asking.calling.signal, signal])) : asking;
  let whole: Promise<Uint8Array> | undefined;
  const fetchWhole = (): Promise<Uint8Array> =>
    (whole ??= download(asking, pinned, { start: 0, end: size }, onBytes));
  return {
    name,
    size,
    contentType,
    contentEncoding,
    async read(start, end, signal) {
      const range = { start: Math.min(start, size), end: Math.min(end, size) };
      if (size <= small) return (await fetchWhole()).subarray(range.start, range.end);
      return download(under(signal), pinned, range, onBytes);
    },
    async *stream(signal) {
      if (size <= small) yield await fetchWhole();
      else yield* stream(under(signal), pinned, { start: 0, end: size }, onBytes);
    },
  };
}
