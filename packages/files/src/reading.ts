import { ConnError, type ReadOptions } from "@conn/core";
import type { Asking } from "./asking.ts";
import type { OnProgress } from "./download.ts";
import { kindOf } from "./failure.ts";
import { addressOf, type Location } from "./paths.ts";
import type { StoredFile } from "./store.ts";

/**
 * Runs a task on the file's version of now. Where another takes its place meanwhile, the task runs once
 * more, on that one.
 *
 * @throws CONN_CHANGED where that is replaced too.
 */
export async function pinned<T>(
  asking: Asking,
  location: Location,
  task: (file: StoredFile) => Promise<T>,
): Promise<T> {
  const stat = (): Promise<StoredFile> =>
    asking.repeated(location, (signal) => asking.store.stat(location, signal));
  const first = await stat();
  try {
    return await task(first);
  } catch (error) {
    if (!isGone(error)) throw error;
  }
  const second = await stat();
  try {
    return await task(second);
  } catch (error) {
    throw isGone(error) ? changedTwice(asking, location, error) : error;
  }
}

/** Whether a version that was there is not any more. */
export function isGone(error: unknown): boolean {
  const kind = kindOf(error);
  return kind === "changed" || kind === "missing";
}

export function changedTwice(asking: Asking, location: Location, cause: unknown): ConnError {
  const { connection, operation } = asking.calling;
  return new ConnError(
    "CONN_CHANGED",
    `${connection}.${operation} cannot read ${addressOf(location)} whole: it is being replaced all the time.`,
    { connection, operation, cause, hint: "Read it once its writer is done." },
  );
}

/** Adds up what arrives. */
export function progressOf(
  onProgress: OnProgress | undefined,
  total: number | undefined,
): (bytes: number) => void {
  let bytes = 0;
  return (more) => onProgress?.({ bytes: (bytes += more), total });
}

/** @throws CONN_ARGUMENT for a range that is none. */
export function rangeOf(
  start: number,
  end: number | undefined,
  size: number,
): { readonly start: number; readonly end: number } {
  const last = end ?? Infinity;
  if (
    !Number.isSafeInteger(start) ||
    start < 0 ||
    !(last >= start) ||
    (end !== undefined && !Number.isSafeInteger(end))
  )
    throw new ConnError("CONN_ARGUMENT", `\`start\` ${start} and \`end\` ${end} are no range.`, {
      hint: "Give whole numbers of bytes from 0, `end` not before `start`.",
    });
  return { start: Math.min(start, size), end: Math.min(last, size) };
}

/** Options of a read whose result is cached in an object: only objects can be remembered weakly. */
export function wrapped<T, W>(
  { cacheIf, ...options }: ReadOptions<T>,
  unwrap: (wrapper: W) => T,
): ReadOptions<W> {
  return cacheIf ? { ...options, cacheIf: (wrapper) => cacheIf(unwrap(wrapper)) } : options;
}

/** @throws CONN_ARGUMENT for an unknown encoding, CONN_QUERY for bytes that are not in it. */
export function decodeText(bytes: Uint8Array, encoding: string | undefined, path: string): string {
  let decoder: InstanceType<typeof TextDecoder>;
  try {
    decoder = new TextDecoder(encoding ?? markedEncoding(bytes), { fatal: true });
  } catch (cause) {
    throw new ConnError("CONN_ARGUMENT", `${JSON.stringify(encoding)} is no encoding.`, {
      cause,
      hint: 'Give a label of the Encoding Standard, such as "utf-8", "utf-16le" or "windows-1252".',
    });
  }
  try {
    return decoder.decode(bytes);
  } catch (cause) {
    throw new ConnError("CONN_QUERY", `${path} is no text in ${decoder.encoding}.`, {
      cause,
      hint: 'Give its encoding, such as { encoding: "windows-1252" }, or use readBytes().',
    });
  }
}

/** @throws CONN_QUERY that says where the text stops being JSON. */
export function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    // V8 quotes the text around the place, which may be anything.
    const at = /at position (\d+)/.exec((error as Error).message)?.[1];
    const lines = at === undefined ? [] : text.slice(0, Number(at)).split("\n");
    const place =
      at === undefined ? "" : ` at line ${lines.length}, column ${lines.at(-1)!.length + 1}`;
    throw new ConnError("CONN_QUERY", `${path} is no JSON${place}.`, {
      hint: text.trim() === "" ? "The file is empty." : "For a value on each line use read().",
    });
  }
}

function markedEncoding(bytes: Uint8Array): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return "utf-16le";
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return "utf-16be";
  return "utf-8";
}
