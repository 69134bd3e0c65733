import { addressOf, type Location, type Paths } from "./location.ts";
import type { StoredEntry, StoredFile } from "./store.ts";

/** A file as `list`, `glob` and `stat` tell it. */
export interface FileInfo {
  readonly kind: "file";
  /** As the connection's other methods take it. */
  readonly path: string;
  readonly name: string;
  /** In bytes. */
  readonly size: number;
  readonly modified: Date;
  /** Changes whenever the bytes do: an etag, a generation. What `ifMatch` takes. */
  readonly version: string;
  readonly contentType?: string;
  readonly contentEncoding?: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

export interface FolderInfo {
  readonly kind: "folder";
  /** Ends with a slash. */
  readonly path: string;
  readonly name: string;
}

/** What `write` stored. */
export interface WriteResult {
  readonly path: string;
  readonly version: string;
  /** In bytes. */
  readonly size: number;
}

export function fileInfo(file: StoredFile, location: Location, paths: Paths): FileInfo {
  const { size, modified, version, contentType, contentEncoding, metadata } = file;
  return {
    kind: "file",
    ...named(location, paths),
    size,
    modified,
    version,
    ...(contentType === undefined ? {} : { contentType }),
    ...(contentEncoding === undefined ? {} : { contentEncoding }),
    ...(metadata === undefined ? {} : { metadata }),
  };
}

export function entryInfo(
  entry: StoredEntry,
  folder: Location,
  paths: Paths,
): FileInfo | FolderInfo {
  const location = { ...folder, key: entry.key };
  if (entry.kind === "file") return fileInfo(entry, location, paths);
  const { path, name } = named(location, paths);
  return { kind: "folder", path: path.endsWith("/") ? path : `${path}/`, name };
}

/** The last part of an address. */
export function nameOf(location: Location): string {
  return addressOf(location)
    .replace(/[/\\]+$/, "")
    .split(/[/\\]/)
    .at(-1)!;
}

function named(location: Location, paths: Paths): { path: string; name: string } {
  return { path: paths.show(location), name: nameOf(location) };
}
