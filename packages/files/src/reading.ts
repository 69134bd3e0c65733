import { ConnError, type ReadOptions, type Table } from "@conn/core";
import type { Asking } from "./asking.ts";
import type { OnProgress } from "./download.ts";
import { kindOf } from "./failure.ts";
import { addressOf, type Location } from "./location.ts";
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

/** What is taken of a file as it is read. What went out cannot be taken back: another version ends it. */
export async function* ofOneVersion<T>(
  asking: Asking,
  location: Location,
  parts: AsyncGenerator<T, void, undefined>,
): AsyncGenerator<T, void, undefined> {
  try {
    yield* parts;
  } catch (cause) {
    if (!isGone(cause)) throw cause;
    const { connection, operation } = asking.calling;
    throw new ConnError(
      "CONN_CHANGED",
      `${connection}.${operation} cannot go on with ${addressOf(location)}: it was replaced meanwhile.`,
      { connection, operation, cause, hint: "Read it again from its start." },
    );
  }
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

/** The options of a table that say how to read it through the cache, and those that say what. */
export function splitReading<Format extends object>({
  ttl,
  stale,
  refresh,
  cacheIf,
  signal,
  timeout,
  ...format
}: ReadOptions<never> & Format): {
  readonly reading: ReadOptions<Table>;
  readonly format: Omit<Format, keyof ReadOptions>;
} {
  const given = { ttl, stale, refresh, cacheIf, signal, timeout };
  // Absent options must stay absent, for their types say so.
  const reading = Object.fromEntries(
    Object.entries(given).filter(([, value]) => value !== undefined),
  ) as ReadOptions<Table>;
  return { reading, format };
}
