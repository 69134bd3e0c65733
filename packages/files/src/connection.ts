import {
  BaseConnection,
  type CatalogEntry,
  ConnError,
  type ConnectionClass,
  type OpenContext,
  type ReadOptions,
  type Table,
} from "@conn/core";
import type { FormatOptions } from "@conn/formats";
import { canonical, toSeconds } from "@conn/core/toolkit";
import { Asking, type Calling } from "./asking.ts";
import type { Writing } from "./body.ts";
import type { FilesClients } from "./clients.ts";
import { config, type FilesConfig } from "./config.ts";
import { download, type OnProgress, stream } from "./download.ts";
import { repeatableOf } from "./failure.ts";
import { isGlob } from "./glob.ts";
import { entryInfo, type FileInfo, fileInfo, type FolderInfo, type WriteResult } from "./info.ts";
import { entriesOf, filesOf } from "./listing.ts";
import type {
  CallOptions,
  CopyOptions,
  DeleteOptions,
  GlobOptions,
  ListOptions,
  OpenReadOptions,
  OpenWriteOptions,
  ReadBytesOptions,
  ReadJsonOptions,
  ReadTableOptions,
  ReadTextOptions,
  SignOptions,
  StreamOptions,
  WriteOptions,
} from "./options.ts";
import {
  locate,
  locateFolder,
  locatePattern,
  type Location,
  type PathRules,
  show,
} from "./paths.ts";
import { type Protocol, protocolOf, titles } from "./protocol.ts";
import { limit } from "./limit.ts";
import { decodeText, parseJson, pinned, progressOf, rangeOf, wrapped } from "./reading.ts";
import { sourceOf } from "./source.ts";
import { Stores } from "./stores.ts";
import { endingWith, readableOf, writableOf } from "./streams.ts";
import { datasetFiles, readDataset, readFile, versionOf } from "./tables.ts";
import { copyFile, deleteFolder, moveFile, writeFile } from "./writing.ts";

type FilesClient = FilesClients[Protocol];

/** The stores of each client: while one set drains after a reset, the next is open beside it. */
const storesOf = new WeakMap<FilesClient, Stores>();

/** Files of this machine, S3, Google Cloud Storage and Azure Blob Storage: read as tables, and everything else that is done with files. */
export class FilesConnection extends BaseConnection<FilesClient, FilesConfig> {
  static readonly type = "files";
  static readonly config: ConnectionClass<FilesConnection, FilesConfig>["config"] = config;
  static readonly members: Readonly<Record<string, string>> = {
    read: "Reads a file, or several, as a table; cached.",
    stream: "Reads a large file in batches.",
    readText: "Reads a file as text; cached.",
    readBytes: "Reads a file as bytes; cached.",
    readJson: "Reads a file as a JSON value; cached.",
    list: "Lists a folder.",
    glob: "Lists the files that a pattern names.",
    stat: "Tells size, time and version of a file.",
    exists: "Tells whether a file is there.",
    write: "Writes a table, text, bytes or a stream; whole or not at all.",
    copy: "Copies a file.",
    move: "Moves a file.",
    delete: "Deletes a file, or a folder.",
    sign: "Makes a URL that works without credentials for a while.",
    open: "Opens a file as a stream, to read or to write.",
    browse: "Lists buckets, folders and files.",
  };

  /**
   * A file as a table, cached; one that has not changed since is not downloaded again. A pattern, or a
   * folder, reads several files into one table, with a column for each `name=value` folder.
   *
   * @throws CONN_NOT_FOUND, CONN_FORBIDDEN, CONN_AUTH, CONN_CHANGED, CONN_ROW_INVALID, and what formats throw.
   */
  async read<Row extends object = Record<string, unknown>>(
    path: string,
    options: ReadTableOptions<Row> = {},
  ): Promise<Table<Row>> {
    const { ttl, stale, refresh, cacheIf, signal, timeout, schema, onProgress, ...format } =
      options;
    const given = { ttl, stale, refresh, cacheIf, signal, timeout };
    // Absent options must stay absent, for their types say so.
    const reading = Object.fromEntries(
      Object.entries(given).filter(([, value]) => value !== undefined),
    ) as ReadOptions<Table>;
    const table = await this.#cachedTable(path, format, reading, onProgress);
    return (schema ? await table.validate(schema) : table) as Table<Row>;
  }

