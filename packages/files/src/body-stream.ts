import type { Readable } from "node:stream";

/** A response's bytes. The socket goes with the signal, and when nobody takes any more of them. */
export function bytesOf(body: Readable, signal: AbortSignal): AsyncIterable<Uint8Array> {
  return new BodyBytes(body, signal);
}

/** Bytes that wait for whoever takes them, before the socket has to wait. */
const mostWaiting = 4 * 1024 * 1024;

/** Chunks as the stream tells of them: a stream that iterates itself waits for a turn of the loop for each. */
class BodyBytes implements AsyncIterableIterator<Uint8Array> {
  readonly #body: Readable;
  #chunks: Uint8Array[] = [];
  /** The first of them that nobody took. */
  #next = 0;
  #waiting = 0;
  #ended = false;
  #failure: unknown;
  #wake: (() => void) | undefined;

  constructor(body: Readable, signal: AbortSignal) {
    this.#body = body;
    const stop = (): void => void body.destroy();
    body.on("error", (error: Error) => this.#end(error));
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
    body.on("end", () => this.#end(undefined));
    const close = (): void => {
      signal.removeEventListener("abort", stop);
      this.#end(closed());
    };
    if (body.closed) close();
    else body.once("close", close);
    body.on("data", (chunk: Uint8Array) => {
      this.#chunks.push(chunk);
      this.#waiting += chunk.length;
      if (this.#waiting >= mostWaiting) body.pause();
      // All that lies ready at once, rather than each chunk by itself.
      if (this.#chunks.length === 1) setImmediate(() => this.#wake?.());
    });
    // Until somebody takes them.
    body.pause();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Uint8Array, undefined>> {
    if (this.#next === this.#chunks.length) return this.#wait();
    const value = this.#chunks[this.#next++]!;
    this.#waiting -= value.length;
    return Promise.resolve({ done: false, value });
  }

  async #wait(): Promise<IteratorResult<Uint8Array, undefined>> {
    this.#chunks = [];
    this.#next = 0;
    if (!this.#ended) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        this.#body.resume();
      });
    }
    if (this.#chunks.length > 0) return this.next();
    if (this.#failure !== undefined) throw this.#failure;
    return { done: true, value: undefined };
  }

  /** Nobody takes any more of them. */
  return(): Promise<IteratorResult<Uint8Array, undefined>> {
    this.#body.destroy();
    return Promise.resolve({ done: true, value: undefined });
  }

  /** The first end counts. */
  #end(failure: unknown): void {
    if (!this.#ended) this.#failure = failure;
    this.#ended = true;
    this.#wake?.();
  }
}

/** Without an error of its own, as where a socket was closed on purpose. */
function closed(): Error {
  const code = "ERR_STREAM_PREMATURE_CLOSE";
  return Object.assign(new Error("The answer was closed before its end."), { code });
}
