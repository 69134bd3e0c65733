import { Readable } from "node:stream";
import type {
  GetObjectCommandInput,
  HeadObjectCommandOutput,
  S3Client,
  S3ClientConfig,
} from "@aws-sdk/client-s3";
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
  SignRequest,
  StoreCopy,
  StoredFile,
  StoreWrite,
  WholeFile,
} from "../store.ts";
import { failureOf, statusOf, stranger, versionOf } from "./errors.ts";
import type { S3Sdk } from "./open.ts";

/** Packages beside the client, imported when they are needed. */
export interface S3Helpers {
  upload(): Promise<typeof import("@aws-sdk/lib-storage")>;
  sign(): Promise<typeof import("@aws-sdk/s3-request-presigner")>;
}

/** The least that S3 takes as a part of an upload. */
const leastPart = 5 * 1024 ** 2;
/** The most that S3 copies in one request. */
const mostCopied = 5 * 1024 ** 3;

/** Amazon S3, and what speaks its protocol. */
export class S3Store implements FileStore<S3Client> {
  readonly words = words.s3;
  readonly client: S3Client;
  readonly #sdk: S3Sdk;
  readonly #config: S3ClientConfig;
  readonly #helpers: S3Helpers;

  constructor(sdk: S3Sdk, config: S3ClientConfig, helpers: S3Helpers) {
    this.client = new sdk.S3Client(config);
    this.#sdk = sdk;
    this.#config = config;
    this.#helpers = helpers;
  }

