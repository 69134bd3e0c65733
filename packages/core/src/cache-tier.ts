import { randomUUID } from "node:crypto";
import { DirectoryStore } from "./cache-directory.ts";
import { type CallKey, canonical, digest } from "./cache-key.ts";
import { type CacheStore, StoreGuard } from "./cache-store.ts";
import type { CacheOwner } from "./cache.ts";
import { decode, encode } from "./table/codec.ts";

/** Where a result belongs in the store, and what was found there. */
export interface TierAnswer {
  readonly key: string;
  readonly generation: string;
  readonly found:
    | { readonly value: unknown; readonly age: number; readonly ms: number }
    | undefined;
}

/**
 * The tier that several processes share. An entry names the generation of its connection at the time
 * its load began; a write anywhere starts a new generation, and older entries are misses from then on.
 */
export class CacheTier {
  readonly #store: StoreGuard;

  constructor(store: CacheStore | string) {
    this.#store = new StoreGuard(typeof store === "string" ? new DirectoryStore(store) : store);
  }

  /** `undefined` where the store does not answer: then nothing is written back either. */
  async read(owner: CacheOwner, call: CallKey, ttl: number): Promise<TierAnswer | undefined> {
    const identity = await owner.sharedIdentity();
    const key = `conn:${digest(`${identity}#${call.method}${canonical(call.args)}`)}`;
    const answers = await this.#store.get(key, generationKey(identity));
    if (!answers) return undefined;
    const [text, generation = "0"] = answers;
    return {
      key,
      generation,
      found: text === undefined ? undefined : unpack(text, generation, ttl),
    };
  }

  async write(
    { key, generation }: TierAnswer,
    { value, ms }: { value: unknown; ms: number },
    ttl: number,
  ): Promise<void> {
    const bytes = encode(value);
    if (!bytes) return;
    const head = JSON.stringify([generation, Date.now(), ms]);
    const text = `${digest(head)}${head}\n${Buffer.from(bytes).toString("base64")}`;
    await this.#store.set(key, text, ttl === Infinity ? undefined : Math.ceil(ttl * 1000));
  }

  async drop(owner: CacheOwner): Promise<void> {
    await this.#store.set(generationKey(await owner.sharedIdentity()), randomUUID(), undefined);
  }
}

function generationKey(identity: string): string {
  return `conn:generation:${digest(identity)}`;
}

/** What the entry holds, or `undefined` where it is corrupt, foreign, of another generation or too old. */
function unpack(text: string, generation: string, ttl: number): TierAnswer["found"] {
  const end = text.indexOf("\n");
  const head = text.slice(64, end);
  if (end < 64 || digest(head) !== text.slice(0, 64)) return undefined;
  const [written, at, ms] = JSON.parse(head) as [string, number, number];
  const age = (Date.now() - at) / 1000;
  if (written !== generation || age < 0 || age >= ttl) return undefined;
  const decoded = decode(Buffer.from(text.slice(end + 1), "base64"));
  return decoded && { value: decoded.value, age, ms };
}
