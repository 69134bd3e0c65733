import type { CallKey, Lease, ReadOptions, RunOptions } from "@conn/core";
import { canonical } from "@conn/core/toolkit";
import type { ByteSource } from "@conn/formats";
import { Asking, type Calling, type Pace } from "./asking.ts";
import { type OnProgress, stream } from "./download.ts";
import { limit } from "./limit.ts";
import type { CallOptions, OpenReadOptions } from "./options.ts";
import { addressOf, type Location, type Paths } from "./location.ts";
import { ofOneVersion, pin, pinned, progressOf, rangeOf } from "./reading.ts";
import { type Known, nothingKnown } from "./remembered.ts";
import type { FileStore } from "./store.ts";
import { sourceOf } from "./source.ts";
import type { Stores } from "./stores.ts";
import { endingWith, readableOf } from "./streams.ts";

/** What a connection gives its calls: its own, and what it has of core. */
export interface Host<Client extends object> {
  readonly name: string;
  pace(): Pace;
  paths(): Paths;
  /** The store of one change. */
  changing(store: FileStore<Client>, options: CallOptions): FileStore<Client>;
  cached<T>(
    call: CallKey,
    options: ReadOptions<T>,
    load: (client: Client, signal: AbortSignal) => Promise<T>,
  ): Promise<T>;
  run<T>(
    operation: string,
    task: (client: Client, signal: AbortSignal) => Promise<T>,
    options: RunOptions,
  ): Promise<T>;
  retried<T>(operation: string, request: () => Promise<T>, signal: AbortSignal): Promise<T>;
  lease(operation: string, options: RunOptions): Promise<Lease<Client>>;
  dropCached(): void;
}

/** A call, with what it asks a store by. */
export type Task<T, Client extends object = object> = (
  asking: Asking,
  stores: Stores<Client>,
  calling: Calling,
) => Promise<T>;

/** A read through the cache. */
export interface CachedCall {
  readonly method: string;
  readonly location: Location;
  /** What else changes the result. */
  readonly args: readonly unknown[];
  /** Whether a file is read from its first byte to its last, as it is where nothing is said. */
  whole?(): Promise<boolean>;
}

/** How the calls of one connection reach its stores. */
export class Calls<Client extends object = object> {
  readonly #host: Host<Client>;
  /** The stores of each client: while one set drains after a reset, the next is open beside it. */
  readonly #stores = new WeakMap<Client, Stores<Client>>();

  constructor(host: Host<Client>) {
    this.#host = host;
  }

  get paths(): Paths {
    return this.#host.paths();
  }

  folder(path: string): Location {
    return this.paths.folder(path === "" || path.endsWith("/") ? path : `${path}/`);
  }

  async open(stores: Stores<Client>): Promise<Client> {
    const { client } = await stores.get(this.paths.protocol);
    this.#stores.set(client, stores);
    return client;
  }

  async close(client: Client): Promise<void> {
    await this.#stores.get(client)?.close();
  }

  /** A call past the cache. Its requests are repeated one by one, and never the whole. */
  call<T>(
    operation: string,
    { protocol }: { readonly protocol: string },
    { signal, timeout }: CallOptions,
    task: Task<T, Client>,
  ): Promise<T> {
    return this.#host.run(
      operation,
      async (client, either) => {
        const stores = this.#stores.get(client)!;
        const calling = this.#calling(operation, either);
        return task(new Asking(await stores.get(protocol), calling), stores, calling);
      },
      { signal: limit(signal, timeout) },
    );
  }

  /** A call that changes files: what was read before counts no more, also where it failed on the way. */
  async changing<T>(
    operation: string,
    location: Location,
    options: CallOptions,
    task: Task<T, Client>,
  ): Promise<T> {
    try {
      return await this.call(operation, location, options, (asking, stores, calling) => {
        const store = this.#host.changing(asking.store as FileStore<Client>, options);
        return task(new Asking(store, calling), stores, calling);
      });
    } finally {
      this.#host.dropCached();
    }
  }

  /** A call through the cache. */
  cached<T extends object>(
    { method, location, args }: CachedCall,
    reading: ReadOptions<T>,
    load: (asking: Asking, known: Known<T>) => Promise<T>,
  ): Promise<T> {
    const key = { method, args: [addressOf(location), ...args] };
    return this.#host.cached<T>(key, reading, async (client, signal) => {
      const stores = this.#stores.get(client)!;
      const asking = new Asking(await stores.get(location.protocol), this.#calling(method, signal));
      const known =
        reading.ttl === 0
          ? (nothingKnown as Known<T>)
          : stores.remembered.of<T>(canonical([method, key.args]));
      return load(asking, known);
    });
  }

  /** What is made of a file, through the cache; one whose version is the known one is not downloaded again. */
  cachedFile<T extends object>(
    call: CachedCall,
    { onProgress, ...reading }: ReadOptions<T> & { readonly onProgress?: OnProgress | undefined },
    make: (source: ByteSource, signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const { location } = call;
    return this.cached<T>(call, reading, async (asking, { last, keep }) => {
      const name = this.paths.show(location);
      const whole = call.whole ? await call.whole() : true;
      return pinned(asking, location, { whole, last }, async (pinned) => {
        const { size, version } = pinned.file;
        const source = sourceOf(asking, pinned, name, progressOf(onProgress, size));
        return keep(version, await make(source, asking.calling.signal));
      });
    });
  }

  /** Holds the stores for something longer than a call. */
  async leased(
    operation: string,
    { protocol }: Location,
    { signal, timeout }: CallOptions,
  ): Promise<{ readonly asking: Asking; release(): void }> {
    const ends = limit(signal, timeout);
    const lease = await this.#host.lease(operation, { signal: ends });
    try {
      const either = ends ? AbortSignal.any([lease.signal, ends]) : lease.signal;
      const store = await this.#stores.get(lease.client)!.get(protocol);
      return {
        asking: new Asking(store, this.#calling(operation, either)),
        release: () => lease.release(),
      };
    } catch (error) {
      lease.release();
      throw error;
    }
  }

  /** A file's bytes, as a stream that holds the stores until it ends or is left. */
  async openToRead(
    location: Location,
    { start = 0, end, onProgress, ...options }: OpenReadOptions,
  ): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
    const { asking, release } = await this.leased("open", location, options);
    const left = new AbortController();
    try {
      const under = asking.under(AbortSignal.any([asking.calling.signal, left.signal]));
      const whole = start === 0 && end === undefined;
      const pinned = (await pin(under, location, whole))!;
      const range = rangeOf(start, end, pinned.file.size);
      const chunks = stream(under, pinned, range, progressOf(onProgress, range.end - range.start));
      return readableOf(endingWith(ofOneVersion(asking, location, chunks), release), () => {
        left.abort();
        release();
      });
    } catch (error) {
      release();
      throw error;
    }
  }

  #calling(operation: string, signal: AbortSignal): Calling {
    const { idleTimeout, partSize, concurrency } = this.#host.pace();
    return {
      connection: this.#host.name,
      operation,
      signal,
      pace: { idleTimeout, partSize, concurrency },
      retried: (request, until) => this.#host.retried(operation, request, until),
    };
  }
}
