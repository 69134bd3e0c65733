import { builtin } from "./builtin.ts";
import type { CacheOwner } from "./cache.ts";
import { canonical, digest, type Identify } from "./cache-key.ts";
import { referenceOf, state } from "./state.ts";

/** What makes a connection's results its own. */
export interface Identity {
  readonly name: string;
  readonly type: string;
  readonly config: object;
  readonly scope: unknown;
}

/** The owner of a connection's cached results. Instances of one identity share results and generations. */
export function ownerOf({ name, type, config, scope }: Identity): CacheOwner {
  const text = (identify: Identify): string => canonical([type, 1, config, scope], identify);
  let shared: Promise<string> | undefined;
  const identity = digest(text(referenceOf));
  return {
    name,
    identity,
    get generation() {
      return state.generations.get(identity) ?? 0;
    },
    sharedIdentity: () => (shared ??= stretch(text(describe))),
  };
}

/** Makes all results of an owner's identity unreachable in this process. */
export function startGeneration(owner: CacheOwner): void {
  state.generations.set(owner.identity, owner.generation + 1);
}

/** Others may read a store's keys: a password in one must cost too much to be guessed. */
function stretch(text: string): Promise<string> {
  const { pbkdf2 } = builtin.crypto;
  return new Promise((resolve, reject) => {
    pbkdf2(text, "@conn/core/identity", 100_000, 32, "sha256", (error, key) => {
      if (error) reject(error);
      else resolve(key.toString("hex"));
    });
  });
}

/** Names a function or an instance for other processes, which know nothing of this one's references. */
function describe(value: object | symbol): string {
  if (typeof value === "symbol") return String(value);
  return typeof value === "function"
    ? `function(${value.name})`
    : `instance(${value.constructor.name})`;
}
