import { pbkdf2 } from "node:crypto";
import { promisify } from "node:util";
import { canonical } from "./cache-key.ts";

/**
 * One text for equal values in every process. Others may read a store's keys: a password in one must
 * cost too much to be guessed.
 */
export async function sharedIdentityOf(parts: readonly unknown[]): Promise<string> {
  const text = canonical(parts, describe);
  const key = await promisify(pbkdf2)(text, "@conn/core/identity", 100_000, 32, "sha256");
  return key.toString("hex");
}

/** Names a function or an instance for other processes, which know nothing of this one's references. */
function describe(value: object | symbol): string {
  if (typeof value === "symbol") return String(value);
  return typeof value === "function"
    ? `function(${value.name})`
    : `instance(${value.constructor.name})`;
}
