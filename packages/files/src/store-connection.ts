import {
  BaseConnection,
  type CatalogEntry,
  ConnError,
  type OpenContext,
  type Table,
} from "@conn/core";
import { checkCount, checkOptions } from "@conn/core/toolkit";
import { Asking, type Pace } from "./asking.ts";
import { datasetBatches, fileBatches } from "./batches.ts";
import type { Writing } from "./body.ts";
import { Calls } from "./calls.ts";
import { repeatableOf } from "./failure.ts";
import { entryInfo, type FileInfo, fileInfo, type FolderInfo, type WriteResult } from "./info.ts";
import { entriesOf, filesOf } from "./listing.ts";
import type { Paths } from "./location.ts";
import {
  type CallOptions,
  type CopyOptions,
  type DeleteOptions,
  type GlobOptions,
  type ListOptions,
  type OpenReadOptions,
  type OpenWriteOptions,
  type ReadBytesOptions,
  type ReadJsonOptions,
  type ReadTableOptions,
  type ReadTextOptions,
  type StreamOptions,
  type WriteOptions,
  optionsOf,
} from "./options.ts";
import { splitReading, wrapped } from "./reading.ts";
import type { FileStore } from "./store.ts";
import type { Stores } from "./stores.ts";
import { writableOf } from "./streams.ts";
import { patternOf, readThroughCache } from "./tables.ts";
import { copyFile, deleteFolder, moveFile, writeFile } from "./writing.ts";

/** Where the files of a connection are. */
export interface Place<Client extends object, Config> {
  readonly paths: Paths;
  /** The stores of these settings, none of them open yet. */
  stores(settings: Config): Stores<Client>;
  /** The store of one change, where the place takes options of its own for it. */
  changing?(store: FileStore<Client>, options: CallOptions): FileStore<Client>;
  /** The names of those options. */
  readonly changeOptions?: readonly string[];
}

/** What is done with files, wherever they are: a class below this one says where. */
export abstract class FileStoreConnection<
  Client extends object,
  Config extends Pace,
