import { ConnError } from "@conn/core";
import {
  type Asking,
  bytesToWrite,
  type Location,
  repeatedUnder,
  type Writing,
} from "@conn/files/base";
import type { Change } from "./commit.ts";
import type { UploadOptions, UploadResult } from "./options.ts";
import { repositoryOf } from "./repository.ts";
import { contentOf, type Spooled } from "./spool.ts";
import type { HubStore } from "./store.ts";

/** A file to upload; a `file:` URL is a file or a folder of this machine, which is not read into memory. */
export type Uploading = readonly [location: Location, data: Writing | URL];

/** Uploads files as one commit: readers see none of them, or all. */
export async function uploadFiles(
  asking: Asking<HubStore>,
  files: readonly Uploading[],
  { message, description, pullRequest, parentCommit, onProgress }: UploadOptions,
): Promise<UploadResult> {
  const { signal } = asking.calling;
  const start = demandOne(asking, files);
  const spools: Spooled[] = [];
  try {
    const changes: Change[] = [];
    for (const [{ key }, data] of files) {
      if (data instanceof URL) {
        changes.push({ path: key, content: data });
        continue;
      }
      const spooled = await contentOf(await bytesToWrite(data, key, {}), signal);
      spools.push(spooled);
      changes.push({ path: key, content: spooled.content });
    }
    const store = asking.store.committing({ message, description, pullRequest });
    return await store.commit(repositoryOf(start.container), changes, {
      parentCommit,
      signal,
      onBytes: (bytes) => onProgress?.({ bytes, total: undefined }),
      repeated: repeatedUnder(asking, start, signal),
      once: (request) => asking.once(start, request),
    });
  } catch (error) {
    throw asking.explained(error, start, signal);
  } finally {
    for (const spooled of spools) await spooled.remove();
  }
}

function demandOne(asking: Asking, files: readonly Uploading[]): Location {
  const { connection, operation } = asking.calling;
  const [first] = files;
  const other = files.find(([{ container }]) => container !== first?.[0].container);
  if (first && !other) return first[0];
  throw new ConnError(
    "CONN_ARGUMENT",
    first
      ? `${connection}.${operation} was given files of two repositories: one commit has one.`
      : `${connection}.${operation} was given no files.`,
    { connection, operation, hint: "Give paths of one repository and one revision." },
  );
}
