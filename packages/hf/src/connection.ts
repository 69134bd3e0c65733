import { type CheckSteps, ConnError, type ConnectionClass, type Table } from "@conn/core";
import { checkCount } from "@conn/core/toolkit";
import {
  type Asking,
  FileStoreConnection,
  type Place,
  Stores,
  type WriteResult,
  type Writing,
} from "@conn/files/base";
import { HubCache } from "./cache.ts";
import type { HubClient } from "./client.ts";
import type { CommitOptions } from "./commit.ts";
import { config, type HfConfig } from "./config.ts";
import { downloadFile, downloadFolder } from "./download.ts";
import { cacheFolder } from "./environment.ts";
import { type Found, infoOf, type RepositoryInfo, searchHub } from "./info.ts";
import { openHub } from "./open.ts";
import type {
  DownloadOptions,
  HfDeleteOptions,
  HfWriteOptions,
  InfoOptions,
  ReadDatasetOptions,
  SearchOptions,
  UploadOptions,
  UploadResult,
} from "./options.ts";
import { hfPaths, locateRepository, type PathRules } from "./paths.ts";
import { readPart } from "./read-dataset.ts";
import { locationOf, type RepositoryKind, repositoryOf, top } from "./repository.ts";
import type { HubStore } from "./store.ts";
import { uploadFiles } from "./upload.ts";

/** What `modelInfo` and its likes tell. */
export type Info<Kind extends RepositoryKind> = Found[Kind] & RepositoryInfo;

/** Datasets, models and spaces of Hugging Face: their files as tables, and everything else that is done with files. */
export class HfConnection extends FileStoreConnection<HubClient, HfConfig> {
  static readonly type = "hf";
  static readonly config: ConnectionClass<HfConnection, HfConfig>["config"] = config;
  static override readonly members: Readonly<Record<string, string>> = {
    ...FileStoreConnection.members,
    browse: "Lists the account's repositories, folders and files.",
    readDataset: "Reads a part of a dataset as a table; cached.",
    download: "Downloads a file or a folder to this machine, and gives its path.",
    upload: "Uploads several files as one commit.",
    modelInfo: "Tells what the hub knows about a model; cached.",
    datasetInfo: "Tells what the hub knows about a dataset; cached.",
    spaceInfo: "Tells what the hub knows about a space; cached.",
    search: "Finds datasets, models or spaces; cached.",
  };

