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
 * The most bytes that wait for their place: on a fast line all are put there together at the end, which
 * spares what they lay in from being collected, and taken anew, as they come.
 */
const mostHeld = 32 * 1024 * 1024;

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
  let buffer: Uint8Array<ArrayBuffer> | undefined;
  const target = (): Uint8Array<ArrayBuffer> => (buffer ??= new Uint8Array(end - start));
  const fillSpan = (each: Asking, span: Span): Promise<void> =>
    fill(each, new Front(pinned, span, onBytes), target(), start);
  const front = new Front(pinned, range, onBytes);
  if (front.slow) {
    await forEach(asking, partsOf(range, partSize), concurrency, fillSpan);
    return target();
  }
  let tell: (slow: boolean) => void;
  const slow = new Promise<boolean>((resolve) => (tell = resolve));
  const forward = async (each: Asking): Promise<void> => {
    let held: Uint8Array[] = [];
    let from = start;
    while (front.at < front.end) {
      for (const chunk of await front.pull(each)) held.push(chunk);
      if (front.slow && end - start > partSize) tell(true);
      if (!front.slow && front.at - from < mostHeld && front.at < front.end) continue;
      copy(held, target(), from - start);
      from = front.at;
      held = [];
    }
  };
  const backward = async (each: Asking): Promise<void> => {
    if (await slow)
      await forEach(each, tailsOf(front, partSize, concurrency), concurrency - 1, fillSpan);
  };
  const forwardToEnd = (each: Asking): Promise<void> => forward(each).finally(() => tell(false));
  await forEach(asking, [forwardToEnd, backward], 2, (each, task) => task(each));
  return target();
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
  const front = new Front(pinned, range, onBytes);
  const parts: Promise<Uint8Array<ArrayBuffer>>[] = [];
  let next = range.end;
  const goAhead = (): void => {
    const others = front.at < front.end ? concurrency - 1 : concurrency;
    while (next < range.end && parts.length < others) {
      const part = { start: next, end: Math.min(range.end, next + partSize) };
      next = part.end;
      const own = new Uint8Array(part.end - part.start);
      const filled = fill(ahead, new Front(pinned, part, onBytes), own, part.start).then(() => own);
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
      const chunks = await front.pull(ahead);
      // Chunks may share their memory with what is not theirs.
      const own = new Uint8Array(chunks.reduce((size, { length }) => size + length, 0));
      copy(chunks, own, 0);
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

/** All that is left to take, where it belongs in a buffer that begins at `start`. */
async function fill(
  asking: Asking,
  front: Front,
  target: Uint8Array,
  start: number,
): Promise<void> {
  while (front.at < front.end) {
    const at = front.at - start;
    copy(await front.pull(asking), target, at);
  }
}

function copy(chunks: readonly Uint8Array[], target: Uint8Array, start: number): void {
  let at = start;
  for (const chunk of chunks) {
    target.set(chunk, at);
    at += chunk.length;
  }
}
