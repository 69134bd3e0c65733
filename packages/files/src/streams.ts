import type { Body } from "./store.ts";

/** A stream of what a generator gives; leaving it ends the generator at once, and what it waits for. */
export function readableOf(
  chunks: AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined>,
  leave: () => void,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream(
    {
      async pull(controller) {
        const { done, value } = await chunks.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      async cancel() {
        leave();
        await chunks.return();
      },
    },
    { highWaterMark: 0 },
  );
}

/**
 * A stream whose chunks `store` takes as one body. Closing it waits until the whole is stored; aborting
 * it stores nothing.
 */
export function writableOf(
  store: (body: Body) => Promise<void>,
): WritableStream<string | Uint8Array> {
  const encoder = new TextEncoder();
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const inner = writable.getWriter();
  const stored = store(readable);
  // Told to whoever writes next, or closes.
  stored.catch(() => {});
  inner.closed.catch(() => {});
  return new WritableStream({
    async write(chunk) {
      const bytes = typeof chunk === "string" ? encoder.encode(chunk) : chunk;
      await Promise.race([inner.write(bytes), stored]);
    },
    async close() {
      await Promise.race([inner.close(), stored]);
      await stored;
    },
    async abort(reason) {
      await inner.abort(reason);
      await stored.catch(() => {});
    },
  });
}

/** The same chunks; `end` runs when the last is taken, the generator left or failed. */
export async function* endingWith<T>(
  chunks: AsyncGenerator<T, void, undefined>,
  end: () => void,
): AsyncGenerator<T, void, undefined> {
  try {
    yield* chunks;
  } finally {
    end();
  }
}
