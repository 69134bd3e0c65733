import type { Readable } from "node:stream";

/**
 * A response's bytes. The socket goes with the signal, and when nobody takes any more of them. The stream
 * iterates itself: a generator around it would cost as much as the reading.
 */
export function bytesOf(body: Readable, signal: AbortSignal): AsyncIterable<Uint8Array> {
  const stop = (): void => void body.destroy();
  // An error after the end of the loop would be nobody's.
  body.on("error", () => {});
  if (signal.aborted) stop();
  signal.addEventListener("abort", stop, { once: true });
  body.once("close", () => signal.removeEventListener("abort", stop));
  return body;
}
