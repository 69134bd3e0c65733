import type { Location } from "@conn/files/base";

/** What the hub keeps, as its addresses name it in front of a repository. */
const folders = { model: "", dataset: "datasets/", space: "spaces/" } as const;

export type RepositoryKind = keyof typeof folders;

/** A repository at one revision. */
export interface Repository {
  readonly kind: RepositoryKind;
  /** `namespace/name`, or the name alone where it is as old as that. */
  readonly name: string;
  /** A branch, a tag, a commit, or a reference such as `refs/pr/1`. */
  readonly revision: string;
}

/** A place in a repository, or the whole of it. */
export interface RepositoryPath {
  readonly kind: RepositoryKind;
  readonly name: string;
  /** Undefined where the address does not say one. */
  readonly revision: string | undefined;
  readonly key: string;
}

/** Above all repositories. */
export const top: Location<"hf"> = { protocol: "hf", container: "", key: "" };

/** As paths write a repository: `datasets/jerry/pets@main`. Slashes of a revision are written as `%2F`. */
export function containerOf({ kind, name, revision }: Repository): string {
  return `${folders[kind]}${name}@${encodeURIComponent(revision)}`;
}

/** The same without its revision. */
export function designationOf({ kind, name }: Pick<Repository, "kind" | "name">): string {
  return folders[kind] + name;
}

export function repositoryOf(container: string): Repository {
  const { kind, name, revision } = readRepositoryPath(container);
  return { kind, name, revision: revision ?? "main" };
}

/** The root of a repository. */
export function locationOf(repository: Repository): Location<"hf"> {
  return { protocol: "hf", container: containerOf(repository), key: "" };
}

/** Whether a revision is a commit, which never changes. */
export function isCommit(revision: string): boolean {
  return /^[0-9a-f]{40}$/.test(revision);
}

/**
 * Reads `[datasets/|spaces/|models/]namespace/name[@revision][/path]`. A name without a namespace is
 * told from a namespace by its `@`, or by standing alone.
 */
export function readRepositoryPath(path: string): RepositoryPath {
  const [, folder = "", rest = ""] = /^(datasets\/|spaces\/|models\/|)(.*)$/s.exec(path)!;
  const kind = folder === "datasets/" ? "dataset" : folder === "spaces/" ? "space" : "model";
  const segments = rest.split("/");
  const parts = segments[0]!.includes("@") ? 1 : Math.min(2, segments.length);
  const [name, ...revisions] = segments.slice(0, parts).join("/").split("@");
  let revision = revisions.length === 0 ? undefined : decode(revisions.join("@"));
  let used = parts;
  // As Python's file system does: these are the hub's own references, and their slashes may stand plain.
  const reference = /^(?:convert\/[^/]+|pr\/\d+)/.exec(segments.slice(used).join("/"))?.[0];
  if (revision === "refs" && reference !== undefined) {
    revision = `refs/${reference}`;
    used += 2;
  }
  return { kind, name: name!, revision, key: segments.slice(used).join("/") };
}

/** The folder of the web address: of a repository, or of a request to it. */
export function pageOf(endpoint: string, repository: Pick<Repository, "kind" | "name">): string {
  return `${endpoint}/${designationOf(repository)}`;
}

/** Why a name is refused, as the end of a sentence. https://huggingface.co/docs/huggingface_hub/package_reference/utilities */
export function checkName(name: string): string | undefined {
  if (name === "") return "names no repository";
  if (/^(buckets|kernels)\//.test(name))
    return "is of a kind that is not read here: there are datasets, models and spaces";
  if (name.length > 96) return "has a name longer than the 96 characters of the hub";
  const valid = name
    .split("/")
    .every((part) => /^[\w.-]+$/.test(part) && !/^[.-]|[.-]$|--|\.\.|\.git$/.test(part));
  return valid ? undefined : "has no valid name of a repository";
}

/** The same of a revision. https://git-scm.com/docs/git-check-ref-format */
export function checkRevision(revision: string): string | undefined {
  const valid =
    /^[^\s~^:?*[\\]+$/.test(revision) &&
    !/^[/.-]|[/.]$|\/\/|\/\.|\.\.|@\{|\.lock(\/|$)/.test(revision);
  return valid ? undefined : "has no valid revision after the @";
}

/** The same of a file's path in a repository; a folder's may end with a slash. */
export function checkRepositoryKey(key: string): string | undefined {
  const segments = key.replace(/\/$/, "").split(/[/\\]/);
  if (segments.some((segment) => segment === "." || segment === ".."))
    return 'has "." or ".." for a folder';
  if (segments.includes("")) return "has a folder without a name";
  if (segments.some((segment) => segment.toLowerCase() === ".git"))
    return "leads into .git, which the hub does not show";
  if (Buffer.byteLength(key) > 1024) return "is longer than 1024 bytes";
  return undefined;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
