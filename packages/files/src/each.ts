import type { Asking } from "./asking.ts";
import type { FileStore } from "./store.ts";

/**
 * Does something with each item, in their order, so many at a time. The first failure ends what else is
 * under way; it is told once nothing goes on any more.
 */
export async function forEach<Item, Store extends FileStore>(
  asking: Asking<Store>,
  items: Iterable<Item>,
  concurrency: number,
  task: (asking: Asking<Store>, item: Item) => Promise<void>,
): Promise<void> {
  const failed = new AbortController();
  const siblings = asking.under(AbortSignal.any([asking.calling.signal, failed.signal]));
  const left = items[Symbol.iterator]();
  const worker = async (): Promise<void> => {
    for (let next = left.next(); !next.done && !failed.signal.aborted; next = left.next())
      await task(siblings, next.value);
  };
  await Promise.all(
    // What a failure ends says nothing of its own: the first reason stays.
    Array.from({ length: concurrency }, () =>
      worker().catch((error: unknown) => failed.abort(error)),
    ),
  );
  failed.signal.throwIfAborted();
}
