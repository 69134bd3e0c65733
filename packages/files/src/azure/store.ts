import { Readable } from "node:stream";
import type {
  BlobDownloadResponseParsed,
  BlobGetPropertiesResponse,
  BlobItem,
  BlobServiceClient,
  BlockBlobClient,
} from "@azure/storage-blob";
import { bytesOf } from "../body-stream.ts";
import { type Failure, StoreFailure, unknownLength } from "../failure.ts";
import type { Location } from "../location.ts";
import { words } from "../protocol.ts";
import type {
  Body,
  ByteRange,
  FileStore,
  ListPage,
  ListQuery,
  Precondition,
  SignRequest,
  StoreCopy,
  StoredFile,
  StoreWrite,
  WholeFile,
} from "../store.ts";
import { failureOf } from "./errors.ts";
import type { AzureSdk } from "./open.ts";

/** Azure Blob Storage. */
export class AzureStore implements FileStore<BlobServiceClient> {
  readonly words = words.az;
  readonly client: BlobServiceClient;
  readonly #sdk: AzureSdk;

  constructor(sdk: AzureSdk, client: BlobServiceClient) {
    this.#sdk = sdk;
    this.client = client;
  }

  async list(query: ListQuery, abortSignal: AbortSignal): Promise<ListPage> {
    const { container, prefix, recursive, limit, after } = query;
    const client = this.client.getContainerClient(container);
    const paging = {
      maxPageSize: limit,
      ...(after === undefined ? {} : { continuationToken: after }),
    };
    const options = { prefix, abortSignal };
    const pages = recursive
      ? client.listBlobsFlat(options).byPage(paging)
      : client.listBlobsByHierarchy("/", options).byPage(paging);
    const { value: page } = await pages.next();
    if (!page) return { entries: [], next: undefined };
    const files = (page.segment.blobItems as BlobItem[]).map(listedFile);
    const prefixes = "blobPrefixes" in page.segment ? (page.segment.blobPrefixes ?? []) : [];
    const folders = prefixes.map(
      ({ name: key }: { readonly name: string }) => ({ kind: "folder", key }) as const,
    );
    const entries = [...files, ...folders].sort((left, right) => (left.key < right.key ? -1 : 1));
    return { entries, next: page.continuationToken || undefined };
  }

  async listContainers(abortSignal: AbortSignal): Promise<readonly string[]> {
    const names: string[] = [];
    for await (const { name } of this.client.listContainers({ abortSignal })) names.push(name);
    return names;
  }

