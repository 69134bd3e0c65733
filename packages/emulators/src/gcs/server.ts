import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";
import { Buckets, type Conditions, type Description, type StoredObject } from "./buckets.ts";
import { Failure, notModified } from "./failure.ts";
import { append, Sessions, splitRelated } from "./uploads.ts";

export interface GcsServer extends AsyncDisposable {
  /** Such as `http://127.0.0.1:40001`. */
  readonly url: string;
  readonly port: number;
  readonly buckets: Buckets;
}

/** Google Cloud Storage's JSON API, in memory, on 127.0.0.1. Whoever asks may do everything. */
export async function gcsServer(): Promise<GcsServer> {
  const emulator = new Emulator();
  const server = createServer((request, response) => void emulator.handle(request, response));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    buckets: emulator.buckets,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** One request: where it goes, and what the path's pattern found. */
interface Call {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly base: string;
  readonly query: URLSearchParams;
  readonly parts: readonly string[];
}

type Route = readonly [method: string, path: RegExp, run: (call: Call) => void | Promise<void>];

class Emulator {
  readonly buckets: Buckets = new Buckets();
  readonly #sessions = new Sessions();
  /** https://cloud.google.com/storage/docs/json_api/v1 */
  readonly #routes: readonly Route[] = [
    ["POST", /^\/b$/, (call) => this.#createBucket(call)],
    ["GET", /^\/b$/, (call) => this.#listBuckets(call)],
    ["GET", /^\/b\/([^/]+)$/, (call) => this.#getBucket(call)],
    ["DELETE", /^\/b\/([^/]+)$/, (call) => this.#deleteBucket(call)],
    ["GET", /^\/b\/([^/]+)\/o$/, (call) => this.#list(call)],
    ["POST", /^\/upload\/b\/([^/]+)\/o$/, (call) => this.#upload(call)],
    ["PUT", /^\/upload\/b\/([^/]+)\/o$/, (call) => this.#resume(call)],
    ["DELETE", /^\/upload\/b\/([^/]+)\/o$/, (call) => this.#cancel(call)],
    [
      "POST",
      /^\/b\/([^/]+)\/o\/([^/]+)\/(?:rewriteTo|copyTo)\/b\/([^/]+)\/o\/([^/]+)$/,
      (call) => this.#copy(call),
    ],
    ["GET", /^\/b\/([^/]+)\/o\/([^/]+)$/, (call) => this.#get(call)],
    ["PATCH", /^\/b\/([^/]+)\/o\/([^/]+)$/, (call) => this.#patch(call)],
    ["DELETE", /^\/b\/([^/]+)\/o\/([^/]+)$/, (call) => this.#delete(call)],
  ];

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      await this.#route(request, response);
    } catch (error) {
      // What was sent is read all the same, so that the connection can be used again.
      request.resume();
      if (response.headersSent) response.destroy();
      else if (error instanceof Failure) json(response, error.status, error.body);
      else json(response, 500, new Failure(500, "backendError", String(error)).body);
    }
  }

  async #route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const base = `http://${request.headers.host}`;
    const { pathname, searchParams: query } = new URL(request.url!, base);
    // The client leaves `/storage/v1` out where STORAGE_EMULATOR_HOST is set.
    const path = pathname.replace(/^\/download/, "").replace(/\/?storage\/v1/, "");
    for (const [method, pattern, run] of this.#routes) {
      const match = method === request.method && pattern.exec(path);
      if (!match) continue;
      const parts = match.slice(1).map(decodeURIComponent);
      return run({ request, response, base, query, parts });
    }
    throw new Failure(404, "notFound", `There is no ${request.method} ${path} here.`);
  }

  async #createBucket({ request, response }: Call): Promise<void> {
    const { name } = JSON.parse((await buffer(request)).toString()) as { name: string };
    this.buckets.create(name);
    json(response, 200, bucketResource(name));
  }

  #listBuckets({ response }: Call): void {
    json(response, 200, { kind: "storage#buckets", items: this.buckets.names.map(bucketResource) });
  }

  #getBucket({ response, parts: [name = ""] }: Call): void {
    this.buckets.demand(name);
    json(response, 200, bucketResource(name));
  }

  #deleteBucket({ response, parts: [name = ""] }: Call): void {
    this.buckets.remove(name);
    response.writeHead(204).end();
  }

  #list({ response, base, query, parts: [bucket = ""] }: Call): void {
    const token = query.get("pageToken");
    const page = this.buckets.list(bucket, {
      prefix: query.get("prefix") ?? "",
      delimiter: query.get("delimiter") ?? undefined,
      limit: Math.min(Number(query.get("maxResults") ?? 1000), 1000),
      after: token === null ? "" : Buffer.from(token, "base64url").toString(),
    });
    json(response, 200, {
      kind: "storage#objects",
      items: page.objects.map((object) => objectResource(object, base)),
      prefixes: page.prefixes,
      ...(page.next !== undefined && {
        nextPageToken: Buffer.from(page.next).toString("base64url"),
      }),
    });
  }

  async #upload(call: Call): Promise<void> {
    const { request, response, base, query, parts } = call;
    const bucket = parts[0]!;
    this.buckets.demand(bucket);
    const body = await buffer(request);
    const conditions = conditionsOf(query);
    switch (query.get("uploadType")) {
      case "media": {
        const contentType = request.headers["content-type"];
        return this.#put(call, bucket, query.get("name"), body, { contentType });
      }
      case "multipart": {
        const { description, bytes } = splitRelated(body, request.headers);
        return this.#put(call, bucket, query.get("name") ?? description.name, bytes, description);
      }
      case "resumable": {
        const description = body.length > 0 ? (JSON.parse(body.toString()) as Description) : {};
        const name = named(query.get("name") ?? description.name);
        this.buckets.demandConditions(bucket, name, conditions);
        const contentType = header(request, "x-upload-content-type");
        const id = this.#sessions.start({
          bucket,
          name,
          description: { contentType, ...description },
          conditions,
        });
        const location = `${base}/upload/storage/v1/b/${bucket}/o?uploadType=resumable&name=${encodeURIComponent(name)}&upload_id=${id}`;
        response
          .writeHead(200, { location, "x-guploader-uploadid": id, "content-length": 0 })
          .end();
        return;
      }
      default:
        throw new Failure(400, "invalid", "`uploadType` is media, multipart or resumable.");
    }
  }

  async #resume(call: Call): Promise<void> {
    const { request, response, query } = call;
    const id = query.get("upload_id") ?? "";
    const session = this.#sessions.get(id);
    if (!append(session, await buffer(request), request.headers["content-range"])) {
      const range = session.length > 0 ? { range: `bytes=0-${session.length - 1}` } : {};
      response.writeHead(308, { ...range, "content-length": 0 }).end();
      return;
    }
    this.#sessions.end(id);
    const { bucket, name, description, chunks, conditions } = session;
    this.#put(call, bucket, name, Buffer.concat(chunks), description, conditions);
  }

  #cancel({ response, query }: Call): void {
    this.#sessions.end(query.get("upload_id") ?? "");
    response.writeHead(499, { "content-length": 0 }).end();
  }

  #put(
    { response, base, query }: Call,
    bucket: string,
    given: string | null | undefined,
    bytes: Buffer,
    description: Description,
    conditions: Conditions = conditionsOf(query),
  ): void {
    const name = named(given);
    this.buckets.demandConditions(bucket, name, conditions);
    const object = this.buckets.put(bucket, name, bytes, description);
    json(response, 200, objectResource(object, base));
  }

  #copy({ response, base, query, parts }: Call): void {
    const [bucket = "", name = "", toBucket = "", toName = ""] = parts;
    const source = this.buckets.get(bucket, name, query.get("sourceGeneration"));
    this.buckets.demandConditions(toBucket, toName, conditionsOf(query));
    const { bytes, contentType, contentEncoding, metadata } = source;
    const description = { contentType, contentEncoding, metadata };
    const resource = objectResource(this.buckets.put(toBucket, toName, bytes, description), base);
    const size = String(bytes.length);
    json(response, 200, {
      kind: "storage#rewriteResponse",
      done: true,
      objectSize: size,
      totalBytesRewritten: size,
      resource,
    });
  }

  #get({ request, response, base, query, parts: [bucket = "", name = ""] }: Call): void {
    const object = this.buckets.get(bucket, name, query.get("generation"));
    if (query.get("ifGenerationNotMatch") === String(object.generation)) throw notModified();
    this.buckets.demandConditions(bucket, name, conditionsOf(query));
    if (query.get("alt") === "media") media(request, response, object);
    else json(response, 200, objectResource(object, base));
  }

  async #patch({ request, response, base, parts: [bucket = "", name = ""] }: Call): Promise<void> {
    const changes = JSON.parse((await buffer(request)).toString()) as Description;
    const object = this.buckets.get(bucket, name);
    Object.assign(object, changes);
    json(response, 200, objectResource(object, base));
  }

  #delete({ response, query, parts: [bucket = "", name = ""] }: Call): void {
    this.buckets.get(bucket, name, query.get("generation"));
    this.buckets.demandConditions(bucket, name, conditionsOf(query));
    this.buckets.delete(bucket, name);
    response.writeHead(204).end();
  }
}

