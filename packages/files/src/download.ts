import type { Asking } from "./asking.ts";
import { forEach } from "./each.ts";
import { truncated } from "./failure.ts";
import type { Location } from "./location.ts";
import type { StoredFile } from "./store.ts";

/** How far a transfer has come. `total` is unknown where a stream is written. */
export interface Progress {
  readonly bytes: number;
  readonly total: number | undefined;
}

export type OnProgress = (progress: Progress) => void;

/** A file, one version of it. */
export interface Pinned {
  readonly location: Location;
  readonly file: StoredFile;
}

/** The bytes from `start` to `end`: large ones as ranges side by side, into one buffer. */
export async function download(
  asking: Asking,
  pinned: Pinned,
  { start, end }: { readonly start: number; readonly end: number },
  onBytes: (bytes: number) => void = () => {},
): Promise<Uint8Array<ArrayBuffer>> {
  const { partSize, concurrency } = asking.calling.pace;
  const bytes = new Uint8Array(end - start);
  await forEach(asking, partsOf(start, end, partSize), concurrency, (each, [from, to]) =>
    fill(each, pinned, bytes.subarray(from - start, to - start), from, onBytes),
  );
  return bytes;
}

function* partsOf(
  start: number,
  end: number,
  size: number,
): Generator<readonly [from: number, to: number]> {
  for (let from = start; from < end; from += size) yield [from, Math.min(end, from + size)];
}

/** The bytes in their order, a few parts ahead of whoever takes them. */
export async function* stream(
  asking: Asking,
  pinned: Pinned,
  { start, end }: { readonly start: number; readonly end: number },
  onBytes: (bytes: number) => void = () => {},
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  const { partSize, concurrency } = asking.calling.pace;
  const left = new AbortController();
  const ahead = asking.under(AbortSignal.any([asking.calling.signal, left.signal]));
  const parts: Promise<Uint8Array<ArrayBuffer>>[] = [];
  let next = start;
  try {
    while (next < end || parts.length > 0) {
      while (next < end && parts.length < concurrency) {
        const from = next;
        next = Math.min(end, from + partSize);
        const part = new Uint8Array(next - from);
        const filled = fill(ahead, pinned, part, from, onBytes).then(() => part);
        // Whoever takes the part hears of its failure; nobody may take it.
        filled.catch(() => {});
        parts.push(filled);
      }
      yield await parts.shift()!;
    }
  } finally {
    left.abort();
  }
}

/** One range, which goes on where it was cut off. */
async function fill(
  asking: Asking,
  { location, file }: Pinned,
  target: Uint8Array,
  start: number,
  onBytes: (bytes: number) => void,
): Promise<void> {
  let filled = 0;
  if (target.length === 0) return;
  await asking.repeated(location, async (signal, { alive }) => {
    const range = { start: start + filled, end: start + target.length, version: file.version };
    for await (const chunk of await asking.store.read(location, range, signal)) {
      signal.throwIfAborted();
      alive();
      // More than was asked for is no answer to this request: a server that ignores ranges.
      if (chunk.length > target.length - filled)
        throw asking.failure(
          { kind: "other", message: "the answer is longer than the range that was asked for" },
          location,
        );
      target.set(chunk, filled);
      filled += chunk.length;
      onBytes(chunk.length);
    }
    if (filled < target.length) throw truncated(asking.about(location), filled, target.length);
  });
}
