import type { IncomingMessage, ServerResponse } from "node:http";
import type { Repository } from "./repositories.ts";

export function bearerOf(request: IncomingMessage): string | undefined {
  return request.headers.authorization?.replace("Bearer ", "");
}

export function takesGzip({ headers }: IncomingMessage): boolean {
  return /\bgzip\b/.test(headers["accept-encoding"] ?? "");
}

export async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** The time of every commit. */
const date = "2026-01-01T00:00:00.000Z";

export function pathsInfo(repository: Repository, paths: readonly string[]): unknown {
  return paths.flatMap((path) => {
    const file = repository.files.get(path);
    if (file) return [entryOf(repository, path)];
    const folder = [...repository.files.keys()].some((each) => each.startsWith(`${path}/`));
    return folder ? [{ type: "directory", oid: repository.sha, size: 0, path }] : [];
  });
}

function entryOf(repository: Repository, path: string): unknown {
  const { content, oid, lfs } = repository.files.get(path)!;
  const size = content.length;
  const pointer = lfs ? { lfs: { oid, size, pointerSize: 130 } } : {};
  const lastCommit = { id: repository.sha, title: "Pets", date };
  return { type: "file", oid, size, path, ...pointer, lastCommit };
}

export function list(repository: Repository, prefix: string, recursive: boolean): unknown[] {
  const entries = new Map<string, unknown>();
  for (const path of repository.files.keys()) {
    if (!path.startsWith(prefix)) continue;
    const names = path.slice(prefix.length).split("/");
    const deepest = recursive ? names.length : Math.min(names.length, 2);
    for (let depth = 1; depth < deepest; depth++) {
      const directory = prefix + names.slice(0, depth).join("/");
      entries.set(directory, { type: "directory", oid: repository.sha, size: 0, path: directory });
    }
    if (!recursive && names.length > 1) continue;
    entries.set(path, entryOf(repository, path));
  }
  return [...entries.values()];
}

export function describe({ name, sha, token, gated, files, card }: Repository): unknown {
  const siblings = [...files.keys()].map((rfilename) => ({ rfilename }));
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
    lastModified: date,
    createdAt: date,
    ...(card && { cardData: card }),
    ...counts,
    siblings,
  };
}

/** The converted files of a dataset, by configuration and split, as the hub numbers them. */
export function parquetFiles({ files }: Repository, url: URL): unknown {
  const configs: Record<string, Record<string, string[]>> = {};
  for (const path of files.keys()) {
    const [config, split, name] = path.split("/");
    if (!config || !split || !name?.endsWith(".parquet")) continue;
    const addresses = ((configs[config] ??= {})[split] ??= []);
    addresses.push(`${url.origin}${url.pathname}/${config}/${split}/${addresses.length}.parquet`);
  }
  return configs;
}

export function json(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { "Content-Type": "application/json" }).end(JSON.stringify(value));
}

export function fail(response: ServerResponse, status: number, code: string, error: string): void {
  if (code) response.setHeader("X-Error-Code", code);
  response.setHeader("X-Error-Message", error);
  response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify({ error }));
}
