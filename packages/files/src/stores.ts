import type { FilesClients } from "./clients.ts";
import type { FilesConfig } from "./config.ts";
import { checkEndpointAddress } from "./endpoint.ts";
import type { Protocol } from "./protocol.ts";
import { Remembered } from "./remembered.ts";
import type { FileStore } from "./store.ts";

/** What opens a store. Its SDK is imported here, and not before. */
type Open = (config: FilesConfig, connection: string) => Promise<FileStore>;

const openers: Readonly<Record<Protocol, Open>> = {
  file: async ({ root }) => {
    const { LocalStore } = await import("./local/store.ts");
    return new LocalStore(root?.key);
  },
  s3: async (config, connection) => (await import("./s3/open.ts")).openS3(config, connection),
  gs: async (config, connection) => (await import("./gcs/open.ts")).openGCS(config, connection),
  az: async (config, connection) => (await import("./azure/open.ts")).openAzure(config, connection),
};

/** The stores that a connection has opened, each at its first use. */
export class Stores {
  /** What was read, for as long as these stores are open: with other settings it may be something else. */
  readonly remembered: Remembered = new Remembered();
  readonly #config: FilesConfig;
  readonly #connection: string;
  readonly #open = new Map<Protocol, Promise<FileStore>>();

  constructor(config: FilesConfig, connection: string) {
    this.#config = config;
    this.#connection = connection;
  }

  get<P extends Protocol>(protocol: P): Promise<FileStore<FilesClients[P]>> {
    let opening = this.#open.get(protocol);
    if (!opening) {
      opening = this.#start(protocol);
      this.#open.set(protocol, opening);
      // A failure is forgotten, so that the next call tries again.
      opening.catch(() => this.#open.delete(protocol));
    }
    return opening as Promise<FileStore<FilesClients[P]>>;
  }

  async close(): Promise<void> {
    const stores = await Promise.allSettled(this.#open.values());
    await Promise.all(
      stores.map(async (store) => {
        if (store.status === "fulfilled") await store.value.close();
      }),
    );
  }

  async #start(protocol: Protocol): Promise<FileStore> {
    const { endpoint, allowLinkLocal } = this.#config;
    if (endpoint !== undefined)
      await checkEndpointAddress(endpoint, allowLinkLocal, this.#connection);
    return openers[protocol](this.#config, this.#connection);
  }
}
