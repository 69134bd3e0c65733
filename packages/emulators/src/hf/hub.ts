import type { IncomingMessage, ServerResponse } from "node:http";
import { gzipSync } from "node:zlib";
import {
  bearerOf,
  bodyOf,
  describe,
  fail,
  json,
  list,
  parquetFiles,
  pathsInfo,
  takesGzip,
} from "./answers.ts";
import { commitOf, makeRepository, type Repository, type RepositoryInit } from "./repositories.ts";
import { applyCommit, isLarge, LargeFiles } from "./writing.ts";

/** Whose a token is. A token of nobody sees what is public, and is refused where it says who it is. */
export interface Account {
  readonly name: string;
  readonly role: "read" | "write";
}

/** A status, a body that ends halfway, a connection that is reset, or an answer that never comes. */
export type Fault = number | "truncate" | "reset" | "stall";

export interface CdnRequest {
  readonly path: string;
  readonly authorized: boolean;
}

/** The repositories, and what is asked of them. */
export class Hub {
  readonly requests: string[] = [];
  readonly cdnRequests: CdnRequest[] = [];
  readonly accounts = new Map<string, Account>();
  readonly #large = new LargeFiles();
  /** Commits that no revision points at any more. */
  readonly #past = new Map<string, Repository[]>();
  #faults: Fault[] = [];
  #faulty = /./;
  readonly #truncated = new WeakSet<ServerResponse>();
  cdnUrl = "";
  bytesSent = 0;
  waiting = 0;
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