/** The bytes, or a range of them. https://www.rfc-editor.org/rfc/rfc9110#section-14 */
function media(request: IncomingMessage, response: ServerResponse, object: StoredObject): void {
  const { bytes, contentType = "application/octet-stream", contentEncoding } = object;
  const headers = {
    "content-type": contentType,
    ...(contentEncoding !== undefined && { "content-encoding": contentEncoding }),
    "accept-ranges": "bytes",
    "last-modified": object.created.toUTCString(),
    etag: etagOf(object),
    "x-goog-generation": String(object.generation),
    "x-goog-metageneration": "1",
    "x-goog-hash": `crc32c=${object.crc32c},md5=${object.md5}`,
    "x-goog-stored-content-encoding": contentEncoding ?? "identity",
    "x-goog-stored-content-length": bytes.length,
  };
  const range = /^bytes=(\d*)-(\d*)$/.exec(request.headers.range ?? "");
  if (!range) {
    response.writeHead(200, { ...headers, "content-length": bytes.length }).end(bytes);
    return;
  }
  const [, first, last] = range;
  const start = first === "" ? Math.max(0, bytes.length - Number(last)) : Number(first);
  const end = first === "" || last === "" ? bytes.length : Math.min(Number(last) + 1, bytes.length);
  if (start >= end) {
    response.writeHead(416, { "content-range": `bytes */${bytes.length}` });
    response.end("The requested range cannot be satisfied.");
    return;
  }
  response.writeHead(206, {
    ...headers,
    "content-range": `bytes ${start}-${end - 1}/${bytes.length}`,
    "content-length": end - start,
  });
  response.end(bytes.subarray(start, end));
}

