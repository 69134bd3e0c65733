import type { Readable } from "node:stream";

/** A response's bytes. The socket goes with the signal, and when nobody takes any more of them. */
export async function* bytesOf(body: Readable, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const stop = (): void => void body.destroy();
  // An error after the end of the loop would be nobody's.
  body.on("error", () => {});
  if (signal.aborted) stop();
  signal.addEventListener("abort", stop, { once: true });
  try {
    yield* body as AsyncIterable<Uint8Array>;
  } finally {
    signal.removeEventListener("abort", stop);
    stop();
  }
}
