import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { makeRepository, type Repository, type RepositoryInit } from "./repositories.ts";

export interface HfServer extends AsyncDisposable {
  /** Such as `http://127.0.0.1:40001`. */
  readonly url: string;
  /** Every request so far, as `GET /path`. */
  readonly requests: readonly string[];
  add(repository: RepositoryInit): Repository;
  /** The next `times` requests are answered with 429 and Retry-After in seconds. */
  limitRate(times: number, retryAfter: number): void;
}

/** The reading half of the Hugging Face hub, in memory, on 127.0.0.1. */
export async function hfServer(options: { pageSize?: number } = {}): Promise<HfServer> {
  const hub = new Hub(options.pageSize ?? 1000);
  const server = createServer((request, response) => hub.handle(request, response));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  return {
    url: `http://127.0.0.1:${port}`,
    requests: hub.requests,
    add: (init) => hub.add(init),
    limitRate: (times, retryAfter) => hub.limitRate(times, retryAfter),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

class Hub {
  readonly requests: string[] = [];
  readonly #pageSize: number;
  readonly #repositories = new Map<string, Repository>();
  #limited = 0;
  #retryAfter = 0;

  constructor(pageSize: number) {
    this.#pageSize = pageSize;
  }

  add(init: RepositoryInit): Repository {
    const repository = makeRepository(init);
    this.#repositories.set(`${init.type}s/${init.name}`, repository);
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
    const api =
      /^\/api\/((?:model|dataset|space)s\/[^/]+\/[^/]+)(?:\/(tree|revision)\/([^/]+)(?:\/(.*))?)?$/;
    const resolve = /^\/(?:((?:dataset|space)s)\/)?([^/]+\/[^/]+)\/resolve\/([^/]+)\/(.+)$/;
    const cdn = /^\/cdn\/((?:model|dataset|space)s\/[^/]+\/[^/]+)\/(.+)$/;
    let found: RegExpExecArray | null;
    if ((found = cdn.exec(url.pathname))) {
      // A signed address stands for the right to read, so no token is asked for.
      const file = this.#repositories.get(found[1]!)?.files.get(decodeURIComponent(found[2]!));
      return file ? send(request, response, file.content) : fail(response, 404, "", "Not found");
    }
    if ((found = api.exec(url.pathname))) {
      const repository = this.#open(request, response, found[1]!, found[3]);
      if (!repository) return;
      if (found[2] === "tree") return this.#tree(response, url, repository, found[4] ?? "");
      return json(response, describe(repository));
    }
    if ((found = resolve.exec(url.pathname))) {
      const key = `${found[1] ?? "models"}/${found[2]}`;
      const repository = this.#open(request, response, key, found[3]);
      if (repository) content(request, response, repository, key, decodeURIComponent(found[4]!));
      return;
    }
    fail(response, 404, "", "Not found");
  }

  /** The repository at that revision, or the answer that says why not. */
  #open(
    request: IncomingMessage,
    response: ServerResponse,
    key: string,
    revision = "main",
  ): Repository | undefined {
    const repository = this.#repositories.get(key);
    const bearer = request.headers.authorization?.replace("Bearer ", "");
    // The hub does not tell strangers whether a private repository exists.
    if (!repository || (repository.token && !repository.gated && bearer !== repository.token)) {
      fail(response, bearer ? 404 : 401, "RepoNotFound", "Repository not found");
    } else if (repository.gated && bearer !== repository.token) {
      fail(response, bearer ? 403 : 401, "GatedRepo", "Access to this repository is restricted");
    } else if (!["main", "HEAD", repository.sha].includes(decodeURIComponent(revision))) {
      fail(response, 404, "RevisionNotFound", `Invalid rev id: ${revision}`);
    } else return repository;
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

function content(
  request: IncomingMessage,
  response: ServerResponse,
  repository: Repository,
  key: string,
  path: string,
): void {
  const file = repository.files.get(path);
  if (!file) return fail(response, 404, "EntryNotFound", "Entry not found");
  response.setHeader("X-Repo-Commit", repository.sha);
  response.setHeader("ETag", `"${file.oid}"`);
  if (!file.lfs) return send(request, response, file.content);
  response.setHeader("X-Linked-ETag", `"${file.oid}"`);
  response.setHeader("X-Linked-Size", String(file.content.length));
  const location = `/cdn/${key}/${path.split("/").map(encodeURIComponent).join("/")}`;
  response.writeHead(302, { Location: location }).end();
}

function send(request: IncomingMessage, response: ServerResponse, body: Buffer): void {
  const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "");
  response.setHeader("Accept-Ranges", "bytes");
  if (!range) return void response.writeHead(200, { "Content-Length": body.length }).end(body);
  const start = Number(range[1]);
  const end = Math.min(range[2] ? Number(range[2]) : Infinity, body.length - 1);
  if (start > end) {
    return void response.writeHead(416, { "Content-Range": `bytes */${body.length}` }).end();
  }
  const part = body.subarray(start, end + 1);
  const headers = {
    "Content-Range": `bytes ${start}-${end}/${body.length}`,
    "Content-Length": part.length,
  };
  response.writeHead(206, headers).end(part);
}

function json(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { "Content-Type": "application/json" }).end(JSON.stringify(value));
}

function fail(response: ServerResponse, status: number, code: string, error: string): void {
  if (code) response.setHeader("X-Error-Code", code);
  response.setHeader("X-Error-Message", error);
  response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify({ error }));
}