  async stat(location: Location, abortSignal: AbortSignal): Promise<StoredFile> {
    return headFile(location.key, await this.#blob(location).getProperties({ abortSignal }));
  }

  async get(
    location: Location,
    known: string | undefined,
    abortSignal: AbortSignal,
  ): Promise<WholeFile> {
    const answer = await this.#blob(location).download(0, undefined, {
      ...(known !== undefined && { conditions: { ifNoneMatch: known } }),
      maxRetryRequests: 0,
      abortSignal,
    });
    const bytes = bytesOf(answer.readableStreamBody as Readable, abortSignal);
    if (answer.contentLength === undefined) throw unknownLength();
    return { file: headFile(location.key, answer), bytes };
  }

  async read(
    location: Location,
    { start, end, version }: ByteRange,
    signal: AbortSignal,
  ): Promise<AsyncIterable<Uint8Array>> {
    const { readableStreamBody } = await this.#blob(location).download(start, end - start, {
      conditions: { ifMatch: version },
      maxRetryRequests: 0,
      abortSignal: signal,
    });
    return bytesOf(readableStreamBody as Readable, signal);
  }

  async write(
    location: Location,
    body: Body,
    options: StoreWrite,
    abortSignal: AbortSignal,
  ): Promise<string> {
    const { contentType, contentEncoding, metadata, partSize, concurrency, onBytes } = options;
    const blob = this.#blob(location);
    const settings = {
      abortSignal,
      conditions: conditionsOf(options),
      blobHTTPHeaders: {
        ...(contentType !== undefined && { blobContentType: contentType }),
        ...(contentEncoding !== undefined && { blobContentEncoding: contentEncoding }),
      },
      ...(metadata !== undefined && { metadata: { ...metadata } }),
      onProgress: ({ loadedBytes }: { readonly loadedBytes: number }) => onBytes(loadedBytes),
    };
    if (body instanceof Uint8Array && body.length <= partSize) {
      const { etag } = await blob.upload(
        Buffer.from(body.buffer, body.byteOffset, body.length),
        body.length,
        settings,
      );
      return etag ?? "";
    }
    const source = Readable.from(body instanceof Uint8Array ? [body] : body, { objectMode: false });
    const { etag } = await blob.uploadStream(source, partSize, concurrency, settings);
    return etag ?? "";
  }

  async copy(
    from: Location,
    to: Location,
    options: StoreCopy,
    abortSignal: AbortSignal,
  ): Promise<boolean> {
    const poller = await this.#blob(to).beginCopyFromURL(this.#blob(from).url, {
      abortSignal,
      conditions: conditionsOf(options),
      sourceConditions: { ifMatch: options.version },
      intervalInMs: 500,
    });
    const { copyStatus } = await poller.pollUntilDone();
    if (copyStatus !== "success")
      throw new StoreFailure("other", `the copy ended with ${copyStatus}`);
    return true;
  }

  async delete(
    location: Location,
    ifMatch: string | undefined,
    abortSignal: AbortSignal,
  ): Promise<void> {
    try {
      await this.#blob(location).delete({ abortSignal, conditions: conditionsOf({ ifMatch }) });
    } catch (error) {
      if (ifMatch !== undefined || failureOf(error)?.kind !== "missing") throw error;
    }
  }

  async sign(location: Location, request: SignRequest): Promise<string> {
    const { method, seconds, contentType } = request;
    try {
      return await this.#blob(location).generateSasUrl({
        permissions: this.#sdk.BlobSASPermissions.parse(method === "GET" ? "r" : "cw"),
        expiresOn: new Date(Date.now() + seconds * 1000),
        ...(contentType !== undefined && method === "GET" && { contentType }),
      });
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new StoreFailure("no credentials", error.message, {
        hint: "Signing needs the account's key: give `accountKey` or `connectionString` in the section.",
      });
    }
  }

  failureOf(error: unknown): Failure | undefined {
    return failureOf(error);
  }

  close(): Promise<void> {
    // The SDK shares its sockets with all its clients, and lets idle ones keep no process alive.
    return Promise.resolve();
  }

  #blob({ container, key }: Location): BlockBlobClient {
    return this.client.getContainerClient(container).getBlockBlobClient(key);
  }
}

function listedFile({ name, properties }: BlobItem): StoredFile {
  const { contentLength = 0, lastModified, etag, contentType, contentEncoding } = properties;
  return {
    kind: "file",
    key: name,
    size: contentLength,
    modified: lastModified,
    // Lists leave the quotes of an etag out.
    version: etag.startsWith('"') ? etag : `"${etag}"`,
    contentType: contentType || undefined,
    contentEncoding: contentEncoding || undefined,
  };
}

function headFile(
  key: string,
  head: BlobGetPropertiesResponse | BlobDownloadResponseParsed,
): StoredFile {
  return {
    kind: "file",
    key,
    size: head.contentLength ?? 0,
    modified: head.lastModified ?? new Date(0),
    version: head.etag ?? "",
    contentType: head.contentType,
    contentEncoding: head.contentEncoding,
    metadata: head.metadata,
  };
}

function conditionsOf({ ifAbsent, ifMatch }: Precondition): {
  ifNoneMatch?: string;
  ifMatch?: string;
} {
  return {
    ...(ifAbsent && { ifNoneMatch: "*" }),
    ...(ifMatch !== undefined && { ifMatch }),
  };
}
