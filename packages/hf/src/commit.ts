import { StoreFailure, type StoreWrite } from "@conn/files/base";
import type { HubClient } from "./client.ts";
import type { Http } from "./http.ts";
import { isCommit, type Repository } from "./repository.ts";

/** What the history says of a commit. */
export interface CommitOptions {
  /** The first line. Default: what the commit does. */
  readonly message?: string | undefined;
  /** What follows it. */
  readonly description?: string | undefined;
  /** Proposes the change as a pull request, and leaves the branch as it is. Default: false. */
  readonly pullRequest?: boolean | undefined;
}

/** A file's new content; without one the file is deleted. */
export interface Change {
  readonly path: string;
  readonly content?: Blob | URL;
}

export interface Commit extends CommitOptions {
  readonly repository: Repository;
  readonly changes: readonly Change[];
}

/** How a commit's requests are sent. */
export interface CommitRequest {
  /** Only over this commit. */
  readonly parentCommit?: string | undefined;
  readonly signal: AbortSignal;
  /** Repeats one of the requests. */
  readonly repeated: StoreWrite["repeated"];
  /** Sends the last of them, which adds the commit. */
  once<T>(request: (signal: AbortSignal) => Promise<T>): Promise<T>;
  /** Told how many bytes of large files the hub has so far. */
  readonly onBytes?: (bytes: number) => void;
}

export interface Committed {
  /** 40 hexadecimal digits. */
  readonly commit: string;
  readonly pullRequestUrl?: string;
}

/** Makes one commit of all changes: readers see none of them, or all. */
export async function commitChanges(
  { hub, ...client }: HubClient,
  http: Http,
  { repository, changes, message, description, pullRequest }: Commit,
  request: CommitRequest,
): Promise<Committed> {
  const { parentCommit, signal } = request;
  let sent = 0;
  const send: typeof fetch = async (input, init = {}) => {
    const under = (within: AbortSignal): Promise<Response> => {
      const signals = init.signal ? [init.signal, within] : [within];
      return http.send(input, { ...init, signal: AbortSignal.any(signals) }, repository);
    };
    const { pathname } = new URL(input instanceof Request ? input.url : input);
    const isCommit = http.isHub(input) && /^\/api\/.*\/commit\//.test(pathname);
    if (isCommit) return request.once(under);
    const bytes = init.method === "PUT" && init.body instanceof Blob ? init.body.size : 0;
    const response = await request.repeated(under, bytes);
    if (bytes > 0) request.onBytes?.((sent += bytes));
    return response;
  };
  const result = await hub.commit({
    ...client,
    fetch: send,
    repo: { type: repository.kind, name: repository.name },
    branch: repository.revision,
    title: message ?? titleOf(changes),
    ...(description !== undefined && { description }),
    ...(pullRequest && { isPullRequest: true }),
    ...(parentCommit !== undefined && { parentCommit }),
    abortSignal: signal,
    operations: changes.map(({ path, content }) =>
      content ? { operation: "addOrUpdate", path, content } : { operation: "delete", path },
    ),
  });
  if (!result) throw new StoreFailure("other", "the hub told of no commit");
  const { commit, pullRequestUrl } = result;
  return { commit: commit.oid, ...(pullRequestUrl !== undefined && { pullRequestUrl }) };
}

/** Refuses a revision that no commit can be added to. */
export function demandBranch({ revision }: Repository, { pullRequest }: CommitOptions): void {
  if (isCommit(revision))
    throw new StoreFailure("other", "a commit cannot be changed", {
      hint: "Write to a branch: name it after the @, or nothing for main.",
    });
  if (pullRequest && revision.startsWith("refs/"))
    throw new StoreFailure("other", "a pull request is made against a branch", {
      hint: "Name a branch after the @, or nothing for main.",
    });
}

function titleOf(changes: readonly Change[]): string {
  const [first] = changes;
  const verb = changes.every(({ content }) => content)
    ? "Upload"
    : changes.some(({ content }) => content)
      ? "Change"
      : "Delete";
  return changes.length === 1 ? `${verb} ${first!.path}` : `${verb} ${changes.length} files`;
}
