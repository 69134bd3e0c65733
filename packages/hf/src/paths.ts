import { ConnError } from "@conn/core";
import {
  checkText,
  compileGlob,
  type Location,
  type PathPattern,
  type Paths,
  shorten,
  splitGlob,
} from "@conn/files/base";
import {
  checkName,
  checkRepositoryKey,
  checkRevision,
  containerOf,
  designationOf,
  readRepositoryPath,
  type Repository,
  type RepositoryKind,
  repositoryOf,
  top,
} from "./repository.ts";

/** A repository, or a folder in it, that paths start from and cannot leave. */
export type Root = Location<"hf">;

/** How the paths of one connection are read. */
export interface PathRules {
  readonly connection: string;
  readonly endpoint: string;
  readonly root: Root | undefined;
  /** Of paths that say none. */
  readonly revision: string;
}

/**
 * The paths of a connection: `hf://datasets/jerry/pets/a.csv`, the same without `hf://`, an address of
 * the hub's web pages, or with a root a path below it.
 */
export function hfPaths(rules: PathRules): Paths<"hf"> {
  return {
    protocol: "hf",
    locate(path) {
      const location = locateFolder(path, rules);
      if (location.container === "") throw refused(path, "names no repository", rules);
      if (location.key === "" && !path.endsWith("/"))
        throw refused(path, "names a repository, and a file in it is needed", rules, oneName(path));
      if (location.key === "" || location.key.endsWith("/"))
        throw refused(path, "names a folder, and a file is needed", rules);
      return location;
    },
    folder: (path) => locateFolder(path, rules),
    pattern(pattern): PathPattern<"hf"> {
      const { folder: start, rest } = splitGlob(pattern);
      const folder = locateFolder(start, rules);
      if (folder.container === "") throw refused(pattern, "names no repository", rules);
      return { folder, glob: compileGlob(rest) };
    },
    show: (location) => show(location, rules),
    isEverything: ({ key }) => key === (rules.root?.key ?? ""),
  };
}

/** The repository of a name, such as `jerry/pets`, or of an address of it. @throws CONN_ARGUMENT. */
export function locateRepository(
  kind: RepositoryKind,
  name: string,
  revision: string | undefined,
  rules: PathRules,
): Repository {
  const plain = typeof name === "string" ? name.replace(/^hf:\/\//i, "").replace(/\/$/, "") : "";
  const read = readRepositoryPath(plain);
  const problem =
    checkText(plain) ??
    checkName(read.name) ??
    (read.key === "" ? undefined : "names more than a repository");
  if (problem !== undefined) throw refused(name, problem, rules, `Give for example: jerry/pets`);
  const repository = {
    kind,
    name: read.name,
    revision: revision ?? read.revision ?? rules.revision,
  };
  const unusable = checkRevision(repository.revision);
  if (unusable !== undefined) throw refused(name, unusable, rules);
  const own = rules.root && repositoryOf(rules.root.container);
  if (own && (own.kind !== kind || own.name !== read.name))
    throw refused(name, "leaves the connection's root", rules);
  return repository;
}

/** The setting `root`, or why it is none. */
export function readRoot(
  text: string,
  revision: string,
): { readonly root: Root } | { readonly problem: string } {
  const read = readFull(text.replace(/^hf:\/\//i, "").replace(/\/$/, ""), revision);
  if ("problem" in read) return { problem: `it ${read.problem}` };
  const { container, key } = read.location;
  return { root: { protocol: "hf", container, key: key === "" ? "" : `${key}/` } };
}

function locateFolder(path: string, rules: PathRules): Location<"hf"> {
  const why = typeof path === "string" ? checkText(path) : "is no text";
  if (why !== undefined) throw refused(path, why, rules);
  const { full, rest } = strip(path, rules);
  const { root } = rules;
  if (root && !full) {
    const problem = rest.startsWith("/")
      ? "starts with a slash"
      : rest === ""
        ? undefined
        : checkRepositoryKey(rest);
    if (problem !== undefined) throw refused(path, problem, rules);
    return { protocol: "hf", container: root.container, key: root.key + rest };
  }
  if (rest === "") return top;
  const read = readFull(rest, rules.revision);
  if ("problem" in read) throw refused(path, read.problem, rules);
  const { location } = read;
  if (root && (location.container !== root.container || !`${location.key}/`.startsWith(root.key)))
    throw refused(path, "leaves the connection's root", rules);
  return location;
}

/** A path without what says that it is the hub's. */
function strip(path: string, rules: PathRules): { readonly full: boolean; readonly rest: string } {
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]+):\/\//.exec(path);
  if (!scheme) return { full: false, rest: path };
  if (scheme[1]!.toLowerCase() === "hf") return { full: true, rest: path.slice(scheme[0].length) };
  const page = pagePath(path, rules.endpoint);
  if (page !== undefined) return { full: true, rest: page };
  // Without the path: what follows `https://` may be signed.
  throw new ConnError("CONN_ARGUMENT", `${rules.connection} cannot read from ${scheme[0]}.`, {
    connection: rules.connection,
    hint: "Paths start with hf://, or with none: hf://datasets/jerry/pets/owners.csv",
  });
}

/** The path of a web page that shows a file or a folder, or gives it. */
function pagePath(address: string, endpoint: string): string | undefined {
  if (!address.startsWith(`${endpoint}/`)) return undefined;
  const plain = address.slice(endpoint.length + 1).replace(/[?#].*$/s, "");
  const found = /^(.+?)\/(?:blob|resolve|raw|tree)\/([^/]+)(?:\/(.*))?$/s.exec(plain);
  if (!found) return undefined;
  const [, repository, revision, key = ""] = found;
  try {
    return `${repository}@${revision}/${decodeURIComponent(key)}`;
  } catch {
    return undefined;
  }
}

/** A full path, checked. */
function readFull(
  rest: string,
  otherwise: string,
): { readonly location: Location<"hf"> } | { readonly problem: string } {
  const { kind, name, revision = otherwise, key } = readRepositoryPath(rest);
  const problem =
    checkText(rest) ??
    checkName(name) ??
    checkRevision(revision) ??
    (key === "" ? undefined : checkRepositoryKey(key));
  if (problem !== undefined) return { problem };
  return { location: { protocol: "hf", container: containerOf({ kind, name, revision }), key } };
}

function show({ container, key }: Location, { root, revision }: PathRules): string {
  if (root) return key.slice(root.key.length);
  if (container === "") return `hf://${key}`;
  const repository = repositoryOf(container);
  const shown = repository.revision === revision ? designationOf(repository) : container;
  // A name without a namespace is known by its revision alone.
  return `hf://${repository.name.includes("/") ? shown : container}/${key}`;
}

/** What may be meant by a path that names a repository where a file is needed. */
function oneName(path: string): string | undefined {
  const [, start, name, file] = /^(hf:\/\/)?((?:datasets\/)?[^/@]+)\/([^/@]+)$/i.exec(path) ?? [];
  if (file === undefined || !file.includes(".")) return undefined;
  return `For a repository whose name has one part, say its revision: ${start ?? ""}${name}@main/${file}`;
}

function refused(
  path: unknown,
  why: string,
  { connection, root }: PathRules,
  hint?: string,
): ConnError {
  const shown = typeof path === "string" ? shorten(path) : typeof path;
  const example = root ? "data/owners.csv" : "hf://datasets/jerry/pets/data/owners.csv";
  return new ConnError("CONN_ARGUMENT", `${connection}: the path ${shown} ${why}.`, {
    connection,
    hint: hint ?? `Give for example: ${example}`,
  });
}
