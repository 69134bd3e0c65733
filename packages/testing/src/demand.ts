import { AsyncLocalStorage } from "node:async_hooks";
import { setTimeout as pause } from "node:timers/promises";
import { ConnError } from "@conn/core";

/** A case that does not hold, with what to do about it. */
export class NonConformance extends Error {
  override readonly name = "NonConformance";
}

export function demand(condition: unknown, sentence: string): asserts condition {
  if (!condition) throw new NonConformance(sentence);
}

/** Seconds that anything may take before it counts as hanging. */
export const patience: AsyncLocalStorage<number> = new AsyncLocalStorage();
const usualPatience = 20;

/** What the promise gives. Fails where it settles in no reasonable time: a call that hangs is a fault. */
export async function settled<T>(promise: PromiseLike<T>, what: string): Promise<T> {
  const seconds = patience.getStore() ?? usualPatience;
  const controller = new AbortController();
  const late = pause(seconds * 1000, undefined, { signal: controller.signal }).then(() => {
    throw new NonConformance(`${what} hangs: nothing had come after ${seconds} s.`);
  });
  late.catch(() => {});
  try {
    return await Promise.race([promise, late]);
  } finally {
    controller.abort();
  }
}

/** Waits until something holds; fails where it never does. */
export async function eventually(
  holds: () => boolean | Promise<boolean>,
  sentence: string,
): Promise<void> {
  const end = performance.now() + ((patience.getStore() ?? usualPatience) * 1000) / 4;
  for (let wait = 1; ; wait = Math.min(100, wait * 2)) {
    if (await holds()) return;
    if (performance.now() > end) throw new NonConformance(sentence);
    await pause(wait);
  }
}

/** The error of a call that must fail. */
export async function failureOf(promise: unknown, what: string): Promise<Error> {
  let value: unknown;
  try {
    value = await settled(Promise.resolve(promise), what);
  } catch (error) {
    if (error instanceof NonConformance) throw error;
    demand(error instanceof Error, `${what} rejects with ${typeof error}, which is no error.`);
    return error;
  }
  throw new NonConformance(`${what} resolves (to ${briefly(value)}) where it must reject.`);
}

/** The same, of an error that must be conn's own and carry one of the codes. */
export async function connErrorOf(
  promise: unknown,
  what: string,
  ...codes: string[]
): Promise<ConnError> {
  const error = await failureOf(promise, what);
  demand(
    error instanceof ConnError,
    `${what} rejects with ${error.name} (${error.message}) and not with a ConnError: do the work inside of \`cached\` or \`run\`, or throw a ConnError.`,
  );
  demand(
    codes.length === 0 || codes.includes(error.code),
    `${what} rejects with ${error.code} and not with ${codes.join(" or ")}: ${error.message}`,
  );
  return error;
}

function briefly(value: unknown): string {
  const text =
    typeof value === "object" && value !== null
      ? value.constructor?.name || "an object"
      : String(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
