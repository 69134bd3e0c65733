import { access, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { ConnError } from "../errors.ts";
import { printable } from "./name.ts";

/** A place of secrets; a source of higher rank wins. */
export interface Source {
  readonly path: string;
  readonly kind: "file" | "directory";
  readonly rank: number;
}

export interface Search {
  readonly sources: readonly Source[];
  /** Directories, and the names in them whose appearance would change what is found. */
  readonly watched: ReadonlyMap<string, ReadonlySet<string>>;
  /** The file of the profile that was asked for and not found. */
  readonly missingProfile: string | undefined;
}

export interface SearchOptions {
  readonly cwd: string;
  readonly home: string | undefined;
  readonly profile: string | undefined;
  /** A directory with a file for each secret. */
  readonly directory: string | undefined;
}

const fileName = "secrets.toml";

/**
 * The sources of secrets, lowest rank first: the user's own `~/.conn/secrets.toml`, the nearest
 * `.conn/secrets.toml` between the working directory and the project's root, the profile's file
 * beside it, the directory `.conn/secrets` beside it, and the directory given. At either place
 * `.streamlit/secrets.toml` is read where there is no `.conn`.
 */
export async function findSources({
  cwd,
  home,
  profile,
  directory,
}: SearchOptions): Promise<Search> {
  if (profile !== undefined && !/^[\w-][\w.-]*$/.test(profile)) {
    throw new ConnError("CONN_NAME_INVALID", `The profile ${printable(profile)} cannot be used.`, {
      hint: "CONN_PROFILE takes letters, digits, `_`, `-` and `.`, such as: export CONN_PROFILE=production",
    });
  }
  const profileName = profile === undefined ? undefined : `secrets.${profile}.toml`;
  const project = await projectDirectories(cwd);
  const own = home === undefined ? [] : [home];
  const places = [await nearest(own, profileName), await nearest(project, profileName)] as const;
  const sources: Source[] = [];
  let foundProfile = false;
  for (const [index, place] of places.entries()) {
    if (!place) continue;
    const rank = index * 10;
    if (place.file) sources.push({ path: place.file, kind: "file", rank });
    // Beside the last place that there is: a project's own profiles hide the user's.
    const isLast = index === 1 || !places[1]?.conn;
    if (place.profile && isLast) {
      sources.push({ path: place.profile, kind: "file", rank: rank + 1 });
      foundProfile = true;
    }
    if (place.directory) sources.push({ path: place.directory, kind: "directory", rank: rank + 2 });
  }
  if (directory !== undefined && directory !== "")
    sources.push({ path: resolve(cwd, directory), kind: "directory", rank: 100 });

  const beside = places[1]?.conn ?? places[0]?.conn;
  return {
    sources: sources.filter(
      ({ path }, index) => sources.findLastIndex((other) => other.path === path) === index,
    ),
    watched: new Map([...project, ...own].map((path) => [path, new Set([".conn", ".streamlit"])])),
    missingProfile:
      profileName !== undefined && beside !== undefined && !foundProfile
        ? join(beside, profileName)
        : undefined,
  };
}

interface Place {
  /** The `.conn` directory, where it is one. */
  readonly conn?: string;
  readonly file?: string | undefined;
  readonly profile?: string | undefined;
  readonly directory?: string | undefined;
}

/** From the working directory up to the outermost one that has a package.json or a .git. */
async function projectDirectories(cwd: string): Promise<string[]> {
  const directories: string[] = [];
  for (let current = resolve(cwd); ; current = dirname(current)) {
    directories.push(current);
    if (dirname(current) === current) break;
  }
  const roots = await Promise.all(
    directories.map(
      async (path) => (await exists(join(path, "package.json"))) || exists(join(path, ".git")),
    ),
  );
  return directories.slice(0, Math.max(1, roots.lastIndexOf(true) + 1));
}

async function nearest(
  directories: readonly string[],
  profileName: string | undefined,
): Promise<Place | undefined> {
  const candidates = await Promise.all(
    directories.map(async (path): Promise<Place | undefined> => {
      const conn = join(path, ".conn");
      if (!(await exists(conn))) return undefined;
      const [file, profile, directory] = await Promise.all([
        present(join(conn, fileName)),
        profileName === undefined ? undefined : present(join(conn, profileName)),
        presentDirectory(join(conn, "secrets")),
      ]);
      return file || profile || directory ? { conn, file, profile, directory } : undefined;
    }),
  );
  const found = candidates.find((place) => place !== undefined);
  if (found) return found;
  const streamlit = await Promise.all(
    directories.map(async (path) => {
      const directory = join(path, ".streamlit");
      return (await exists(directory)) ? present(join(directory, fileName)) : undefined;
    }),
  );
  const file = streamlit.find((path) => path !== undefined);
  return file === undefined ? undefined : { file };
}

async function present(path: string): Promise<string | undefined> {
  const code = await missing(path);
  // What is there and cannot be reached is reported when it is read.
  return code === undefined || code === "ELOOP" || code === "EACCES" ? path : undefined;
}

async function presentDirectory(path: string): Promise<string | undefined> {
  const stats = await stat(path).catch(() => undefined);
  return stats?.isDirectory() ? path : undefined;
}

async function exists(path: string): Promise<boolean> {
  // A home that belongs to somebody else, as in containers, counts as none.
  return (await missing(path)) === undefined;
}

function missing(path: string): Promise<string | undefined> {
  return access(path).then(
    () => undefined,
    (error: NodeJS.ErrnoException) => error.code ?? "unknown",
  );
}
