import type { Asking } from "./asking.ts";
import { forEach } from "./each.ts";
import { Front, type Pinned, type Span } from "./front.ts";

/** How far a transfer has come. `total` is unknown where a stream is written. */
export interface Progress {
  readonly bytes: number;
  readonly total: number | undefined;
}

export type OnProgress = (progress: Progress) => void;

/** Bytes for which another request is worth its time. */
const leastPart = 2 * 1024 * 1024;

/**
 * The bytes from `start` to `end` in one buffer, by several requests side by side. Where one is under way
 * already, others help from the end once the line turns out to be slow. Up to `partSize` it is one request.
 */
export async function download(
  asking: Asking,
  pinned: Pinned,
  range: Span,
  onBytes: (bytes: number) => void = () => {},
): Promise<Uint8Array<ArrayBuffer>> {
  const { start, end } = range;
  const { partSize, concurrency } = asking.calling.pace;
  const bytes = new Uint8Array(end - start);
  const fillSpan = (each: Asking, span: Span): Promise<void> =>
    fill(each, pinned, span, bytes.subarray(span.start - start, span.end - start), onBytes);
  const shelf = new Shelf(bytes, onBytes);
  const front = new Front(pinned, range, (chunk) => shelf.add(chunk));
  if (front.slow) {
    await forEach(asking, partsOf(range, partSize), concurrency, fillSpan);
    return bytes;
  }
  let tell: (slow: boolean) => void;
  const slow = new Promise<boolean>((resolve) => (tell = resolve));
  const forward = async (each: Asking): Promise<void> => {
    while (front.at < front.end) {
      await front.pull(each);
      if (front.slow && end - start > partSize) tell(true);
    }
    shelf.clear();
  };
  const forwardToEnd = (each: Asking): Promise<void> => forward(each).finally(() => tell(false));
  const backward = async (each: Asking): Promise<void> => {
    if (await slow)
      await forEach(each, tailsOf(front, partSize, concurrency), concurrency - 1, fillSpan);
  };
  await forEach(asking, [forwardToEnd, backward], 2, (each, task) => task(each));
  return bytes;
}

function* partsOf({ start, end }: Span, size: number): Generator<Span> {
  for (let at = start; at < end; at += size) yield { start: at, end: Math.min(end, at + size) };
}

/** What others take from the end of what is left, ever less, so that all are done at about the same time. */
function* tailsOf(front: Front, partSize: number, concurrency: number): Generator<Span> {
  for (;;) {
    const left = front.end - front.at;
    if (left <= Math.min(partSize, 2 * leastPart)) return;
    const fair = Math.max(leastPart, Math.ceil(left / concurrency));
    const size = Math.min(partSize, fair, Math.ceil(left / 2));
    const { end } = front;
    front.cut(end - size);
    yield { start: end - size, end };
  }
}

/** The bytes in their order, a few parts ahead of whoever takes them; by one request while that is fast enough. */
export async function* stream(
  asking: Asking,
  pinned: Pinned,
  range: Span,
  onBytes: (bytes: number) => void = () => {},
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  const { partSize, concurrency } = asking.calling.pace;
  const left = new AbortController();
  const ahead = asking.under(AbortSignal.any([asking.calling.signal, left.signal]));
  let chunks: Uint8Array[] = [];
  const front = new Front(pinned, range, (chunk) => {
    chunks.push(chunk);
    onBytes(chunk.length);
  });
  const parts: Promise<Uint8Array<ArrayBuffer>>[] = [];
  let next = range.end;
  const goAhead = (): void => {
    const others = front.at < front.end ? concurrency - 1 : concurrency;
    while (next < range.end && parts.length < others) {
      const part = { start: next, end: Math.min(range.end, next + partSize) };
      next = part.end;
      const own = new Uint8Array(part.end - part.start);
      const filled = fill(ahead, pinned, part, own, onBytes).then(() => own);
      // Whoever takes the part hears of its failure; nobody may take it.
      filled.catch(() => {});
      parts.push(filled);
    }
  };
  try {
    while (front.at < front.end) {
      if (front.slow && front.end === range.end && range.end - front.at > partSize) {
        next = front.at + partSize;
        front.cut(next);
      }
      goAhead();
      await front.pull(ahead, partSize);
      // Chunks may share their memory with what is not theirs.
      const own = joined(chunks);
      chunks = [];
      yield own;
    }
    goAhead();
    for (let part = parts.shift(); part; part = parts.shift()) {
      goAhead();
      yield await part;
    }
  } finally {
    front.leave();
    left.abort();
  }
}

/** All bytes of a span, in memory of their length. */
async function fill(
  asking: Asking,
  pinned: Pinned,
  span: Span,
  target: Uint8Array,
  onBytes: (bytes: number) => void,
): Promise<void> {
  const shelf = new Shelf(target, onBytes);
  const front = new Front(pinned, span, (chunk) => shelf.add(chunk));
  while (front.at < front.end) await front.pull(asking);
  shelf.clear();
}

/** Bytes that wait for being put where they belong: to copy each chunk as it comes costs a tenth more. */
class Shelf {
  readonly #target: Uint8Array;
  readonly #onBytes: (bytes: number) => void;
  #chunks: Uint8Array[] = [];
  #size = 0;
  #at = 0;

  constructor(target: Uint8Array, onBytes: (bytes: number) => void) {
    this.#target = target;
    this.#onBytes = onBytes;
  }

  add(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    if (this.#size >= mostHeld) this.clear();
    this.#onBytes(chunk.length);
  }

  /** Nothing waits any more. */
  clear(): void {
    this.#at = copy(this.#chunks, this.#target, this.#at);
    this.#chunks = [];
    this.#size = 0;
  }
}

/** Bytes that wait at most. */
const mostHeld = 32 * 1024 * 1024;

function joined(chunks: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(chunks.reduce((size, { length }) => size + length, 0));
  copy(chunks, bytes, 0);
  return bytes;
}

/** Gives the first place behind them. */
function copy(chunks: readonly Uint8Array[], target: Uint8Array, start: number): number {
  let at = start;
  for (const chunk of chunks) {
    target.set(chunk, at);
    at += chunk.length;
  }
  return at;
}
