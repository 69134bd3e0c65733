import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { makeRepository, type Repository, type RepositoryInit } from "./repositories.ts";

export interface HfServer extends AsyncDisposable {
  /** Such as `http://127.0.0.1:40001`. */
  readonly url: string;
  /** Every request so far, as `GET /path`. */
  readonly requests: readonly string[];
  /** The second host that files of LFS are redirected to, and whether each request to it held a token. */
  readonly cdn: { readonly url: string; readonly requests: readonly CdnRequest[] };
  /** Bytes of files sent so far, by both hosts. */
  readonly bytesSent: number;
  /** Adds a repository, or another revision of one. */
  add(repository: RepositoryInit): Repository;
  /** The next `times` requests are answered with 429 and Retry-After in seconds. */
  limitRate(times: number, retryAfter: number): void;
}

export interface CdnRequest {
  readonly path: string;
  readonly authorized: boolean;
}

/** The reading half of the Hugging Face hub and the host of its large files, in memory, on 127.0.0.1. */
export async function hfServer(options: { pageSize?: number } = {}): Promise<HfServer> {
  const hub = new Hub(options.pageSize ?? 1000);
  const server = createServer((request, response) => hub.handle(request, response));
  const cdn = createServer((request, response) => hub.handleCdn(request, response));
  const url = await listen(server);
  hub.cdnUrl = await listen(cdn);
  return {
    url,
    requests: hub.requests,
    cdn: { url: hub.cdnUrl, requests: hub.cdnRequests },
    get bytesSent() {
      return hub.bytesSent;
    },
    add: (init) => hub.add(init),
    limitRate: (times, retryAfter) => hub.limitRate(times, retryAfter),
    async [Symbol.asyncDispose]() {
      for (const each of [server, cdn]) {
        each.closeAllConnections();
        await new Promise((resolve) => each.close(resolve));
      }
    },
  };
}

async function listen(server: Server): Promise<string> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  return `http://127.0.0.1:${port}`;
}

class Hub {
  readonly requests: string[] = [];
  readonly cdnRequests: CdnRequest[] = [];
  cdnUrl = "";
  bytesSent = 0;
  readonly #pageSize: number;
  /** By `datasets/name`, every revision of a repository. */
  readonly #repositories = new Map<string, Map<string, Repository>>();
  #limited = 0;
  #retryAfter = 0;

  constructor(pageSize: number) {
    this.#pageSize = pageSize;
  }

  add(init: RepositoryInit): Repository {
    const repository = makeRepository(init);
    const key = `${init.type}s/${init.name}`;
    const revisions = this.#repositories.get(key) ?? new Map<string, Repository>();
    this.#repositories.set(key, revisions.set(repository.revision, repository));
    return repository;
  }

  limitRate(times: number, retryAfter: number): void {
    this.#limited = times;
    this.#retryAfter = retryAfter;
  }

  handle(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? "/", `http://${request.headers.host}`);
    this.requests.push(`${request.method} ${url.pathname}`);
    if (this.#limited > 0) {
      this.#limited -= 1;
      response.setHeader("Retry-After", String(this.#retryAfter));
      return fail(response, 429, "", "Too many requests");
    }
    // A name has one part or two: the shorter reading is tried first.
    const api =
      /^\/api\/((?:model|dataset|space)s\/[^/]+(?:\/[^/]+)??)(?:\/(tree|revision|parquet)(?:\/([^/]+)(?:\/(.*))?)?)?$/;
    const resolve = /^\/(?:((?:dataset|space)s)\/)?([^/]+(?:\/[^/]+)??)\/resolve\/([^/]+)\/(.+)$/;
    let found: RegExpExecArray | null;
    if ((found = api.exec(url.pathname))) {
      const parquet = found[2] === "parquet";
      const revision = parquet ? "refs/convert/parquet" : found[3];
      const repository = this.#open(request, response, found[1]!, revision);
      if (!repository) return;
      if (parquet) {
        if (found[3] === undefined) return json(response, parquetFiles(repository, url));
        const path = decodeURIComponent(`${found[3]}/${found[4]}`);
        // The address counts from 0, the file's name has four digits.
        const real = path.replace(/(\d+)\.parquet$/, (name) => name.padStart(12, "0"));
        return this.#content(request, response, repository, real);
      }
      if (found[2] === "tree") return this.#tree(response, url, repository, found[4] ?? "");
      return json(response, describe(repository));
    }
    if ((found = resolve.exec(url.pathname))) {
      const key = `${found[1] ?? "models"}/${found[2]}`;
      const repository = this.#open(request, response, key, found[3]);
      const path = decodeURIComponent(found[4]!);
      if (repository) this.#content(request, response, repository, path);
      return;
    }
    fail(response, 404, "", "Not found");
  }

  /** A signed address stands for the right to read, so no token is asked for. */
  handleCdn(request: IncomingMessage, response: ServerResponse): void {
    const { pathname: path } = new URL(request.url ?? "/", this.cdnUrl);
    this.cdnRequests.push({ path, authorized: request.headers.authorization !== undefined });
    const oid = path.slice(1);
    for (const revisions of this.#repositories.values())
      for (const { files } of revisions.values())
        for (const file of files.values())
          if (file.oid === oid) return this.#send(request, response, file.content);
    fail(response, 404, "", "Not found");
  }

  /** The repository at that revision, or the answer that says why not. */
  #open(
    request: IncomingMessage,
    response: ServerResponse,
    key: string,
    revision = "main",
  ): Repository | undefined {
    const revisions = this.#repositories.get(key);
    const name = decodeURIComponent(revision).replace(/^HEAD$/, "main");
    const found = [...(revisions?.values() ?? [])].find((each) =>
      [each.revision, each.sha].includes(name),
    );
    const repository = found ?? revisions?.values().next().value;
    const bearer = request.headers.authorization?.replace("Bearer ", "");
    // The hub does not tell strangers whether a private repository exists.
    if (!repository || (repository.token && !repository.gated && bearer !== repository.token)) {
      fail(response, bearer ? 404 : 401, "RepoNotFound", "Repository not found");
    } else if (repository.gated && bearer !== repository.token) {
      fail(response, bearer ? 403 : 401, "GatedRepo", "Access to this repository is restricted");
    } else if (!found) {
      fail(response, 404, "RevisionNotFound", `Invalid rev id: ${revision}`);
    } else return found;
    return undefined;
  }

  #tree(response: ServerResponse, url: URL, repository: Repository, folder: string): void {
    const prefix = folder === "" ? "" : `${decodeURIComponent(folder)}/`;
    const entries = list(repository, prefix, url.searchParams.get("recursive") === "true");
    if (entries.length === 0 && prefix !== "") {
      return fail(response, 404, "EntryNotFound", "Entry not found");
    }
    const start = Number(url.searchParams.get("cursor") ?? 0);
    const end = start + this.#pageSize;
    if (end < entries.length) {
      const next = new URL(url);
      next.searchParams.set("cursor", String(end));
      response.setHeader("Link", `<${next.href}>; rel="next"`);
    }
    json(response, entries.slice(start, end));
  }

