import { randomUUID } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import { DirectoryStore } from "./cache-directory.ts";
import { type CallKey, canonical, digest } from "./cache-key.ts";
import { type CacheStore, rest, StoreGuard } from "./cache-store.ts";
import type { CacheOwner } from "./cache.ts";
import { decode, encode } from "./table/codec.ts";

/** Where a result belongs in the store, and what was found there. */
export interface TierAnswer {
  readonly key: string;
  /** Stands for the generation that the result belongs to. */
  readonly mark: string;
  readonly found:
    | { readonly value: unknown; readonly age: number; readonly ms: number }
    | undefined;
}

/** The process's one tier over a store: what the store was told outlives a change of the settings. */
export function tierOf(given: CacheStore | string): CacheTier {
  const store = typeof given === "string" ? directoryAt(given) : given;
  let tier = tiers.get(store);
  if (!tier) tiers.set(store, (tier = new CacheTier(store)));
  return tier;
}

function directoryAt(path: string): CacheStore {
  let store = directories.get(path);
  if (!store) directories.set(path, (store = new DirectoryStore(path)));
  return store;
}

const tiers = new WeakMap<CacheStore, CacheTier>();
const directories = new Map<string, CacheStore>();

/** What this process has told the store of an owner. */
interface Told {
  /** The owner's generation here that the store's mark stands for; older results have another mark. */
  generation: number;
  telling: Promise<boolean> | undefined;
  repeating: boolean;
}

/**
 * The tier that several processes share. An entry names the mark of its connection's generation at the
 * time its load began; a write anywhere sets a new mark, and older entries are misses from then on.
 */
export class CacheTier {
  readonly #store: StoreGuard;
  readonly #told = new Map<string, Told>();

  constructor(store: CacheStore) {
    this.#store = new StoreGuard(store);
  }

  /**
   * `undefined` where the store does not answer, or has not heard of a write of this process: then
   * nothing is written back either.
   */
  async read(owner: CacheOwner, call: CallKey, ttl: number): Promise<TierAnswer | undefined> {
    const told = this.#toldOf(owner);
    while (told.generation < owner.generation)
      if (!(await this.#tell(owner, told))) return undefined;
    const identity = await owner.sharedIdentity();
    const key = `conn:${digest(`${identity}#${call.method}${canonical(call.args)}`)}`;
    return this.#store.ask(async (store) => {
      const [text, mark] = await Promise.all([store.get(key), store.get(markKey(identity))]);
      // A mark that the store lost must not come back as the one that old entries name.
      if (typeof mark !== "string")
        return { key, mark: await setMark(store, identity), found: undefined };
      return { key, mark, found: typeof text === "string" ? unpack(text, mark, ttl) : undefined };
    });
  }

  async write(
    { key, mark }: TierAnswer,
    { value, ms }: { value: unknown; ms: number },
    ttl: number,
  ): Promise<void> {
    const bytes = encode(value);
    if (!bytes) return;
    const head = JSON.stringify([mark, Date.now(), ms]);
    const text = `${digest(head)}${head}\n${Buffer.from(bytes).toString("base64")}`;
    await this.#store.keep(key, text, ttl === Infinity ? undefined : Math.ceil(ttl * 1000));
  }

  /** Tells the store of the owner's new generation, again and again until it has heard. */
  async drop(owner: CacheOwner): Promise<void> {
    const told = this.#toldOf(owner);
    if (told.repeating) return;
    told.repeating = true;
    while (told.generation < owner.generation)
      if (!(await this.#tell(owner, told))) await setTimeout(rest, undefined, { ref: false });
    told.repeating = false;
  }

  #toldOf({ identity }: CacheOwner): Told {
    let told = this.#told.get(identity);
    if (!told) {
      told = { generation: 0, telling: undefined, repeating: false };
      this.#told.set(identity, told);
    }
    return told;
  }

  /** Whether the store heard; one attempt at a time. */
  #tell(owner: CacheOwner, told: Told): Promise<boolean> {
    const attempt = async (): Promise<boolean> => {
      const { generation } = owner;
      const identity = await owner.sharedIdentity();
      const heard = await this.#store.ask(async (store) => {
        await setMark(store, identity);
        // The store may have heard though the answer came too late for this attempt.
        told.generation = Math.max(told.generation, generation);
        return true;
      });
      return heard ?? false;
    };
    return (told.telling ??= attempt().finally(() => (told.telling = undefined)));
  }
}

/** A mark is never set twice: a delayed `set` must not bring back the entries of an older one. */
async function setMark(store: CacheStore, identity: string): Promise<string> {
  const mark = randomUUID();
  if ((await store.set(markKey(identity), mark)) === false)
    throw new Error("the store refused to set a key");
  return mark;
}

function markKey(identity: string): string {
  return `conn:generation:${digest(identity)}`;
}

/** What the entry holds, or `undefined` where it is corrupt, foreign, of another mark or too old. */
function unpack(text: string, mark: string, ttl: number): TierAnswer["found"] {
  const end = text.indexOf("\n");
  const head = text.slice(64, end);
  if (end < 64 || digest(head) !== text.slice(0, 64)) return undefined;
  const [written, at, ms] = JSON.parse(head) as [string, number, number];
  const age = (Date.now() - at) / 1000;
  if (written !== mark || age < 0 || age >= ttl) return undefined;
  const decoded = decode(Buffer.from(text.slice(end + 1), "base64"));
  return decoded && { value: decoded.value, age, ms };
}
