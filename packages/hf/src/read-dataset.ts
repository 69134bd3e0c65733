import { ConnError, type Table } from "@conn/core";
import {
  type Asking,
  type Calls,
  everyFileOf,
  type Location,
  progressOf,
  readDataset,
  splitReading,
  type StoredFile,
} from "@conn/files/base";
import type { HubClient } from "./client.ts";
import {
  choosePart,
  convertedParts,
  type DatasetPart,
  ownParts,
  parquetBranch,
} from "./dataset.ts";
import { infoOf } from "./info.ts";
import type { ReadDatasetOptions } from "./options.ts";
import { locationOf, type Repository } from "./repository.ts";
import type { HubStore } from "./store.ts";

/** A dataset's parts, and where their files are. */
interface Parts {
  readonly folder: Location;
  readonly parts: readonly DatasetPart[];
}

/** Reads a part of a dataset, through the cache. */
export function readPart(
  calls: Calls<HubClient>,
  repository: Repository,
  options: Omit<ReadDatasetOptions, "schema">,
): Promise<Table> {
  const { config, split, revision, onProgress, ...rest } = options;
  const { reading, format } = splitReading(rest);
  const call = {
    method: "readDataset",
    location: locationOf(repository),
    args: [revision, config, split, format],
  };
  return calls.cached<Table>(call, reading, async (given, known) => {
    const asking = given as Asking<HubStore>;
    const chosen = async (): Promise<DatasetPart & { readonly folder: Location }> => {
      const { folder, parts } = await partsOf(asking, repository, revision !== undefined);
      const about = { connection: asking.calling.connection, dataset: repository.name };
      return { ...choosePart(parts, { config, split }, about), folder };
    };
    const { files, folder } = await chosen();
    const size = files.reduce((sum, file) => sum + file.size, 0);
    const onBytes = progressOf(onProgress, size);
    const again = async (): Promise<readonly StoredFile[]> => (await chosen()).files;
    const read = { options: format, paths: calls.paths, onBytes };
    return readDataset(asking, { folder, files, again }, read, known);
  });
}

/** The parts of the hub's copy in Parquet, where it has one; else, or at a revision, those of the dataset's own files. */
async function partsOf(
  asking: Asking<HubStore>,
  repository: Repository,
  own: boolean,
): Promise<Parts> {
  if (!own) {
    const folder = locationOf({ ...repository, revision: parquetBranch });
    const files = await everyFileOf(asking, folder).catch((error: unknown) => {
      // Without a copy there is no such branch; without the repository the next request says so.
      if (error instanceof ConnError && error.code === "CONN_NOT_FOUND") return [];
      throw error;
    });
    const parts = convertedParts(files);
    if (parts.length > 0) return { folder, parts };
  }
  const folder = locationOf(repository);
  const files = await everyFileOf(asking, folder);
  const named = { ...repository, kind: "dataset" as const };
  const { cardData } = await infoOf(asking, named);
  const parts = ownParts(files, cardData?.configs);
  if (parts.length > 0) return { folder, parts };
  const { connection, operation } = asking.calling;
  throw new ConnError(
    "CONN_NOT_FOUND",
    `${connection}.${operation} found no file in ${repository.name} that a table can be read from.`,
    {
      connection,
      operation,
      hint: "`list()` shows what there is; `read()` reads one file, with `format` where its name does not tell.",
    },
  );
}
