import type { CacheOwner } from "./cache.ts";
import { canonical, digest } from "./cache-key.ts";
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
  const parts = [type, 1, config, scope];
  let shared: Promise<string> | undefined;
  const identity = digest(canonical(parts, referenceOf));
  return {
    name,
    identity,
    get generation() {
      return state.generations.get(identity) ?? 0;
    },
    sharedIdentity: () =>
      (shared ??= import("./shared-identity.ts").then((module) => module.sharedIdentityOf(parts))),
  };
}

/** Makes all results of an owner's identity unreachable in this process. */
export function startGeneration(owner: CacheOwner): void {
  state.generations.set(owner.identity, owner.generation + 1);
}