  /** A file's rows in tables of about `batchSize`, no faster than they are taken. Leaving the loop ends it. */
  async *stream(
    path: string,
    { onProgress, signal, timeout, ...format }: StreamOptions = {},
  ): AsyncGenerator<Table, void, undefined> {
    const location = locate(path, this.#rules);
    const ends = limit(signal, timeout);
    using lease = await this.lease("stream", { signal: ends });
    const store = await storesOf.get(lease.client)!.get(location.protocol);
    const either = ends ? AbortSignal.any([lease.signal, ends]) : lease.signal;
    const asking = new Asking(store, this.#calling("stream", either));
    const file = await asking.repeated(location, (each) => store.stat(location, each));
    const { readBatches } = await import("@conn/formats");
    const onBytes = progressOf(onProgress, file.size);
    const source = sourceOf(asking, { location, file }, show(location, this.#rules), onBytes);
    yield* readBatches(source, { ...format, signal: either });
  }

  /**
   * A file as text, cached.
   *
   * @throws CONN_NOT_FOUND, CONN_FORBIDDEN, CONN_AUTH, CONN_QUERY for bytes that are not in the encoding.
   */
  async readText(path: string, options: ReadTextOptions = {}): Promise<string> {
    const { encoding, onProgress, ...reading } = options;
    const { text } = await this.#cachedFile<{ readonly text: string }>(
      { method: "readText", path, args: [encoding], onProgress },
      wrapped(reading, ({ text }) => text),
      (bytes) => ({ text: decodeText(bytes, encoding, path) }),
    );
    return text;
  }

  /** A file's bytes, cached; each caller gets its own copy. @throws CONN_NOT_FOUND, CONN_FORBIDDEN, CONN_AUTH. */
  async readBytes(
    path: string,
    { onProgress, ...reading }: ReadBytesOptions = {},
  ): Promise<Uint8Array<ArrayBuffer>> {
    return this.#cachedFile(
      { method: "readBytes", path, args: [], onProgress },
      reading,
      (bytes) => bytes,
    );
  }

  /** A file as a JSON value, cached and frozen. @throws CONN_NOT_FOUND, CONN_FORBIDDEN, CONN_AUTH, CONN_QUERY for text that is no JSON. */
  async readJson<T = unknown>(path: string, options: ReadJsonOptions<T> = {}): Promise<T> {
    const { onProgress, ...reading } = options;
    const { json } = await this.#cachedFile<{ readonly json: T }>(
      { method: "readJson", path, args: [], onProgress },
      wrapped(reading, ({ json }) => json),
      (bytes) => ({ json: parseJson(decodeText(bytes, undefined, path), path) as T }),
    );
    return json;
  }

  /**
   * What a folder holds: files and folders, or with `recursive` the files of all levels.
   *
   * @throws CONN_NOT_FOUND where there is no such bucket, or on this machine no such folder.
   */
  async list(path = "", options: ListOptions = {}): Promise<(FileInfo | FolderInfo)[]> {
    const { recursive = false, limit } = options;
    const folder = this.#folder(path);
    return this.#call("list", folder, options, async (asking) => {
      const infos: (FileInfo | FolderInfo)[] = [];
      for await (const entry of entriesOf(asking, folder, {
        recursive,
        ...(limit === undefined ? {} : { limit }),
      }))
        infos.push(entryInfo(entry, folder, this.#rules));
      return infos;
    });
  }

  /** The files that a pattern names: `pets/*.csv`, `pets/**` at any depth, `[abc]`, `{csv,parquet}`. */
  async glob(pattern: string, options: GlobOptions = {}): Promise<FileInfo[]> {
    const { folder, glob } = locatePattern(pattern, this.#rules);
    return this.#call("glob", folder, options, async (asking) =>
      (await filesOf(asking, folder, glob, options.limit)).map((file) =>
        fileInfo(file, { ...folder, key: file.key }, this.#rules),
      ),
    );
  }

  /** A file's size, time, version and type. @throws CONN_NOT_FOUND, CONN_FORBIDDEN, CONN_AUTH. */
  async stat(path: string, options: CallOptions = {}): Promise<FileInfo> {
    const location = locate(path, this.#rules);
    return this.#call("stat", location, options, async (asking) => {
      const file = await asking.repeated(location, (signal) => asking.store.stat(location, signal));
      return fileInfo(file, location, this.#rules);
    });
  }

  /** Whether a file is there. Rejects where that cannot be told: no permission, no network. */
  async exists(path: string, options: CallOptions = {}): Promise<boolean> {
    try {
      await this.stat(path, options);
      return true;
    } catch (error) {
      if (error instanceof ConnError && error.code === "CONN_NOT_FOUND") return false;
      throw error;
    }
  }

  /**
   * Writes a whole file: readers see the old one or the new one. A table is written in the format of
   * the path's extension. Sent once, unless a condition makes a second time harmless.
   *
   * @throws CONN_CONFLICT where a condition does not hold, CONN_FORBIDDEN, CONN_AUTH, CONN_LOST.
   */
  async write(path: string, data: Writing, options: WriteOptions = {}): Promise<WriteResult> {
    const location = locate(path, this.#rules);
    return this.#changing("write", location, options, (asking) =>
      writeFile(asking, location, show(location, this.#rules), data, options),
    );
  }

  /** Copies a file, within the store where it can. @throws CONN_NOT_FOUND, CONN_CONFLICT, CONN_FORBIDDEN. */
  async copy(from: string, to: string, options: CopyOptions = {}): Promise<void> {
    const [source, target] = [locate(from, this.#rules), locate(to, this.#rules)];
    await this.#changing("copy", source, options, async (asking, stores, calling) =>
      copyFile(
        asking,
        new Asking(await stores.get(target.protocol), calling),
        source,
        target,
        options,
      ),
    );
  }

  /** Moves a file: on this machine in one step, elsewhere as a copy whose original is then deleted. */
  async move(from: string, to: string, options: CopyOptions = {}): Promise<void> {
    const [source, target] = [locate(from, this.#rules), locate(to, this.#rules)];
    await this.#changing("move", source, options, async (asking, stores, calling) =>
      moveFile(
        asking,
        new Asking(await stores.get(target.protocol), calling),
        source,
        target,
        options,
      ),
    );
  }

  /** Deletes a file, or with `recursive` a folder; what is not there is no failure. @throws CONN_CONFLICT, CONN_FORBIDDEN. */
  async delete(path: string, options: DeleteOptions = {}): Promise<void> {
    const { recursive = false, ifMatch } = options;
    const location = recursive ? this.#folder(path) : locate(path, this.#rules);
    await this.#changing("delete", location, options, async (asking) => {
      if (recursive) return deleteFolder(asking, location, this.#rules);
      await asking.repeated(location, (signal) => asking.store.delete(location, ifMatch, signal));
    });
  }

  /**
   * A URL that works without credentials until it expires. Whoever has it needs nothing else: treat it as
   * a secret.
   *
   * @throws CONN_UNSUPPORTED on this machine, and for credentials that cannot sign.
   */
  async sign(path: string, options: SignOptions = {}): Promise<string> {
    const { expires = 3600, method = "GET", contentType } = options;
    const location = locate(path, this.#rules);
    const seconds = toSeconds(expires, "expires");
    return this.#call("sign", location, {}, async (asking) => {
      const { store } = asking;
      if (!store.sign)
        throw new ConnError(
          "CONN_UNSUPPORTED",
          `${this.name}: files of this machine have no URL to sign.`,
          {
            connection: this.name,
            operation: "sign",
            hint: "Serve the file yourself, or put it on S3, Google Cloud Storage or Azure.",
          },
        );
      return asking.once(location, () => store.sign!(location, { method, seconds, contentType }));
    });
  }

  /**
   * A file as a web stream of bytes, large ones read ahead in parallel; with `mode: "write"` a stream
   * whose closing waits until all is stored, and whose aborting stores nothing.
   *
   * @throws CONN_NOT_FOUND, CONN_FORBIDDEN, CONN_AUTH; the stream itself CONN_CHANGED, CONN_TRUNCATED, CONN_LOST.
   */
  override open(
    path: string,
    options?: OpenReadOptions,
  ): Promise<ReadableStream<Uint8Array<ArrayBuffer>>>;
  override open(
    path: string,
    options: OpenWriteOptions,
  ): Promise<WritableStream<string | Uint8Array>>;
  /** For core, which opens the connection at its first use. */
  override open(config: FilesConfig, context: OpenContext): Promise<FilesClient>;
  override async open(
    what: string | FilesConfig,
    options: OpenReadOptions | OpenWriteOptions | OpenContext = {},
  ): Promise<
    FilesClient | ReadableStream<Uint8Array<ArrayBuffer>> | WritableStream<string | Uint8Array>
  > {
    if (typeof what !== "string") return this.#openStores(what);
    const location = locate(what, this.#rules);
    return "mode" in options && options.mode === "write"
      ? this.#openToWrite(location, options)
      : this.#openToRead(location, options);
  }

  /** The SDK's own client; name the protocol where the connection has several. */
  override async client<P extends Protocol>(protocol?: P): Promise<FilesClients[P]> {
    const wanted = (protocol ?? this.#protocol) as P;
    this.#demandProtocol(wanted);
    return this.run("client", async (client) => (await storesOf.get(client)!.get(wanted)).client);
  }

  /** Buckets or containers; with a path what is in them. */
  async browse(path: readonly string[] = []): Promise<readonly CatalogEntry[]> {
    const folder = this.#folder(path.join("/"));
    const top = folder.container === "" && folder.protocol !== "file";
    return this.#call("browse", folder, {}, async (asking) => {
      const entries: CatalogEntry[] = [];
      for await (const entry of entriesOf(asking, folder, { recursive: false })) {
        const { name, kind } = entryInfo(entry, folder, this.#rules);
        entries.push({
          name,
          kind: top ? titles[folder.protocol].container : kind,
          path: [...path, name],
        });
      }
      return entries;
    });
  }

  protected override async release(client: FilesClient): Promise<void> {
    await storesOf.get(client)?.close();
  }

  protected override async ping(): Promise<void> {
    const folder = this.#folder("");
    await this.#call("ping", folder, {}, async (asking) => {
      await entriesOf(asking, folder, { recursive: false, limit: 1 }).next();
    });
  }

  /** A dead socket is the SDK's to replace: its client outlives it. */
  protected override isConnectionLost(): boolean {
    return false;
  }

  protected override isTransient(error: unknown): boolean | number | undefined {
    return repeatableOf(error) ?? (error instanceof ConnError ? false : undefined);
  }

  get #protocol(): Protocol {
    return this.#rules.protocol ?? "file";
  }

  get #rules(): PathRules {
    const { root, protocol } = this.config;
    return {
      connection: this.name,
      root,
      protocol: root?.protocol ?? protocol ?? protocolOf(this.name),
    };
  }

  #demandProtocol(protocol: Protocol): void {
    const own = this.#rules.protocol;
    if (own === undefined || own === protocol) return;
    throw new ConnError(
      "CONN_ARGUMENT",
      `${this.name} is for ${titles[own].title}, and has no client for ${titles[protocol].title}.`,
      {
        connection: this.name,
        hint: "Ask for `client()` without an argument.",
      },
    );
  }