function bucketResource(name: string): object {
  return { kind: "storage#bucket", id: name, name, location: "US", storageClass: "STANDARD" };
}

/** https://cloud.google.com/storage/docs/json_api/v1/objects#resource */
function objectResource(object: StoredObject, base: string): object {
  const { bucket, name, generation, contentType, contentEncoding, metadata, created } = object;
  const path = `/storage/v1/b/${bucket}/o/${encodeURIComponent(name)}`;
  return {
    kind: "storage#object",
    id: `${bucket}/${name}/${generation}`,
    selfLink: base + path,
    mediaLink: `${base}/download${path}?generation=${generation}&alt=media`,
    name,
    bucket,
    generation: String(generation),
    metageneration: "1",
    contentType,
    contentEncoding,
    metadata,
    storageClass: "STANDARD",
    size: String(object.bytes.length),
    md5Hash: object.md5,
    crc32c: object.crc32c,
    etag: etagOf(object),
    timeCreated: created.toISOString(),
    updated: created.toISOString(),
  };
}

function etagOf({ generation }: StoredObject): string {
  return Buffer.from(String(generation)).toString("base64");
}

function conditionsOf(query: URLSearchParams): Conditions {
  return {
    ifGenerationMatch: query.get("ifGenerationMatch") ?? undefined,
    ifGenerationNotMatch: query.get("ifGenerationNotMatch") ?? undefined,
  };
}

function named(name: string | null | undefined): string {
  if (!name) throw new Failure(400, "required", "The object has no name.");
  return name;
}

function header(request: IncomingMessage, name: string): string | undefined {
  return [request.headers[name]].flat()[0];
}

function json(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/json; charset=UTF-8" });
  response.end(JSON.stringify(body));
}
