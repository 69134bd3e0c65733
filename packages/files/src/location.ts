import type { Glob } from "./glob.ts";

/** Where a file is. On this machine `key` is an absolute path and `container` is empty. */
export interface Location<Protocol extends string = string> {
  readonly protocol: Protocol;
  /** The bucket, Azure's container, a repository: what files are in. */
  readonly container: string;
  /** The name in it, as it is: nothing is decoded, and no two names are one. */
  readonly key: string;
}

/** How one connection reads paths, and writes them. */
export interface Paths<Protocol extends string = string> {
  /** Where paths lead that do not say it. */
  readonly protocol: Protocol;
  /** What a path means. @throws CONN_ARGUMENT for a path that leaves the root, names no file, or that its store cannot hold. */
  locate(path: string): Location<Protocol>;
  /** The same of a folder: the key is empty, or ends with a slash. */
  folder(path: string): Location<Protocol>;
  /** A pattern as the folder that it starts from, and what names below it have to be. */
  pattern(pattern: string): PathPattern<Protocol>;
  /** The path of a location as the same connection takes it again. */
  show(location: Location): string;
  /** Whether a folder is all that there is, which no call deletes. */
  isEverything(folder: Location): boolean;
}

export interface PathPattern<Protocol extends string = string> {
  readonly folder: Location<Protocol>;
  readonly glob: Glob;
}

/** The full address, for messages: `s3://bucket/key`. */
export function addressOf({ protocol, container, key }: Location): string {
  return protocol === "file" ? key : `${protocol}://${container}/${key}`;
}
