import { createHash } from "node:crypto";
import type { Repository, RepositoryFile } from "./repositories.ts";

/** Bytes of a part of an upload in several parts: small, so that tests have such. */
const partSize = 256 * 1024;

/** Files that the hub keeps outside git. */
export function isLarge(path: string): boolean {
  return /\.(bin|parquet|safetensors)$/.test(path);
}

/** What LFS holds, by SHA-256, and uploads that are on their way. */
export class LargeFiles {
  readonly #whole = new Map<string, Buffer>();
  readonly #parts = new Map<string, Buffer[]>();

  get(oid: string): Buffer | undefined {
    return this.#whole.get(oid);
  }

  /** The answer to a batch: nothing to do for what is there, one request for a small file, else parts. https://github.com/git-lfs/git-lfs/blob/main/docs/api/batch.md */
  batch(
    objects: readonly { readonly oid: string; readonly size: number }[],
    host: string,
  ): unknown {
    const several = objects.some(({ size }) => size > partSize);
    return {
      transfer: several ? "multipart" : "basic",
      objects: objects.map(({ oid, size }) => {
        if (this.#whole.has(oid)) return { oid, size };
        const href = `${host}/upload/${oid}`;
        if (size <= partSize) return { oid, size, actions: { upload: { href } } };
        const numbers = Array.from({ length: Math.ceil(size / partSize) }, (_, at) => at + 1);
        const header = Object.fromEntries(numbers.map((number) => [number, `${href}/${number}`]));
        return {
          oid,
          size,
          actions: { upload: { href, header: { ...header, chunk_size: String(partSize) } } },
        };
      }),
    };
  }

  /** Takes a whole file, or one of its parts; false for bytes that are not the ones that were announced. */
  put(oid: string, part: number | undefined, content: Buffer): boolean {
    if (part === undefined) return this.#keep(oid, content);
    const parts = this.#parts.get(oid) ?? [];
    parts[part - 1] = content;
    this.#parts.set(oid, parts);
    return true;
  }

  complete(oid: string): boolean {
    return this.#keep(oid, Buffer.concat(this.#parts.get(oid) ?? []));
  }

  #keep(oid: string, content: Buffer): boolean {
    if (createHash("sha256").update(content).digest("hex") !== oid) return false;
    this.#whole.set(oid, content);
    return true;
  }
}

interface CommitLine {
  readonly key: "header" | "file" | "lfsFile" | "deletedFile";
  readonly value: {
    readonly path: string;
    readonly content?: string;
    readonly oid?: string;
    readonly parentCommit?: string;
    readonly summary?: string;
  };
}

/** A commit as its lines say it: the files as they are then, or the status that refuses it. */
export function applyCommit(
  repository: Repository,
  body: string,
  large: LargeFiles,
): { readonly files: Map<string, RepositoryFile>; readonly summary: string } | number {
  const lines = body.split("\n").map((line) => JSON.parse(line) as CommitLine);
  const files = new Map(repository.files);
  let summary = "";
  for (const { key, value } of lines) {
    if (key === "header") {
      summary = value.summary ?? "";
      if (value.parentCommit !== undefined && value.parentCommit !== repository.sha) return 412;
    } else if (key === "file") {
      const content = Buffer.from(value.content ?? "", "base64");
      files.set(value.path, { content, oid: gitBlob(content), lfs: false });
    } else if (key === "lfsFile") {
      const content = large.get(value.oid ?? "");
      if (!content) return 400;
      files.set(value.path, { content, oid: value.oid!, lfs: true });
    } else if (!files.delete(value.path)) {
      return 404;
    }
  }
  return { files, summary };
}

function gitBlob(content: Buffer): string {
  return createHash("sha1").update(`blob ${content.length}\0`).update(content).digest("hex");
}
