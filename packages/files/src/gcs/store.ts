import type { IncomingHttpHeaders } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Storage } from "@google-cloud/storage";
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
import type { GcsApi } from "./api.ts";
import { failureOf } from "./errors.ts";

/** https://cloud.google.com/storage/docs/json_api/v1/objects#resource */
interface ObjectResource {
  readonly name: string;
  readonly size: string;
  readonly updated: string;
  readonly generation: string;
  readonly contentType?: string;
  readonly contentEncoding?: string;
  readonly metadata?: Record<string, string>;
}

/** Google would else unpack gzip, of which there are no ranges. */
const asStored = { "accept-encoding": "gzip" };

/** Pieces of a resumable upload are multiples of this. */
const pieceUnit = 256 * 1024;

/** Google Cloud Storage. A version is a generation: reads name it, so that none can mix two. */
export class GcsStore implements FileStore<Storage> {
  readonly words = words.gs;
  readonly client: Storage;
  readonly #api: GcsApi;
  readonly #project: string | undefined;

  constructor(storage: Storage, api: GcsApi, project: string | undefined) {
    this.client = storage;
    this.#api = api;
    this.#project = project;
  }

  async list(query: ListQuery, signal: AbortSignal): Promise<ListPage> {
    const { container, prefix, recursive, limit, after } = query;
    const page = (await this.#api.json(
      {
        path: `/b/${encodeURIComponent(container)}/o`,
        query: {
          prefix,
          delimiter: recursive ? undefined : "/",
          maxResults: limit,
          pageToken: after,
        },
      },
      signal,
    )) as { items?: ObjectResource[]; prefixes?: string[]; nextPageToken?: string };
    const folders = (page.prefixes ?? []).map((key) => ({ kind: "folder", key }) as const);
    const entries = [...(page.items ?? []).map(storedFile), ...folders];
    entries.sort((left, right) => (left.key < right.key ? -1 : 1));
    return { entries, next: page.nextPageToken };
  }

  async listContainers(signal: AbortSignal): Promise<readonly string[]> {
    const project = this.#project ?? (await this.#api.project());
    const asked = { path: "/b", query: { project } };
    const { items = [] } = (await this.#api.json(asked, signal)) as { items?: { name: string }[] };
    return items.map(({ name }) => name);
  }

  async stat(location: Location, signal: AbortSignal): Promise<StoredFile> {
    return storedFile((await this.#api.json({ path: pathOf(location) }, signal)) as ObjectResource);
  }

  async get(
    location: Location,
    known: string | undefined,
    signal: AbortSignal,
  ): Promise<WholeFile> {
    const query = { alt: "media", ifGenerationNotMatch: known };
    const asked = { path: pathOf(location), query, headers: asStored };
    const answer = await this.#api.media(asked, signal);
    return { file: answeredFile(location.key, answer.headers), bytes: bytesOf(answer, signal) };
  }

  async read(
    location: Location,
    { start, end, version }: ByteRange,
    signal: AbortSignal,
  ): Promise<AsyncIterable<Uint8Array>> {
    const response = await this.#api.media(
      {
        path: pathOf(location),
        query: { alt: "media", generation: version },
        headers: { range: `bytes=${start}-${end - 1}`, ...asStored },
      },
      signal,
    );
    return bytesOf(response, signal);
  }

  async write(
    { container, key }: Location,
    body: Body,
    options: StoreWrite,
    signal: AbortSignal,
  ): Promise<string> {
    const { contentType, contentEncoding, metadata, partSize, onBytes } = options;
    const file = this.client.bucket(container).file(key);
    const generation = wantedGeneration(options);
    const small = body instanceof Uint8Array && body.length <= partSize;
    const target = file.createWriteStream({
      resumable: !small,
      validation: "md5",
      chunkSize: Math.ceil(partSize / pieceUnit) * pieceUnit,
      metadata: {
        ...(contentType !== undefined && { contentType }),
        ...(contentEncoding !== undefined && { contentEncoding }),
        ...(metadata !== undefined && { metadata: { ...metadata } }),
      },
      ...(generation !== undefined && { preconditionOpts: { ifGenerationMatch: generation } }),
    });
    let bytes = 0;
    const source = body instanceof Uint8Array ? chunksOf(body) : body;
    const told = async function* (): AsyncGenerator<Uint8Array> {
      for await (const chunk of source) {
        yield chunk;
        onBytes((bytes += chunk.length));
      }
    };
    try {
      await pipeline(Readable.from(told(), { objectMode: false }), target, { signal });
    } catch (error) {
      throw options.ifAbsent ? existing(error) : error;
    }
    return String(file.metadata.generation);
  }

  async copy(
    from: Location,
    to: Location,
    options: StoreCopy,
    signal: AbortSignal,
  ): Promise<boolean> {
    const path = `${pathOf(from)}/rewriteTo${pathOf(to)}`;
    const generation = wantedGeneration(options);
    let rewriteToken: string | undefined;
    try {
      do {
        const query = {
          sourceGeneration: options.version,
          ifGenerationMatch: generation,
          rewriteToken,
        };
        const answer = (await this.#api.json({ method: "POST", path, query }, signal)) as {
          done: boolean;
          rewriteToken?: string;
        };
        rewriteToken = answer.done ? undefined : answer.rewriteToken;
      } while (rewriteToken !== undefined);
    } catch (error) {
      throw options.ifAbsent ? existing(error) : error;
    }
    return true;
  }

  async delete(
    location: Location,
    ifMatch: string | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    try {
      const query = { ifGenerationMatch: ifMatch };
      await this.#api.json({ method: "DELETE", path: pathOf(location), query }, signal);
    } catch (error) {
      if (ifMatch !== undefined || failureOf(error)?.kind !== "missing") throw error;
    }
  }

  async sign({ container, key }: Location, request: SignRequest): Promise<string> {
    const { method, seconds, contentType } = request;
    const [url] = await this.client
      .bucket(container)
      .file(key)
      .getSignedUrl({
        version: "v4",
        action: method === "GET" ? "read" : "write",
        expires: Date.now() + seconds * 1000,
        ...(contentType !== undefined && { contentType }),
      });
    return url;
  }

  failureOf(error: unknown): Failure | undefined {
    return failureOf(error);
  }

  close(): Promise<void> {
    this.#api.close();
    return Promise.resolve();
  }
}

function pathOf({ container, key }: Location): string {
  return `/b/${encodeURIComponent(container)}/o/${encodeURIComponent(key)}`;
}

function storedFile(object: ObjectResource): StoredFile {
  const { name, size, updated, generation, contentType, contentEncoding, metadata } = object;
  return {
    kind: "file",
    key: name,
    size: Number(size),
    modified: new Date(updated),
    version: generation,
    contentType,
    contentEncoding,
    metadata,
  };
}

/** https://cloud.google.com/storage/docs/xml-api/reference-headers */
function answeredFile(key: string, headers: IncomingHttpHeaders): StoredFile {
  const header = (name: string): string | undefined => [headers[name]].flat()[0];
  const generation = header("x-goog-generation");
  const size = header("x-goog-stored-content-length") ?? header("content-length");
  if (size === undefined) throw unknownLength();
  if (generation === undefined) throw new StoreFailure("other", "the answer names no generation");
  return {
    kind: "file",
    key,
    size: Number(size),
    modified: new Date(header("last-modified") ?? 0),
    version: generation,
    contentType: header("content-type"),
    contentEncoding: header("content-encoding"),
  };
}

/** The generation that the target must have; 0 stands for no object. */
function wantedGeneration({ ifAbsent, ifMatch }: Precondition): string | number | undefined {
  return ifAbsent ? 0 : ifMatch;
}

function existing(error: unknown): unknown {
  const failure = failureOf(error);
  return failure?.kind === "changed"
    ? new StoreFailure("exists", failure.message, { ...failure, kind: "exists" })
    : error;
}

function* chunksOf(bytes: Uint8Array): Generator<Uint8Array> {
  const chunkSize = 1024 * 1024;
  for (let at = 0; at < bytes.length || at === 0; at += chunkSize)
    yield bytes.subarray(at, at + chunkSize);
}