> extends BaseConnection<Client, Config> {
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
    open: "Opens a file as a stream, to read or to write.",
    browse: "Lists buckets, folders and files.",
  };
  /** How calls reach the stores: through the cache or past it. */
  protected readonly calls: Calls<Client> = new Calls<Client>({
    name: this.name,
    pace: () => this.config,
    paths: () => this.place.paths,
    changing: (store, options) => this.place.changing?.(store, options) ?? store,
    cached: (...call) => this.cached(...call),
    run: (...call) => this.run(...call),
    retried: (...call) => this.retried(...call),
    lease: (...call) => this.lease(...call),
    dropCached: () => this.dropCached(),
  });

  protected abstract get place(): Place<Client, Config>;

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
    const { schema, onProgress, ...rest } = options;
    const { reading, format } = splitReading(rest);
    const table = await readThroughCache(this.calls, path, format, reading, onProgress);
    return (schema ? await table.validate(schema) : table) as Table<Row>;
  }

  /**
   * A file's rows in tables of about `batchSize`, no faster than they are taken; of a pattern or a folder,
   * those of each file in turn. Leaving the loop ends it. Errors as `read`.
   */
  async *stream<Row extends object = Record<string, unknown>>(
    path: string,
    { onProgress, signal, timeout, ...options }: StreamOptions = {},
  ): AsyncGenerator<Table<Row>, void, undefined> {
    const { paths } = this.calls;
    const pattern = patternOf(path);
    const dataset = pattern === undefined ? undefined : paths.pattern(pattern);
    const location = dataset?.folder ?? paths.locate(path);
    const { asking, release } = await this.calls.leased("stream", location, {
      ...(signal && { signal }),
      ...(timeout !== undefined && { timeout }),
    });
    const reading = { options, paths };
    const batches = dataset
      ? datasetBatches(asking, dataset, reading, onProgress)
      : fileBatches(asking, location, reading, onProgress);
    try {
      yield* batches as AsyncGenerator<Table<Row>, void, undefined>;
    } finally {
      release();
    }
  }

  /**
   * A file as text, decompressed and decoded; cached.
   *
   * @throws CONN_NOT_FOUND, CONN_FORBIDDEN, CONN_AUTH, CONN_FORMAT for bytes that are not in the encoding.
   */
  async readText(path: string, options: ReadTextOptions = {}): Promise<string> {
    const { encoding, onProgress, ...reading } = options;
    const location = this.calls.paths.locate(path);
    const { text } = await this.calls.cachedFile<{ readonly text: string }>(
      { method: "readText", location, args: [encoding] },
      { ...wrapped(reading, ({ text }: { readonly text: string }) => text), onProgress },
      async (source, signal) => {
        const { readText } = await import("@conn/formats");
        return { text: await readText(source, { encoding, signal }) };
      },
    );
    return text;
  }

  /** A file's bytes, cached; each caller gets its own copy. @throws CONN_NOT_FOUND, CONN_FORBIDDEN, CONN_AUTH. */
  async readBytes(
    path: string,
    { onProgress, ...reading }: ReadBytesOptions = {},
  ): Promise<Uint8Array<ArrayBuffer>> {
    const location = this.calls.paths.locate(path);
    const call = { method: "readBytes", location, args: [] };
    return this.calls.cachedFile(
      call,
      { ...reading, onProgress },
      ({ read, size }) => read(0, size!) as Promise<Uint8Array<ArrayBuffer>>,
    );
  }

  /** A file as a JSON value, cached and frozen. @throws CONN_NOT_FOUND, CONN_FORBIDDEN, CONN_AUTH, CONN_FORMAT for text that is no JSON. */
  async readJson<T = unknown>(path: string, options: ReadJsonOptions<T> = {}): Promise<T> {
    const { onProgress, ...reading } = options;
    const location = this.calls.paths.locate(path);
    const { json } = await this.calls.cachedFile<{ readonly json: T }>(
      { method: "readJson", location, args: [] },
      { ...wrapped(reading, ({ json }: { readonly json: T }) => json), onProgress },
      async (source, signal) => {
        const { readJson } = await import("@conn/formats");
        return { json: (await readJson(source, { signal })) as T };
      },
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
    if (limit !== Infinity) checkCount("limit", limit, 0);
    if (limit === 0) return [];
    const folder = this.calls.folder(path);
    return this.calls.call("list", folder, options, async (asking) => {
      const infos: (FileInfo | FolderInfo)[] = [];
      for await (const entry of entriesOf(asking, folder, {
        recursive,
        ...(limit === undefined ? {} : { limit }),
      }))
        infos.push(entryInfo(entry, folder, this.calls.paths));
      return infos;
    });
  }

  /** The files that a pattern names: `pets/*.csv`, `pets/**` at any depth, `[abc]`, `{csv,parquet}`. */
  async glob(pattern: string, options: GlobOptions = {}): Promise<FileInfo[]> {
    const { folder, glob } = this.calls.paths.pattern(pattern);
    if (options.limit !== Infinity) checkCount("limit", options.limit, 0);
    if (options.limit === 0) return [];
    return this.calls.call("glob", folder, options, async (asking) =>
      (await filesOf(asking, folder, glob, options.limit)).map((file) =>
        fileInfo(file, { ...folder, key: file.key }, this.calls.paths),
      ),
    );
  }

  /** A file's size, time, version and type. @throws CONN_NOT_FOUND, CONN_FORBIDDEN, CONN_AUTH. */
  async stat(path: string, options: CallOptions = {}): Promise<FileInfo> {
    const location = this.calls.paths.locate(path);
    return this.calls.call("stat", location, options, async (asking) => {
      const file = await asking.repeated(location, (signal) => asking.store.stat(location, signal));
      return fileInfo(file, location, this.calls.paths);
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
    this.#checkOptions("write", options);
    const location = this.calls.paths.locate(path);
    return this.calls.changing("write", location, options, (asking) =>
      writeFile(asking, location, this.calls.paths.show(location), data, options),
    );
  }

  /** Copies a file, within the store where it can. @throws CONN_NOT_FOUND, CONN_CONFLICT, CONN_FORBIDDEN. */
  async copy(from: string, to: string, options: CopyOptions = {}): Promise<void> {
    this.#checkOptions("copy", options);
    const [source, target] = [this.calls.paths.locate(from), this.calls.paths.locate(to)];
    await this.calls.changing("copy", source, options, async (asking, stores, calling) =>
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
    this.#checkOptions("copy", options, "move");
    const [source, target] = [this.calls.paths.locate(from), this.calls.paths.locate(to)];
    await this.calls.changing("move", source, options, async (asking, stores, calling) =>
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
    this.#checkOptions("delete", options);
    const { recursive = false, ifMatch } = options;
    const location = recursive ? this.calls.folder(path) : this.calls.paths.locate(path);
    await this.calls.changing("delete", location, options, async (asking) => {
      if (recursive) return deleteFolder(asking, location, this.calls.paths);
      await asking.repeated(location, (signal) => asking.store.delete(location, ifMatch, signal));
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
  override open(config: Config, context: OpenContext): Promise<Client>;
  override async open(
    what: string | Config,
    options: OpenReadOptions | OpenWriteOptions | OpenContext = {},
  ): Promise<
    Client | ReadableStream<Uint8Array<ArrayBuffer>> | WritableStream<string | Uint8Array>
  > {
    if (typeof what !== "string") return this.calls.open(this.place.stores(what));
    const location = this.calls.paths.locate(what);
    if (!("mode" in options && options.mode === "write"))
      return this.calls.openToRead(location, options);
    const { mode: _mode, ...given } = options;
    this.#checkOptions("write", given, "open");
    const path = this.calls.paths.show(location);
    return writableOf(async (body) => {
      await this.calls.changing("open", location, options, (asking) =>
        writeFile(asking, location, path, body, options),
      );
    });
  }

  /** Buckets or containers; with a path what is in them. */
  async browse(path: readonly string[] = []): Promise<readonly CatalogEntry[]> {
    const folder = this.calls.folder(path.join("/"));
    const top = folder.container === "" && folder.protocol !== "file";
    return this.calls.call("browse", folder, {}, async (asking) => {
      const entries: CatalogEntry[] = [];
      for await (const entry of entriesOf(asking, folder, { recursive: false })) {
        const info = entryInfo(entry, folder, this.calls.paths);
        const name = top ? entry.key.replace(/\/$/, "") : info.name;
        const kind = top ? asking.store.words.container : info.kind;
        entries.push({ name, kind, path: [...path, name] });
      }
      return entries;
    });
  }

  protected override async release(client: Client): Promise<void> {
    await this.calls.close(client);
  }

  protected override async ping(): Promise<void> {
    const folder = this.calls.folder("");
    await this.calls.call("ping", folder, {}, async (asking) => {
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

  #checkOptions(change: keyof typeof optionsOf, options: object, operation: string = change): void {
    const { changeOptions = [] } = this.place;
    checkOptions(operation, options, [...optionsOf[change], ...changeOptions]);
  }
}
