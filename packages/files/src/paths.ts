import { homedir } from "node:os";
import { isAbsolute, parse, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { ConnError } from "@conn/core";
import { didYouMean } from "@conn/core/toolkit";
import { compileGlob, splitGlob } from "./glob.ts";
import type { Location, PathPattern, Paths } from "./location.ts";
import { checkContainer, checkKey, checkLocalKey, checkText, shorten } from "./path-rules.ts";
import { type Protocol, protocolNames, protocolOf, words } from "./protocol.ts";

/** A folder that paths start from and cannot leave. */
export type Root = Location<Protocol>;

/** How the paths of one connection are read. */
export interface PathRules {
  readonly connection: string;
  /** The only protocol, where the settings or the connection's name say it. */
  readonly protocol: Protocol | undefined;
  readonly root: Root | undefined;
}

/** The paths of one connection. */
export function filePaths(rules: PathRules): Paths<Protocol> {
  return {
    protocol: rules.protocol ?? "file",
    locate: (path) => locate(path, rules),
    folder: (path) => locateFolder(path, rules),
    pattern: (pattern) => locatePattern(pattern, rules),
    show: (location) => show(location, rules),
    isEverything: (folder) => isEverything(folder, rules),
  };
}

/**
 * What a path means: `s3://bucket/key`, `bucket/key` where the protocol is known, `key` where there is
 * a root, else a path of this machine.
 *
 * @throws CONN_ARGUMENT for a path that leaves the root, names no file, or that its store cannot hold.
 */
export function locate(path: string, rules: PathRules): Location<Protocol> {
  const location = locateFolder(path, rules);
  const { container, file } = words[location.protocol];
  if (location.container !== "" && location.key === "" && !path.endsWith("/"))
    throw refused(path, `names a ${container}, and no ${file} in it`, rules);
  if (location.key === "" || location.key.endsWith("/"))
    throw refused(path, "names a folder, and a file is needed", rules);
  return location;
}

/** The same of a folder: the key is empty, or ends with a slash. */
export function locateFolder(path: string, rules: PathRules): Location<Protocol> {
  const why = typeof path === "string" ? checkText(path) : "is no text";
  if (why !== undefined) throw refused(path, why, rules);
  const { scheme, rest } = split(path);
  const protocol = scheme === undefined ? undefined : protocolOf(scheme);
  if (scheme !== undefined && !protocol) throw unknownScheme(scheme, rules);
  const own = rules.root?.protocol ?? rules.protocol;
  if (protocol && own && protocol !== own) {
    throw refused(path, `is not on ${words[own].title}, which this connection is for`, rules);
  }
  return (protocol ?? own ?? "file") === "file"
    ? locateLocal(path, scheme === undefined ? rest : undefined, rules)
    : locateObject(path, rest, protocol, rules);
}

/** A pattern as the folder that it starts from, and what names below it have to be. */
export function locatePattern(pattern: string, rules: PathRules): PathPattern<Protocol> {
  const split = splitGlob(pattern);
  const folder = locateFolder(split.folder, rules);
  if (folder.container === "" && folder.protocol !== "file")
    throw refused(pattern, `names no ${words[folder.protocol].container}`, rules);
  return { folder, glob: compileGlob(split.rest) };
}

/** The path of a location as the same connection takes it again. */
export function show({ protocol, container, key }: Location, rules: PathRules): string {
  const { root } = rules;
  if (protocol === "file") {
    const from = root ? root.key : process.cwd();
    const inner = relative(from, key);
    const inside = inner !== ".." && !inner.startsWith(`..${sep}`) && !isAbsolute(inner);
    const shown = (inside ? inner : key).replaceAll(sep, "/");
    return key.endsWith(sep) && shown !== "" && !shown.endsWith("/") ? `${shown}/` : shown;
  }
  if (root) return key.slice(root.key.length);
  const path = container === "" ? key : `${container}/${key}`;
  return rules.protocol === undefined ? `${protocol}://${path}` : path;
}

/** The setting `root`, or why it is none. */
export function readRoot(
  text: string,
  protocol: Protocol | undefined,
  otherwise: Protocol = "file",
): { readonly root: Root } | { readonly problem: string } {
  const { scheme, rest } = split(text);
  const named = scheme === undefined ? undefined : protocolOf(scheme);
  if (scheme !== undefined && !named)
    return { problem: `no protocol is called ${scheme}: there are ${protocolNames.join(", ")}` };
  if (named && protocol && named !== protocol)
    return { problem: "`root` and `protocol` name different stores" };
  const own = named ?? protocol ?? otherwise;
  const problem = checkText(text);
  if (problem !== undefined) return { problem };
  if (own === "file") {
    const path = scheme === undefined ? rest.replace(/^~(?=\/|$)/, homedir()) : fileURLToPath(text);
    return { root: { protocol: own, container: "", key: resolve(path) } };
  }
  const { container, key } = cut(rest);
  const why = checkContainer(container, own) ?? (key === "" ? undefined : checkKey(key, own));
  if (why !== undefined) return { problem: `it ${why}` };
  return {
    root: { protocol: own, container, key: key === "" || key.endsWith("/") ? key : `${key}/` },
  };
}

function isEverything(folder: Location, { root }: PathRules): boolean {
  return folder.protocol === "file"
    ? [root?.key ?? process.cwd(), parse(folder.key).root].includes(resolve(folder.key))
    : folder.key === (root?.key ?? "");
}

function locateLocal(
  path: string,
  plain: string | undefined,
  rules: PathRules,
): Location<Protocol> {
  const { root } = rules;
  const given = plain ?? localPathOf(path, rules);
  const folder = given === "" || /[/\\]$/.test(given);
  let key: string;
  if (!root) {
    key = resolve(given);
  } else {
    const why = plain === undefined ? undefined : checkLocalKey(plain, process.platform);
    if (why !== undefined) throw refused(path, why, rules);
    key = resolve(root.key, given);
    const inner = relative(root.key, key);
    if (inner === ".." || inner.startsWith(`..${sep}`) || isAbsolute(inner))
      throw refused(path, "leaves the connection's root", rules);
  }
  return { protocol: "file", container: "", key: folder && !key.endsWith(sep) ? key + sep : key };
}

function localPathOf(url: string, rules: PathRules): string {
  try {
    return fileURLToPath(url.replace(/^local:/, "file:"));
  } catch {
    throw refused(url, "is no file URL of this machine", rules);
  }
}

function locateObject(
  path: string,
  rest: string,
  scheme: Protocol | undefined,
  rules: PathRules,
): Location<Protocol> {
  const { root } = rules;
  const protocol = (scheme ?? root?.protocol ?? rules.protocol)!;
  // With a root, a path without a protocol starts there; a full address must lead into it.
  const { container, key } =
    root && scheme === undefined ? { container: root.container, key: root.key + rest } : cut(rest);
  const everything = container === "" && key === "" && !root;
  if (!everything) {
    const own = root && scheme === undefined ? rest : key;
    const why =
      checkContainer(container, protocol) ?? (own === "" ? undefined : checkKey(own, protocol));
    if (why !== undefined) throw refused(path, why, rules);
  }
  if (root && (container !== root.container || !`${key}/`.startsWith(root.key)))
    throw refused(path, "leaves the connection's root", rules);
  if (Buffer.byteLength(key) > 1024)
    throw refused(path, "is longer than the 1024 bytes that a key may have", rules);
  return { protocol, container, key };
}

/** No `new URL`: it would decode, drop `..` and lower the case of what it takes for a host. */
function split(path: string): { readonly scheme: string | undefined; readonly rest: string } {
  const match = /^([A-Za-z][A-Za-z0-9+.-]+):\/\//.exec(path);
  return match
    ? { scheme: match[1]!.toLowerCase(), rest: path.slice(match[0].length) }
    : { scheme: undefined, rest: path };
}

function cut(path: string): { readonly container: string; readonly key: string } {
  const slash = path.indexOf("/");
  return slash < 0
    ? { container: path, key: "" }
    : { container: path.slice(0, slash), key: path.slice(slash + 1) };
}

function refused(path: unknown, why: string, { connection, root, protocol }: PathRules): ConnError {
  const shown = typeof path === "string" ? shorten(path) : typeof path;
  const own = root?.protocol ?? protocol ?? "file";
  const example = root
    ? "pets/owners.csv"
    : own === "file"
      ? "data/pets.csv"
      : `${own}://${words[own].container}/pets.csv`;
  return new ConnError("CONN_ARGUMENT", `${connection}: the path ${shown} ${why}.`, {
    connection,
    hint: path instanceof URL ? "Give its text: `href`." : `Give for example: ${example}`,
  });
}

function unknownScheme(scheme: string, { connection }: PathRules): ConnError {
  const near = didYouMean(scheme, protocolNames);
  const named = scheme.toLowerCase();
  const elsewhere = Object.hasOwn(others, named) ? others[named] : undefined;
  // Without the path: what follows `https://` may be signed.
  return new ConnError("CONN_ARGUMENT", `${connection} cannot read from ${scheme}://.`, {
    connection,
    hint:
      elsewhere ??
      (near
        ? `Did you mean ${near}://?`
        : `Paths start with ${protocolNames.map((name) => `${name}://`).join(", ")}, or with none of them.`),
  });
}

const web =
  "Download it first: `write` takes the body of an answer of `fetch`, and what it has stored is read.";

/** What is read in another way. */
const others: Readonly<Record<string, string>> = {
  hf: 'Hugging Face has a connection of its own: connection("hf", { type: "hf" }), of the package @conn/hf.',
  http: web,
  https: web,
};
