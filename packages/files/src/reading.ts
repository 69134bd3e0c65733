import { ConnError, type ReadOptions, type Table } from "@conn/core";
import type { Asking } from "./asking.ts";
import type { OnProgress } from "./download.ts";
import { kindOf } from "./failure.ts";
import { Begun, type Pinned, type Span } from "./front.ts";
import { addressOf, type Location } from "./location.ts";

/** What a task makes of a file, and is done again only with another version of it. */
export interface Wanted<T> {
  /** Whether all its bytes are wanted, from the first on: where the store can, they come with what it is. */
  readonly whole: boolean;
  /** What was made of it last. */
  readonly last?: { readonly version: string; readonly value: T } | undefined;
}

/** What the file is now; undefined where it is still the version that is known. */
export async function pin(
  asking: Asking,
  location: Location,
  whole: boolean,
  known?: string,
): Promise<Pinned | undefined> {
  const { store } = asking;
  if (!whole || !store.get) {
    const file = await asking.repeated(location, (signal) => store.stat(location, signal));
    return file.version === known ? undefined : { location, file };
  }
  return asking.repeated(location, async (signal) => {
    const left = new AbortController();
    const either = AbortSignal.any([signal, left.signal]);
    const found = await store.get!(location, known, either).catch((error: unknown) => {
      if (known !== undefined && store.failureOf(error)?.status === 304) return undefined;
      // Of an answer that is refused for its headers, the body would still come.
      left.abort();
      throw error;
    });
    if (!found) return undefined;
    const { file, bytes } = found;
    const begun = new Begun(bytes, left);
    // A server that heeds no condition.
    if (file.version !== known) return { location, file, begun };
    begun.leave();
    return undefined;
  });
}

/**
 * Runs a task on the file's version of now. Where another takes its place meanwhile, the task runs once
 * more, on that one.
 *
 * @throws CONN_CHANGED where that is replaced too.
 */
export async function pinned<T>(
  asking: Asking,
  location: Location,
  { whole, last }: Wanted<T>,
  task: (pinned: Pinned) => Promise<T>,
): Promise<T> {
  const use = async (found: Pinned | undefined): Promise<T> => {
    if (!found) return last!.value;
    try {
      return await task(found);
    } finally {
      found.begun?.leave();
    }
  };
  const first = await pin(asking, location, whole, last?.version);
  try {
    return await use(first);
  } catch (error) {
    if (!isGone(error)) throw error;
  }
  const second = await pin(asking, location, whole, last?.version);
  try {
    return await use(second);
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
export function rangeOf(start: number, end: number | undefined, size: number): Span {
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
