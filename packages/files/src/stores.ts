import { Remembered } from "./remembered.ts";
import type { FileStore } from "./store.ts";

/** The stores that a connection has opened, each at its first use. */
export class Stores<Client extends object = object> {
  /** What was read, for as long as these stores are open: with other settings it may be something else. */
  readonly remembered: Remembered = new Remembered();
  readonly #start: (protocol: string) => Promise<FileStore<Client>>;
  readonly #open = new Map<string, Promise<FileStore<Client>>>();

  /** `start` opens the store of a protocol. */
  constructor(start: (protocol: string) => Promise<FileStore<Client>>) {
    this.#start = start;
  }

  get(protocol: string): Promise<FileStore<Client>> {
    let opening = this.#open.get(protocol);
    if (!opening) {
      opening = this.#start(protocol);
      this.#open.set(protocol, opening);
      // A failure is forgotten, so that the next call tries again.
      opening.catch(() => this.#open.delete(protocol));
    }
    return opening;
  }

  async close(): Promise<void> {
    const stores = await Promise.allSettled(this.#open.values());
    await Promise.all(
      stores.map(async (store) => {
        if (store.status === "fulfilled") await store.value.close();
      }),
    );
  }
}