  async list(query: ListQuery, abortSignal: AbortSignal): Promise<ListPage> {
    const { container, prefix, recursive, limit, after } = query;
    const page = await this.client.send(
      new this.#sdk.ListObjectsV2Command({
        Bucket: container,
        Prefix: prefix,
        MaxKeys: limit,
        ...(recursive ? {} : { Delimiter: "/" }),
        ...(after === undefined ? {} : { ContinuationToken: after }),
      }),
      { abortSignal },
    );
    if (page.Name === undefined && page.IsTruncated === undefined) throw stranger();
    const files = (page.Contents ?? []).map(
      ({ Key = "", Size = 0, LastModified, ETag = "" }): StoredFile => ({
        kind: "file",
        key: Key,
        size: Size,
        modified: LastModified ?? new Date(0),
        version: ETag,
      }),
    );
    const folders = (page.CommonPrefixes ?? []).map(
      ({ Prefix = "" }) => ({ kind: "folder", key: Prefix }) as const,
    );
    const entries = [...files, ...folders].sort((left, right) => (left.key < right.key ? -1 : 1));
    return { entries, next: page.NextContinuationToken };
  }

  async listContainers(abortSignal: AbortSignal): Promise<readonly string[]> {
    const { Buckets = [] } = await this.client.send(new this.#sdk.ListBucketsCommand({}), {
      abortSignal,
    });
    return Buckets.flatMap(({ Name }) => Name ?? []);
  }

  async stat(location: Location, abortSignal: AbortSignal): Promise<StoredFile> {
    const target = { Bucket: location.container, Key: location.key };
    try {
      const head = await this.client.send(new this.#sdk.HeadObjectCommand(target), { abortSignal });
      return describedFile(location.key, head);
    } catch (error) {
      const status = statusOf(error);
      if (status === undefined || status >= 500) throw error;
      throw await this.#reason({ ...target, Range: "bytes=0-0" }, error, abortSignal);
    }
  }

  async get(
    { container, key }: Location,
    known: string | undefined,
    abortSignal: AbortSignal,
  ): Promise<WholeFile> {
    const target = { Bucket: container, Key: key };
    const command = new this.#sdk.GetObjectCommand({ ...target, IfNoneMatch: known });
    const answer = await this.client.send(command, { abortSignal });
    const bytes = bytesOf(answer.Body as Readable, abortSignal);
    const file = describedFile(key, answer);
    if (answer.ContentLength === undefined) throw unknownLength();
    return { file, bytes };
  }

  async read(
    { container, key }: Location,
    { start, end, version }: ByteRange,
    abortSignal: AbortSignal,
  ): Promise<AsyncIterable<Uint8Array>> {
    const { Body } = await this.client.send(
      new this.#sdk.GetObjectCommand({
        Bucket: container,
        Key: key,
        Range: `bytes=${start}-${end - 1}`,
        IfMatch: version,
      }),
      { abortSignal },
    );
    return bytesOf(Body as Readable, abortSignal);
  }

  async write(
    location: Location,
    body: Body,
    options: StoreWrite,
    signal: AbortSignal,
  ): Promise<string> {
    const { ifAbsent, ifMatch, contentType, contentEncoding, metadata } = options;
    const params = {
      Bucket: location.container,
      Key: location.key,
      ...(contentType !== undefined && { ContentType: contentType }),
      ...(contentEncoding !== undefined && { ContentEncoding: contentEncoding }),
      ...(metadata !== undefined && { Metadata: metadata }),
      ...(ifAbsent && { IfNoneMatch: "*" }),
      // Ceph takes quotes for a part of the etag here, and Amazon takes it either way.
      ...(ifMatch !== undefined && { IfMatch: ifMatch.replaceAll('"', "") }),
    };
    try {
      if (!(body instanceof Uint8Array) || body.length > Math.max(options.partSize, leastPart))
        return await this.#upload(params, body, options, signal);
      const put = new this.#sdk.PutObjectCommand({ ...params, Body: body });
      const { ETag } = await this.client.send(put, { abortSignal: signal });
      options.onBytes(body.length);
      return versionOf(ETag);
    } catch (error) {
      const failure = ifAbsent ? this.failureOf(error) : undefined;
      if (failure?.kind !== "changed") throw error;
      throw new StoreFailure("exists", failure.message, { ...failure, kind: "exists" });
    }
  }

  async copy(
    from: Location,
    to: Location,
    { version, size, ifAbsent, ifMatch }: StoreCopy,
    abortSignal: AbortSignal,
  ): Promise<boolean> {
    // Few servers heed a condition on the target of a copy; all that heed any do so on a write.
    if (size > mostCopied || ifAbsent || ifMatch !== undefined) return false;
    await this.client.send(
      new this.#sdk.CopyObjectCommand({
        Bucket: to.container,
        Key: to.key,
        CopySource: `${from.container}/${from.key.split("/").map(encodeURIComponent).join("/")}`,
        CopySourceIfMatch: version,
      }),
      { abortSignal },
    );
    return true;
  }

  async delete(
    location: Location,
    ifMatch: string | undefined,
    abortSignal: AbortSignal,
  ): Promise<void> {
    // Sent along, and looked at before: not every server heeds it.
    if (ifMatch !== undefined && (await this.stat(location, abortSignal)).version !== ifMatch)
      throw new StoreFailure("changed");
    await this.client.send(
      new this.#sdk.DeleteObjectCommand({
        Bucket: location.container,
        Key: location.key,
        ...(ifMatch !== undefined && { IfMatch: ifMatch }),
      }),
      { abortSignal },
    );
  }

  async sign({ container, key }: Location, request: SignRequest): Promise<string> {
    const { getSignedUrl } = await this.#helpers.sign();
    const target = { Bucket: container, Key: key };
    // A checksum of the body that is not there yet would be signed along, and refuse every other.
    const client = new this.#sdk.S3Client({
      ...this.#config,
      requestChecksumCalculation: "WHEN_REQUIRED",
      // Not those agents whose sockets are in use: this client asks nothing, and ends its own.
      requestHandler: {},
    });
    try {
      const { contentType } = request;
      const command =
        request.method === "GET"
          ? new this.#sdk.GetObjectCommand(target)
          : new this.#sdk.PutObjectCommand({
              ...target,
              ...(contentType !== undefined && { ContentType: contentType }),
            });
      return await getSignedUrl(client, command, { expiresIn: request.seconds });
    } finally {
      client.destroy();
    }
  }

  failureOf(error: unknown): Failure | undefined {
    return failureOf(error);
  }

  close(): Promise<void> {
    this.client.destroy();
    return Promise.resolve();
  }

  /** A HEAD has no body to say why it failed: a GET of one byte has. */
  async #reason(
    request: GetObjectCommandInput,
    error: unknown,
    abortSignal: AbortSignal,
  ): Promise<unknown> {
    try {
      const { Body } = await this.client.send(new this.#sdk.GetObjectCommand(request), {
        abortSignal,
      });
      (Body as Readable).destroy();
      return error;
    } catch (reason) {
      return reason;
    }
  }

  async #upload(
    params: { readonly Bucket: string; readonly Key: string },
    body: Body,
    { partSize, concurrency, onBytes }: StoreWrite,
    signal: AbortSignal,
  ): Promise<string> {
    const { Upload } = await this.#helpers.upload();
    const upload = new Upload({
      client: this.client,
      params: { ...params, Body: body instanceof Uint8Array ? body : Readable.from(body) },
      queueSize: concurrency,
      partSize: Math.max(partSize, leastPart),
      leavePartsOnError: false,
    });
    upload.on("httpUploadProgress", ({ loaded = 0 }) => onBytes(loaded));
    const abort = (): void => void upload.abort();
    signal.addEventListener("abort", abort, { once: true });
    try {
      signal.throwIfAborted();
      return versionOf((await upload.done()).ETag);
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }
}

/** What the headers of a HEAD or a GET tell; without a version, S3 has not said it. */
function describedFile(key: string, head: Omit<HeadObjectCommandOutput, "$metadata">): StoredFile {
  return {
    kind: "file",
    key,
    size: head.ContentLength ?? 0,
    modified: head.LastModified ?? new Date(0),
    version: versionOf(head.ETag),
    contentType: head.ContentType,
    contentEncoding: head.ContentEncoding,
    metadata: head.Metadata,
  };
}
