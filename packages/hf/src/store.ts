import type {
  Body,
  ByteRange,
  FileStore,
  Failure,
  ListPage,
  ListQuery,
  Location,
  StoredEntry,
  StoredFile,
  StoreWrite,
} from "@conn/files/base";
import { StoreFailure } from "@conn/files/base";
import { didYouMean } from "@conn/core/toolkit";
import { Addresses } from "./addresses.ts";
import type { HubClient } from "./client.ts";
import {
  type Change,
  type CommitOptions,
  type CommitRequest,
  commitChanges,
  type Committed,
  demandBranch,
} from "./commit.ts";
import { type Http, targetOf, versionOf } from "./http.ts";
import {
  containerOf,
  designationOf,
  isCommit,
  type Repository,
  repositoryOf,
} from "./repository.ts";
import { contentOf } from "./spool.ts";
import { words } from "./words.ts";

/** Commits that another's commit may get ahead of before a conditional write gives up. */
const mostCommits = 5;

/** What a file is at a revision, as one request for it tells. */
export interface Resolved {
  readonly version: string;
  /** In bytes. */
  readonly size: number;
  /** The commit that the revision points at. */
  readonly commit: string;
}

/** An entry of a tree. https://huggingface.co/docs/hub/api */
interface TreeEntry {
  readonly type: string;
  readonly path: string;
  readonly size: number;
  readonly oid: string;
  readonly lfs?: { readonly oid: string };
  readonly lastCommit?: { readonly date: string | Date } | undefined;
}

/** The files of the hub's repositories. A file's version is its content's hash: git's, or SHA-256 where it is large. */
export class HubStore implements FileStore<HubClient> {
  readonly words = words;
  readonly client: HubClient;
  readonly #http: Http;
  readonly #addresses: Addresses;
  readonly #commit: CommitOptions;

  constructor(
    client: HubClient,
    http: Http,
    commit: CommitOptions = {},
    addresses: Addresses = new Addresses(),
  ) {
    this.client = client;
    this.#http = http;
    this.#commit = commit;
    this.#addresses = addresses;
  }

  /** The same store, whose commits say this. */
  committing(commit: CommitOptions): HubStore {
    return new HubStore(this.client, this.#http, commit, this.#addresses);
  }

  async list(query: ListQuery, signal: AbortSignal): Promise<ListPage> {
    const { container, prefix, recursive, after } = query;
    const repository = repositoryOf(container);
    const folder = prefix.slice(0, prefix.lastIndexOf("/") + 1);
    const response = await this.#http.send(
      after ?? this.#treeAddress(repository, folder, recursive),
      { headers: { Accept: "application/json" }, signal },
      repository,
    );
    const tree = (await response.json()) as readonly TreeEntry[];
    const entries = tree.flatMap((entry): StoredEntry[] => {
      if (!entry.path.startsWith(prefix)) return [];
      if (entry.type === "file") return [fileOf(entry)];
      return recursive ? [] : [{ kind: "folder", key: `${entry.path}/` }];
    });
    return { entries, next: nextOf(response) };
  }

  /** The repositories of the token's account. */
  async listContainers(signal: AbortSignal): Promise<readonly string[]> {
    const { hub, ...client } = this.client;
    const { accessToken } = client;
    if (accessToken === undefined)
      throw new StoreFailure("no credentials", "no token", {
        hint: "Name a repository, such as hf://datasets/jerry/pets/; the repositories of an account are listed with its token alone.",
      });
    const options = { ...client, accessToken, fetch: this.#fetch(signal) };
    const { name: owner } = await hub.whoAmI(options);
    const search = { owner };
    const lists = [
      ["dataset", hub.listDatasets({ ...options, search })],
      ["model", hub.listModels({ ...options, search })],
      ["space", hub.listSpaces({ ...options, search })],
    ] as const;
    const names: string[] = [];
    for (const [kind, list] of lists)
      for await (const { name } of list) names.push(designationOf({ kind, name }));
    return names;
  }

  async stat(location: Location, signal: AbortSignal): Promise<StoredFile> {
    const entry = await this.#entry(location, signal);
    if (entry?.type === "file") return fileOf(entry);
    if (entry) throw new StoreFailure("missing", "it is a folder", { hint: "Name a file in it." });
    const hint = await this.#nearHint(location, signal);
    throw new StoreFailure("missing", "no such file", { status: 404, ...(hint && { hint }) });
  }

  async read(
    location: Location,
    { start, end, version }: ByteRange,
    signal: AbortSignal,
  ): Promise<AsyncIterable<Uint8Array>> {
    const headers = { Range: `bytes=${start}-${end - 1}` };
    const known = this.#addresses.of(location, version);
    if (known !== undefined) {
      const answer = await this.#http.fetch(known, { headers, signal });
      if (answer.ok) return bodyOf(answer, start);
      // Signed for a while that is over: the hub signs another.
      await answer.body?.cancel();
      this.#addresses.forget(location, version);
    }
    const response = await this.#resolve(location, { headers, signal });
    const own = versionOf(response);
    if (own !== version) {
      await response.body?.cancel();
      throw new StoreFailure("changed");
    }
    const elsewhere = targetOf(response, response.url);
    if (elsewhere === undefined) return bodyOf(response, start);
    await response.body?.cancel();
    const answer = await this.#http.send(
      elsewhere,
      { headers, signal },
      repositoryOf(location.container),
    );
    this.#addresses.keep(location, version, elsewhere);
    return bodyOf(answer, start);
  }

