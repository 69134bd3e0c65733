import type { Table } from "@conn/core";
import type { FormatOptions } from "@conn/formats";
import type { Asking } from "./asking.ts";
import { combine } from "./combine.ts";
import type { OnProgress } from "./download.ts";
import { type Asked, lackOf } from "./lacking.ts";
import type { Location, PathPattern, Paths } from "./location.ts";
import { partitionsOf } from "./partitions.ts";
import { ofOneVersion, pin, progressOf } from "./reading.ts";
import { sourceOf } from "./source.ts";
import type { StoredFile } from "./store.ts";
import { datasetFiles, isWhole, ownColumns, readFile, wantedOf } from "./tables.ts";

type Batches = AsyncGenerator<Table, void, undefined>;

interface Reading {
  readonly options: FormatOptions;
  readonly paths: Paths;
}

/** A file's rows in batches. */
export function fileBatches(
  asking: Asking,
  location: Location,
  reading: Reading,
  onProgress: OnProgress | undefined,
): Batches {
  return batchesOf(asking, location, reading, ({ size }) => progressOf(onProgress, size));
}

/** The rows of several files in batches, file after file: with what their folders tell, and null for what a file lacks. */
export async function* datasetBatches(
  asking: Asking,
  dataset: PathPattern,
  { options, paths }: Reading,
  onProgress: OnProgress | undefined,
): Batches {
  const { folder } = dataset;
  const { columns, limit = Infinity } = options;
  const files = await datasetFiles(asking, dataset);
  const wanted = wantedOf(files, partitionsOf(folder, files), options.where);
  const size = wanted.reduce((sum, { file }) => sum + file.size, 0);
  const onBytes = progressOf(onProgress, size);
  const known = new Set<string>();
  const misfits = new Map<string, { readonly error: unknown; readonly files: number }>();
  let left = limit;
  for (const { file, partition, where } of wanted) {
    const location = { ...folder, key: file.key };
    const own = { ...options, columns: ownColumns(columns, partition), where, limit: left };
    let asked: Asked = { partition, options: own };
    let given = 0;
    for (let done = false; !done;) {
      const { options: each, partition: told } = asked;
      let seen = 0;
      try {
        const batches = batchesOf(asking, location, { options: each, paths }, () => onBytes);
        for await (const table of batches) {
          // JSON tells at its end that it lacks a column: what came before is not given again.
          if (seen++ < given) continue;
          given++;
          left -= table.length;
          yield combine([{ table, partition: told }], columns);
        }
        done = true;
      } catch (error) {
        const lack = await lackOf(error, asked);
        // What was given already passed by another type of the same file.
        if (lack.kind === "other type" && given > 0) throw error;
        if (lack.kind === "other type")
          misfits.set(lack.name, { error, files: (misfits.get(lack.name)?.files ?? 0) + 1 });
        else if (!known.has(lack.name)) await demandSome(lack.name);
        if (lack.kind === "absent") known.add(lack.name);
        ({ asked } = lack);
      }
    }
    if (left <= 0) return;
  }
  // No file has the column in the type that `where` asks for.
  for (const { error, files: many } of misfits.values()) if (many === wanted.length) throw error;

  /**
   * Looks for a column in the latest file first, as columns are added with time.
   *
   * @throws what that file's reading says of the column, where no other has it either.
   */
  async function demandSome(name: string): Promise<void> {
    const reading = { ...options, columns: [name], where: undefined, types: undefined, limit: 0 };
    let latest: unknown;
    for (const { file } of wanted.toReversed()) {
      const location = { ...folder, key: file.key };
      try {
        await readFile(asking, location, file, { options: reading, paths, onBytes: () => {} });
        return;
      } catch (error) {
        await lackOf(error, { options: reading, partition: {} });
        latest ??= error;
      }
    }
    throw latest;
  }
}

async function* batchesOf(
  asking: Asking,
  location: Location,
  { options, paths }: Reading,
  progress: (file: StoredFile) => (bytes: number) => void,
): Batches {
  const name = paths.show(location);
  const pinned = (await pin(asking, location, await isWhole(name, options)))!;
  const { readBatches } = await import("@conn/formats");
  const source = sourceOf(asking, pinned, name, progress(pinned.file));
  const batches = readBatches(source, { ...options, signal: asking.calling.signal });
  try {
    yield* ofOneVersion(asking, location, batches);
  } finally {
    pinned.begun?.leave();
  }
}