  #folder(path: string): Location {
    return locateFolder(path === "" || path.endsWith("/") ? path : `${path}/`, this.#rules);
  }

  async #openStores(settings: FilesConfig): Promise<FilesClient> {
    const stores = new Stores(settings, this.name);
    const { client } = await stores.get(this.#protocol);
    storesOf.set(client, stores);
    return client;
  }

  /** Reads a file through the cache; one whose version is the known one is not downloaded again. */
  #cachedFile<T extends object>(
    { method, path, args, onProgress }: FileRead,
    reading: ReadOptions<T>,
    make: (bytes: Uint8Array<ArrayBuffer>) => T,
  ): Promise<T> {
    const location = locate(path, this.#rules);
    const call = { method, args: [show(location, this.#rules), ...args] };
    return this.cached<T>(call, reading, async (client, signal) => {
      const stores = storesOf.get(client)!;
      const asking = new Asking(await stores.get(location.protocol), this.#calling(method, signal));
      return pinned(asking, location, (file) => {
        const load = async (): Promise<T> => {
          const range = { start: 0, end: file.size };
          return make(
            await download(asking, { location, file }, range, progressOf(onProgress, file.size)),
          );
        };
        return reading.ttl === 0
          ? load()
          : stores.remembered.of(canonical([call.method, call.args]), file.version, load);
      });
    });
  }

  #cachedTable(
    path: string,
    options: FormatOptions,
    reading: ReadOptions<Table>,
    onProgress: OnProgress | undefined,
  ): Promise<Table> {
    const rules = this.#rules;
    const many = isGlob(path) || path === "" || path.endsWith("/");
    const dataset = many ? locatePattern(isGlob(path) ? path : `${path}**`, rules) : undefined;
    const location = dataset?.folder ?? locate(path, rules);
    const call = { method: "read", args: [many ? path : show(location, rules), options] };
    return this.cached<Table>(call, reading, async (client, signal) => {
      const stores = storesOf.get(client)!;
      const asking = new Asking(await stores.get(location.protocol), this.#calling("read", signal));
      const known = (version: string, load: () => Promise<Table>): Promise<Table> =>
        reading.ttl === 0
          ? load()
          : stores.remembered.of(canonical([call.method, call.args]), version, load);
      if (!dataset) {
        return pinned(asking, location, (file) => {
          const onBytes = progressOf(onProgress, file.size);
          return known(file.version, () =>
            readFile(asking, location, file, { options, rules, onBytes }),
          );
        });
      }
      const files = await datasetFiles(asking, dataset);
      const onBytes = progressOf(
        onProgress,
        files.reduce((sum, { size }) => sum + size, 0),
      );
      return known(versionOf(files), () =>
        readDataset(asking, dataset, files, { options, rules, onBytes }),
      );
    });
  }

  /** A call past the cache. Its requests are repeated one by one, and never the whole. */
  #call<T>(
    operation: string,
    { protocol }: Location,
    { signal, timeout }: CallOptions,
    task: Task<T>,
  ): Promise<T> {
    return this.run(
      operation,
      async (client, either) => {
        const stores = storesOf.get(client)!;
        const calling = this.#calling(operation, either);
        return task(new Asking(await stores.get(protocol), calling), stores, calling);
      },
      { signal: limit(signal, timeout) },
    );
  }

  /** A call that changes files: what was read before counts no more, also where it failed on the way. */
  async #changing<T>(
    operation: string,
    location: Location,
    options: CallOptions,
    task: Task<T>,
  ): Promise<T> {
    try {
      return await this.#call(operation, location, options, task);
    } finally {
      this.dropCached();
    }
  }

  async #openToRead(
    location: Location,
    { start = 0, end, onProgress, signal, timeout }: OpenReadOptions,
  ): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
    const lease = await this.lease("open", { signal: limit(signal, timeout) });
    const left = new AbortController();
    try {
      const ends = [lease.signal, left.signal, limit(signal, timeout)].filter(
        (each) => each !== undefined,
      );
      const store = await storesOf.get(lease.client)!.get(location.protocol);
      const asking = new Asking(store, this.#calling("open", AbortSignal.any(ends)));
      const file = await asking.repeated(location, (either) => store.stat(location, either));
      const range = rangeOf(start, end, file.size);
      const chunks = stream(
        asking,
        { location, file },
        range,
        progressOf(onProgress, range.end - range.start),
      );
      return readableOf(
        endingWith(chunks, () => lease.release()),
        () => left.abort(),
      );
    } catch (error) {
      lease.release();
      throw error;
    }
  }

  #openToWrite(
    location: Location,
    options: OpenWriteOptions,
  ): Promise<WritableStream<string | Uint8Array>> {
    const path = show(location, this.#rules);
    return Promise.resolve(
      writableOf(async (body) => {
        await this.#changing("open", location, options, (asking) =>
          writeFile(asking, location, path, body, options),
        );
      }),
    );
  }

  #calling(operation: string, signal: AbortSignal): Calling {
    const { idleTimeout, partSize, concurrency } = this.config;
    return {
      connection: this.name,
      operation,
      signal,
      pace: { idleTimeout, partSize, concurrency },
      retried: (request) => this.retried(operation, request, signal),
    };
  }
}

type Task<T> = (asking: Asking, stores: Stores, calling: Calling) => Promise<T>;

interface FileRead {
  readonly method: string;
  readonly path: string;
  /** What else changes the result. */
  readonly args: readonly unknown[];
  readonly onProgress: OnProgress | undefined;
}
