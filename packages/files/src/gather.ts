import { settledBy } from "./settled.ts";
import type { Body } from "./store.ts";

/** A stream that ends within so many bytes as those bytes, which can be sent twice; else the stream. */
export async function gathered(body: Body, most: number, signal: AbortSignal): Promise<Body> {
  if (body instanceof Uint8Array) return body;
  const chunks: Uint8Array[] = [];
  let length = 0;
  const iterator = body[Symbol.asyncIterator]();
  try {
    for (;;) {
      const { done, value } = await settledBy(signal, iterator.next());
      if (done) return Buffer.concat(chunks);
      chunks.push(value);
      length += value.length;
      if (length > most) return rest(chunks, iterator);
    }
  } catch (error) {
    // Not waited for: a source that is stuck would never answer.
    iterator.return?.()?.catch(() => {});
    throw error;
  }
}

async function* rest(
  chunks: readonly Uint8Array[],
  iterator: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  try {
    yield* chunks;
    for (;;) {
      const { done, value } = await iterator.next();
      if (done) return;
      yield value;
    }
  } finally {
    await iterator.return?.();
  }
}