  /**
   * A part of a dataset as a table, cached: of the hub's copy in Parquet, else of the dataset's own files.
   * With `limit`, `columns` and `where` no more of a large one is downloaded than they need.
   *
   * @throws CONN_ARGUMENT for a `config` or `split` that is not there, CONN_NOT_FOUND, CONN_FORBIDDEN, CONN_AUTH.
   */
  async readDataset<Row extends object = Record<string, unknown>>(
    name: string,
    options: ReadDatasetOptions<Row> = {},
  ): Promise<Table<Row>> {
    const { schema, ...rest } = options;
    const table = await readPart(
      this.calls,
      locateRepository("dataset", name, rest.revision, this.#rules),
      rest as Omit<ReadDatasetOptions, "schema">,
    );
    return (schema ? await table.validate(schema) : table) as Table<Row>;
  }

  /**
   * Downloads a file, or with a slash at its end a folder, and gives its path on this machine. Without `to`
   * it is in the cache that Python's library uses, too: what is there is not downloaded again, and is found
   * without the hub. Bytes are checked against their hash.
   *
   * @throws CONN_NOT_FOUND, CONN_FORBIDDEN, CONN_AUTH, CONN_CHANGED for bytes that are not the version's.
   */
  async download(path: string, options: DownloadOptions = {}): Promise<string> {
    const { to, onProgress } = options;
    const cache = new HubCache(this.config.cache ?? cacheFolder());
    const folder = path === "" || path.endsWith("/");
    const location = folder ? this.calls.folder(path) : this.place.paths.locate(path);
    const download = folder ? downloadFolder : downloadFile;
    return this.calls.call("download", location, options, (asking) =>
      download(asking as Asking<HubStore>, location, { cache, to, onProgress }),
    );
  }

  /** Writes a file as one commit. @throws CONN_CONFLICT where a condition does not hold, CONN_FORBIDDEN, CONN_AUTH, CONN_LOST. */
  override write(path: string, data: Writing, options: HfWriteOptions = {}): Promise<WriteResult> {
    return super.write(path, data, options);
  }

  /**
   * Uploads files of one repository as one commit: tables, text, bytes or streams by their paths, and
   * `file:` URLs for files and folders of this machine.
   *
   * @throws CONN_ARGUMENT, CONN_CONFLICT where `parentCommit` is not the newest, CONN_FORBIDDEN, CONN_AUTH, CONN_LOST.
   */
  async upload(
    files: Readonly<Record<string, Writing | URL>>,
    options: UploadOptions = {},
  ): Promise<UploadResult> {
    const { paths } = this.place;
    const uploads = Object.entries(files).map(([path, data]) => {
      if (!(data instanceof URL)) return [paths.locate(path), data] as const;
      const folder = paths.folder(path);
      return [{ ...folder, key: folder.key.replace(/\/$/, "") }, data] as const;
    });
    const start = uploads[0]?.[0] ?? top;
    return this.calls.changing("upload", start, options, (asking) =>
      uploadFiles(asking as Asking<HubStore>, uploads, options),
    );
  }

  /** Deletes a file, or with `recursive` a folder, as one commit; what is not there is no failure. @throws CONN_CONFLICT, CONN_FORBIDDEN. */
  override delete(path: string, options: HfDeleteOptions = {}): Promise<void> {
    return super.delete(path, options);
  }

  /** What the hub knows about a model. @throws CONN_NOT_FOUND, CONN_FORBIDDEN, CONN_AUTH. */
  modelInfo(name: string, options: InfoOptions<Info<"model">> = {}): Promise<Info<"model">> {
    return this.#info("model", name, options);
  }

  /** What the hub knows about a dataset. @throws CONN_NOT_FOUND, CONN_FORBIDDEN, CONN_AUTH. */
  datasetInfo(name: string, options: InfoOptions<Info<"dataset">> = {}): Promise<Info<"dataset">> {
    return this.#info("dataset", name, options);
  }

  /** What the hub knows about a space. @throws CONN_NOT_FOUND, CONN_FORBIDDEN, CONN_AUTH. */
  spaceInfo(name: string, options: InfoOptions<Info<"space">> = {}): Promise<Info<"space">> {
    return this.#info("space", name, options);
  }

  /** Finds datasets, models or spaces by name, author and tags, in the hub's order. */
  async search<Kind extends RepositoryKind>({
    kind,
    query,
    author,
    tags,
    limit = 20,
    ...reading
  }: SearchOptions<Kind>): Promise<Found[Kind][]> {
    const wanted = { kind, query, author, tags, limit };
    checkCount("limit", limit);
    if (kind !== "dataset" && kind !== "model" && kind !== "space")
      throw new ConnError("CONN_ARGUMENT", "`kind` of `search` is none that the hub has.", {
        connection: this.name,
        operation: "search",
        hint: 'Give "dataset", "model" or "space": { kind: "dataset", query: "pets" }.',
      });
    return this.calls.cached<Found[Kind][]>(
      { method: "search", location: top, args: [wanted] },
      reading,
      (asking) => searchHub(asking as Asking<HubStore>, wanted),
    );
  }

  protected override get place(): Place<HubClient, HfConfig> {
    return {
      paths: hfPaths(this.#rules),
      stores: (settings) =>
        new Stores(() =>
          openHub(settings, this.name, (request) => this.retried("client", request)),
        ),
      changing: (store, options) => (store as HubStore).committing(options as CommitOptions),
      changeOptions: ["message", "description", "pullRequest"] satisfies (keyof CommitOptions)[],
    };
  }

  /** Who the token is of, and whether the repository of `root` may be seen. */
  protected override steps(): CheckSteps {
    const { root } = this.config;
    const location = root ?? top;
    const call = <T>(step: string, request: (store: HubStore, signal: AbortSignal) => Promise<T>) =>
      this.calls.call(step, location, {}, (asking) =>
        asking.repeated(location, (signal) => request(asking.store as HubStore, signal)),
      );
    return {
      open: () => this.client(),
      ping: () => call("ping", (store, signal) => store.login(signal)),
      ...(root && {
        repository: () =>
          call("repository", (store, signal) => store.head(repositoryOf(root.container), signal)),
      }),
    };
  }

  get #rules(): PathRules {
    const { endpoint, root, revision } = this.config;
    return { connection: this.name, endpoint, root, revision };
  }

  #info<Kind extends RepositoryKind>(
    kind: Kind,
    name: string,
    { revision = "HEAD", ...reading }: InfoOptions<Info<Kind>>,
  ): Promise<Info<Kind>> {
    const repository = { ...locateRepository(kind, name, revision, this.#rules), kind };
    const location = locationOf(repository);
    return this.calls.cached<Info<Kind>>(
      { method: `${kind}Info`, location, args: [] },
      reading,
      (asking) => infoOf(asking as Asking<HubStore>, repository),
    );
  }
}