  play(faults: readonly Fault[], path: RegExp): void {
    this.#faults = [...faults];
    this.#faulty = path;
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await bodyOf(request);
    const url = new URL(request.url ?? "/", `http://${request.headers.host}`);
    this.requests.push(`${request.method} ${url.pathname}`);
    if (this.#limited > 0) {
      this.#limited -= 1;
      response.setHeader("Retry-After", String(this.#retryAfter));
      return fail(response, 429, "", "Too many requests");
    }
    const played = this.#played(url, response);
    if (played) return;
    if (this.#account(url, request, response)) return;
    if (this.#write(url, request, response, body)) return;
    // A name has one part or two: the shorter reading is tried first.
    const api =
      /^\/api\/((?:model|dataset|space)s\/[^/]+(?:\/[^/]+)??)(?:\/(tree|revision|parquet|paths-info)(?:\/([^/]+)(?:\/(.*))?)?)?$/;
    const resolve =
      /^\/(?:((?:dataset|space)s)\/)?([^/]+(?:\/[^/]+)??)\/(?:resolve|raw)\/([^/]+)\/(.+)$/;
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
      if (found[2] === "paths-info") {
        const { paths } = JSON.parse(String(body)) as { paths: string[] };
        return json(response, pathsInfo(repository, paths));
      }
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

  /** A signed address stands for the right to read or to write, so no token is asked for. */
  async handleCdn(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await bodyOf(request);
    const url = new URL(request.url ?? "/", this.cdnUrl);
    const { pathname: path } = url;
    this.cdnRequests.push({ path, authorized: request.headers.authorization !== undefined });
    if (this.#played(url, response)) return;
    const upload = /^\/upload\/([0-9a-f]{64})(?:\/(\d+))?$/.exec(path);
    if (upload) {
      const part = upload[2] === undefined ? undefined : Number(upload[2]);
      const taken =
        request.method === "POST"
          ? this.#large.complete(upload[1]!)
          : this.#large.put(upload[1]!, part, body);
      if (!taken) return fail(response, 400, "", "The bytes are not those of the hash");
      response.setHeader("ETag", `"${body.length}"`);
      return void response.writeHead(200).end();
    }
    const oid = path.slice(1);
    for (const revisions of this.#repositories.values())
      for (const { files } of revisions.values())
        for (const file of files.values())
          if (file.oid === oid) return this.#send(request, response, file.content);
    fail(response, 404, "", "Not found");
  }

  /** Plays the next fault, where there is one for this path; whether that answered. */
  #played({ pathname }: URL, response: ServerResponse): boolean {
    if (this.#faults.length === 0 || !this.#faulty.test(pathname)) return false;
    const fault = this.#faults.shift();
    if (fault === "truncate") this.#truncated.add(response);
    else if (fault === "reset") response.destroy();
    else if (fault === "stall") {
      this.waiting++;
      response.once("close", () => this.waiting--);
    }
    if (typeof fault === "number") fail(response, fault, "", "A fault of the hub");
    return fault !== "truncate";
  }

  /** Who a token is of, and what search finds. */
  #account(url: URL, request: IncomingMessage, response: ServerResponse): boolean {
    if (url.pathname === "/api/whoami-v2") {
      const account = this.accounts.get(bearerOf(request) ?? "");
      if (!account) {
        fail(response, 401, "", "Invalid credentials in Authorization header");
        return true;
      }
      const { name, role } = account;
      const accessToken = { displayName: "pets", role, createdAt: "2026-01-01T00:00:00.000Z" };
      json(response, { type: "user", id: name, name, auth: { type: "access_token", accessToken } });
      return true;
    }
    const kind = /^\/api\/(model|dataset|space)s$/.exec(url.pathname)?.[1];
    if (kind === undefined) return false;
    const { searchParams } = url;
    const query = searchParams.get("search") ?? "";
    const author = searchParams.get("author");
    const found = [...this.#repositories.values()]
      .flatMap((revisions) => [...revisions.values()].slice(0, 1))
      .filter((each) => each.type === kind && each.name.includes(query))
      .filter((each) => each.token === undefined || each.token === bearerOf(request))
      .filter((each) => author === null || each.name.startsWith(`${author}/`));
    json(response, found.slice(0, Number(searchParams.get("limit") ?? 500)).map(describe));
    return true;
  }

  /** What a commit is made by; whether the request was of that. */
  #write(url: URL, request: IncomingMessage, response: ServerResponse, body: Buffer): boolean {
    const api =
      /^\/api\/((?:model|dataset|space)s\/[^/]+(?:\/[^/]+)??)\/(preupload|commit)\/([^/]+)$/;
    const lfs =
      /^\/(?:((?:dataset|space)s)\/)?([^/]+(?:\/[^/]+)??)\.git\/info\/lfs\/objects\/batch$/;
    const [, key, verb, branch] = api.exec(url.pathname) ?? [];
    const large = lfs.exec(url.pathname);
    if (verb === undefined && !large) return false;
    const bearer = bearerOf(request);
    const account = this.accounts.get(bearer ?? "");
    const name = key ?? `${large![1] ?? "models"}/${large![2]}`;
    const repository = this.#open(request, response, name, branch);
    if (!repository) return true;
    if (!account) {
      fail(response, 401, "", "Invalid username or password.");
    } else if (account.role !== "write") {
      fail(response, 403, "", "You must use a write token to upload to this repository.");
    } else if (large) {
      const { objects } = JSON.parse(String(body)) as { objects: { oid: string; size: number }[] };
      json(response, this.#large.batch(objects, this.cdnUrl));
    } else if (verb === "preupload") {
      const { files } = JSON.parse(String(body)) as { files: { path: string }[] };
      json(response, {
        files: files.map(({ path }) => ({ path, uploadMode: isLarge(path) ? "lfs" : "regular" })),
      });
    } else {
      this.#commit(url, response, name, repository, String(body));
    }
    return true;
  }

  #commit(
    url: URL,
    response: ServerResponse,
    key: string,
    repository: Repository,
    body: string,
  ): void {
    const applied = applyCommit(repository, body, this.#large);
    if (typeof applied === "number")
      return fail(response, applied, "", "A commit has happened since, or its files are not there");
    const { files, summary } = applied;
    const asked = url.searchParams.has("create_pr");
    const revisions = this.#repositories.get(key)!;
    const number = [...revisions.keys()].filter((name) => name.startsWith("refs/pr/")).length + 1;
    const revision = asked ? `refs/pr/${number}` : repository.revision;
    const sha = commitOf(files, repository.sha + summary);
    revisions.set(revision, { ...repository, revision, files, sha });
    this.#past.set(key, [...(this.#past.get(key) ?? []), repository]);
    const address = `http://${url.host}/${key.replace(/^models\//, "")}`;
    json(response, {
      success: true,
      commitOid: sha,
      commitUrl: `${address}/commit/${sha}`,
      ...(asked && { pullRequestUrl: `${address}/discussions/${number}` }),
    });
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
    const past = this.#past.get(key)?.find(({ sha }) => sha === name);
    const found =
      [...(revisions?.values() ?? [])].find((each) => [each.revision, each.sha].includes(name)) ??
      past;
    const repository = found ?? revisions?.values().next().value;
    const bearer = bearerOf(request);
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
    if (!file.lfs && request.headers.range === undefined && takesGzip(request)) {
      // As the hosts in front of the hub do for text: another length, and a weak tag.
      response.setHeader("ETag", `W/"${file.oid}"`);
      response.setHeader("Content-Encoding", "gzip");
      return void response.end(gzipSync(file.content));
    }
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
    if (request.method !== "HEAD") this.bytesSent += part.length;
    response.setHeader("Content-Length", part.length);
    if (range) response.setHeader("Content-Range", `bytes ${start}-${end}/${body.length}`);
    response.writeHead(range ? 206 : 200);
    if (!this.#truncated.has(response)) return void response.end(part);
    response.write(part.subarray(0, part.length >> 1), () => response.destroy());
  }
}