  /** What a file is at its revision now, and which commit that is. */
  async resolve(location: Location, signal: AbortSignal): Promise<Resolved> {
    // Of a compressed answer the length is another, or none.
    const identity = { "Accept-Encoding": "identity" };
    const response = await this.#resolve(location, { method: "HEAD", headers: identity, signal });
    const { headers } = response;
    const version = versionOf(response);
    const size = headers.get("X-Linked-Size") ?? headers.get("Content-Length");
    const commit = headers.get("X-Repo-Commit");
    if (version === undefined || size === null || commit === null || !isCommit(commit))
      throw new StoreFailure("other", "the answer names no version, size and commit");
    return { version, size: Number(size), commit };
  }

  async write(
    location: Location,
    body: Body,
    options: StoreWrite,
    signal: AbortSignal,
  ): Promise<string> {
    const { repeated, onBytes } = options;
    const repository = repositoryOf(location.container);
    const { content, remove } = await contentOf(body, signal);
    try {
      const changes = [{ path: location.key, content }];
      const { commit } = await this.#conditionally(location, options, (parentCommit) =>
        this.commit(repository, changes, { ...sentOnce(signal), repeated, onBytes, parentCommit }),
      );
      onBytes(content.size);
      const at = { ...location, container: containerOf({ ...repository, revision: commit }) };
      return (await repeated((within) => this.stat(at, within))).version;
    } finally {
      await remove();
    }
  }

  copy(): Promise<boolean> {
    // Repositories share no contents that a commit could name.
    return Promise.resolve(false);
  }

  async delete(
    location: Location,
    ifMatch: string | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    const repository = repositoryOf(location.container);
    if (ifMatch === undefined && !(await this.#entry(location, signal))) return;
    const once = sentOnce(signal);
    await this.#conditionally(location, { ifMatch, repeated: once.repeated }, (parentCommit) =>
      this.commit(repository, [{ path: location.key }], { ...once, parentCommit }),
    );
  }

  async deleteFolder({ container, key }: Location, signal: AbortSignal): Promise<void> {
    const changes: Change[] = [];
    let after: string | undefined;
    do {
      const query = { container, prefix: key, recursive: true, limit: Infinity, after };
      const page = await this.list(query, signal).catch((error: unknown) => {
        if (error instanceof StoreFailure && error.failure.kind === "missing")
          return { entries: [], next: undefined };
        throw error;
      });
      changes.push(...page.entries.map((entry) => ({ path: entry.key })));
      after = page.next;
    } while (after !== undefined);
    if (changes.length === 0) return;
    await this.commit(repositoryOf(container), changes, sentOnce(signal));
  }

  /** Whose token it is; without one, whether the hub answers. */
  async login(signal: AbortSignal): Promise<void> {
    const { hub, accessToken, ...client } = this.client;
    const fetch = this.#fetch(signal);
    if (accessToken !== undefined) await hub.whoAmI({ ...client, accessToken, fetch });
    else await hub.listModels({ ...client, fetch, limit: 1 }).next();
  }

  /** A request of the hub's library about a repository. */
  send(input: string | URL | Request, init: RequestInit, container: string): Promise<Response> {
    return this.#http.send(input, init, container === "" ? undefined : repositoryOf(container));
  }

  failureOf(error: unknown): Failure | undefined {
    return error instanceof StoreFailure ? error.failure : undefined;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** Commits where a condition holds, over the very commit that it was seen at. */
  async #conditionally(
    location: Location,
    { ifAbsent, ifMatch, repeated }: Pick<StoreWrite, "ifAbsent" | "ifMatch" | "repeated">,
    commit: (parent: string | undefined) => Promise<Committed>,
  ): Promise<Committed> {
    if (!ifAbsent && ifMatch === undefined) return commit(undefined);
    const repository = repositoryOf(location.container);
    for (let tries = 1; ; tries++) {
      const sha = await repeated((signal) => this.head(repository, signal));
      const at = { ...location, container: containerOf({ ...repository, revision: sha }) };
      const entry = await repeated((signal) => this.#entry(at, signal));
      if (ifAbsent && entry) throw new StoreFailure("exists");
      if (ifMatch !== undefined && (!entry || fileOf(entry).version !== ifMatch))
        throw new StoreFailure("changed");
      try {
        return await commit(sha);
      } catch (error) {
        // Another commit came first, which need not be to this file.
        const late = error instanceof StoreFailure && error.failure.kind === "changed";
        if (!late || tries >= mostCommits) throw error;
      }
    }
  }

  /** Adds one commit of all changes. */
  commit(
    repository: Repository,
    changes: readonly Change[],
    request: CommitRequest,
  ): Promise<Committed> {
    demandBranch(repository, this.#commit);
    return commitChanges(
      this.client,
      this.#http,
      { repository, changes, ...this.#commit },
      request,
    );
  }

  /** The commit that a revision points at. */
  async head(repository: Repository, signal: AbortSignal): Promise<string> {
    const { kind, name, revision } = repository;
    const address = `${this.#http.endpoint}/api/${kind}s/${name}/revision/${encodeURIComponent(revision)}`;
    const response = await this.#http.send(address, { signal }, repository);
    return ((await response.json()) as { sha: string }).sha;
  }

  async #entry({ container, key }: Location, signal: AbortSignal): Promise<TreeEntry | undefined> {
    const { hub, ...client } = this.client;
    const { kind, name, revision } = repositoryOf(container);
    const [entry] = await hub.pathsInfo({
      ...client,
      fetch: this.#fetch(signal, { kind, name, revision }),
      repo: { type: kind, name },
      revision,
      paths: [key],
      expand: true,
    });
    return entry as TreeEntry | undefined;
  }

  #resolve(location: Location, init: RequestInit): Promise<Response> {
    const repository = repositoryOf(location.container);
    const key = location.key.split("/").map(encodeURIComponent).join("/");
    const address = `${this.#http.endpoint}/${designationOf(repository)}/resolve/${encodeURIComponent(repository.revision)}/${key}`;
    return this.#http.sendToHub(address, init, repository);
  }

  #treeAddress({ kind, name, revision }: Repository, folder: string, recursive: boolean): string {
    const path = folder.split("/").map(encodeURIComponent).join("/").replace(/\/$/, "");
    const tree = `${this.#http.endpoint}/api/${kind}s/${name}/tree/${encodeURIComponent(revision)}`;
    // Without `expand` no file has a time.
    return `${tree}${path === "" ? "" : `/${path}`}?recursive=${recursive}&expand=true`;
  }

  /** A name in the same folder that may be meant. */
  async #nearHint(location: Location, signal: AbortSignal): Promise<string | undefined> {
    const cut = location.key.lastIndexOf("/") + 1;
    const prefix = location.key.slice(0, cut);
    const query = { container: location.container, prefix, recursive: false, limit: 1000 };
    const page = await this.list({ ...query, after: undefined }, signal).catch(() => undefined);
    const names = page?.entries.map((entry) => entry.key.slice(cut)) ?? [];
    const near = didYouMean(location.key.slice(cut), names);
    return near === undefined ? undefined : `Did you mean ${prefix}${near}?`;
  }

  #fetch(signal: AbortSignal, about?: Repository): typeof fetch {
    return (input, init) => this.#http.send(input, { ...init, signal }, about);
  }
}

/** For a commit that is one request of somebody else's. */
function sentOnce(signal: AbortSignal): CommitRequest {
  return { signal, repeated: (request) => request(signal), once: (request) => request(signal) };
}

function fileOf({ path, size, oid, lfs, lastCommit }: TreeEntry): StoredFile {
  return {
    kind: "file",
    key: path,
    size,
    // The time of the commit that last changed it: the hub keeps no other.
    modified: new Date(lastCommit?.date ?? Number.NaN),
    version: lfs?.oid ?? oid,
  };
}

/** The next page's address, from `Link`. https://www.rfc-editor.org/rfc/rfc8288 */
function nextOf({ headers }: Response): string | undefined {
  return /<([^>]+)>\s*;\s*rel="?next"?/.exec(headers.get("Link") ?? "")?.[1];
}

function bodyOf(response: Response, start: number): AsyncIterable<Uint8Array> {
  // Without a range, only a file's beginning can be told from the rest.
  if (response.status !== 206 && start > 0)
    throw new StoreFailure("other", "the answer is not the range that was asked for");
  return response.body ?? (async function* () {})();
}