  #content(
    request: IncomingMessage,
    response: ServerResponse,
    repository: Repository,
    path: string,
  ): void {
    const file = repository.files.get(path);
    if (!file) return fail(response, 404, "EntryNotFound", "Entry not found");
    response.setHeader("X-Repo-Commit", repository.sha);
    response.setHeader("ETag", `"${file.oid}"`);
    if (!file.lfs) return this.#send(request, response, file.content);
    response.setHeader("X-Linked-ETag", `"${file.oid}"`);
    response.setHeader("X-Linked-Size", String(file.content.length));
    response.writeHead(302, { Location: `${this.cdnUrl}/${file.oid}` }).end();
  }

  #send(request: IncomingMessage, response: ServerResponse, body: Buffer): void {
    const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "");
    response.setHeader("Accept-Ranges", "bytes");
    const start = Number(range?.[1] ?? 0);
    const end = Math.min(range?.[2] ? Number(range[2]) : Infinity, body.length - 1);
    if (range && start > end) {
      return void response.writeHead(416, { "Content-Range": `bytes */${body.length}` }).end();
    }
    const part = body.subarray(start, end + 1);
    this.bytesSent += part.length;
    response.setHeader("Content-Length", part.length);
    if (range) response.setHeader("Content-Range", `bytes ${start}-${end}/${body.length}`);
    response.writeHead(range ? 206 : 200).end(part);
  }
}

function list(repository: Repository, prefix: string, recursive: boolean): unknown[] {
  const entries = new Map<string, unknown>();
  for (const [path, { content, oid, lfs }] of repository.files) {
    if (!path.startsWith(prefix)) continue;
    const names = path.slice(prefix.length).split("/");
    const deepest = recursive ? names.length : Math.min(names.length, 2);
    for (let depth = 1; depth < deepest; depth++) {
      const directory = prefix + names.slice(0, depth).join("/");
      entries.set(directory, { type: "directory", oid: repository.sha, size: 0, path: directory });
    }
    if (!recursive && names.length > 1) continue;
    const size = content.length;
    const pointer = lfs ? { lfs: { oid, size, pointerSize: 130 } } : {};
    entries.set(path, { type: "file", oid, size, path, ...pointer });
  }
  return [...entries.values()];
}

function describe({ name, sha, token, gated, files }: Repository): unknown {
  const siblings = [...files.keys()].map((rfilename) => ({ rfilename }));
  const lastModified = "2026-01-01T00:00:00.000Z";
  const counts = { likes: 0, downloads: 0, tags: [] };
  const owner = name.split("/")[0];
  const isPrivate = token !== undefined && !gated;
  return {
    _id: sha,
    id: name,
    author: owner,
    sha,
    private: isPrivate,
    gated: gated && "auto",
    lastModified,
    ...counts,
    siblings,
  };
}

/** The converted files of a dataset, by configuration and split, as the hub numbers them. */
function parquetFiles({ files }: Repository, url: URL): unknown {
  const configs: Record<string, Record<string, string[]>> = {};
  for (const path of files.keys()) {
    const [config, split, name] = path.split("/");
    if (!config || !split || !name?.endsWith(".parquet")) continue;
    const addresses = ((configs[config] ??= {})[split] ??= []);
    addresses.push(`${url.origin}${url.pathname}/${config}/${split}/${addresses.length}.parquet`);
  }
  return configs;
}

function json(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { "Content-Type": "application/json" }).end(JSON.stringify(value));
}

function fail(response: ServerResponse, status: number, code: string, error: string): void {
  if (code) response.setHeader("X-Error-Code", code);
  response.setHeader("X-Error-Message", error);
  response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify({ error }));
}
