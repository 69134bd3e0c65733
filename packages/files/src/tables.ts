import { ConnError, type ReadOptions, type Table } from "@conn/core";
import type { FormatOptions, Where } from "@conn/formats";
import type { Asking } from "./asking.ts";
import type { Calls } from "./calls.ts";
import { combine, type Part } from "./combine.ts";
import type { OnProgress } from "./download.ts";
import { forEach } from "./each.ts";
import { isGlob } from "./glob.ts";
import { Lacking } from "./lacking.ts";
import { filesOf } from "./listing.ts";
import { addressOf, type Location, type PathPattern, type Paths } from "./location.ts";
import { type Partition, partitionsOf, prune } from "./partitions.ts";
import { changedTwice, isGone, progressOf } from "./reading.ts";
import type { Known } from "./remembered.ts";
import { sourceOf } from "./source.ts";
import type { StoredFile } from "./store.ts";

/** The files of a dataset, and how to find what they are by then. */
export interface DatasetFiles {
  readonly folder: Location;
  readonly files: readonly StoredFile[];
  again(): Promise<readonly StoredFile[]>;
}

export interface TableRead {
  readonly options: FormatOptions;
  readonly paths: Paths;
  readonly onBytes: (bytes: number) => void;
}

/** A file or a dataset as a table, through the cache. */
export function readThroughCache(
  calls: Calls,
  path: string,
  options: FormatOptions,
  reading: ReadOptions<Table>,
  onProgress: OnProgress | undefined,
): Promise<Table> {
  const { paths } = calls;
  const pattern = patternOf(path);
  if (pattern === undefined) {
    const location = paths.locate(path);
    const whole = (): Promise<boolean> => isWhole(path, options);
    const call = { method: "read", location, args: [options], whole };
    return calls.cachedFile<Table>(call, { ...reading, onProgress }, async (source, signal) => {
      const { readTable } = await import("@conn/formats");
      return readTable(source, { ...options, signal });
    });
  }
  const dataset = paths.pattern(pattern);
  const call = { method: "read", location: dataset.folder, args: [pattern, options] };
  return calls.cached<Table>(call, reading, async (asking, known) => {
    const files = await datasetFiles(asking, dataset);
    const size = files.reduce((sum, file) => sum + file.size, 0);
    const read = { options, paths, onBytes: progressOf(onProgress, size) };
    const again = (): Promise<readonly StoredFile[]> => datasetFiles(asking, dataset);
    return readDataset(asking, { folder: dataset.folder, files, again }, read, known);
  });
}

/** The pattern that a path of several files is: a glob, or a folder with all that is in it. */
export function patternOf(path: string): string | undefined {
  // What is no text is refused where paths are read.
  if (typeof path !== "string") return undefined;
  if (isGlob(path)) return path;
  return path === "" || path.endsWith("/") ? `${path}**` : undefined;
}

export async function isWhole(name: string, options: FormatOptions): Promise<boolean> {
  const { rangedFormat } = await import("@conn/formats");
  return rangedFormat(name, options) === undefined;
}

/** One file as a table. */
export async function readFile(
  asking: Asking,
  location: Location,
  file: StoredFile,
  { options, paths, onBytes }: TableRead,
): Promise<Table> {
  const { readTable } = await import("@conn/formats");
  const source = sourceOf(asking, { location, file }, paths.show(location), onBytes);
  return readTable(source, { ...options, signal: asking.calling.signal });
}

/** The files of a dataset. @throws CONN_NOT_FOUND where there is none. */
export async function datasetFiles(
  asking: Asking,
  { folder, glob }: PathPattern,
): Promise<readonly StoredFile[]> {
  const files = await filesOf(asking, folder, glob);
  // As Hive and Spark do: their notes beside the data are no data.
  const data = files.filter(
    ({ key }) => !/(?:^|[/\\])[._][^/\\=]*$/.test(key.slice(folder.key.length)),
  );
  if (data.length > 0) return data;
  const { connection, operation } = asking.calling;
  throw new ConnError(
    "CONN_NOT_FOUND",
    `${connection}.${operation} found no file in ${addressOf(folder)} that the pattern names.`,
    {
      connection,
      operation,
      hint: "Correct the pattern; `list()` shows what there is.",
    },
  );
}

/** Which files, and which versions of them. */
function versionOf(files: readonly StoredFile[]): string {
  return files.map(({ key, version }) => `${key}\0${version}`).join("\0\0");
}

/**
 * Several files of a folder as one table, of which no more is read than the options ask for; the last one
 * where they are what it was made of. Where one of them is replaced meanwhile, all that are there then are
 * read once more.
 */
export async function readDataset(
  asking: Asking,
  { folder, files, again }: DatasetFiles,
  read: TableRead,
  { last, keep }: Known<Table>,
): Promise<Table> {
  const version = versionOf(files);
  if (version === last?.version) return last.value;
  try {
    return keep(version, await readFiles(asking, folder, files, read));
  } catch (error) {
    if (!isGone(error)) throw error;
  }
  try {
    return keep(version, await readFiles(asking, folder, await again(), read));
  } catch (error) {
    throw isGone(error) ? changedTwice(asking, folder, error) : error;
  }
}

async function readFiles(
  asking: Asking,
  folder: Location,
  files: readonly StoredFile[],
  read: TableRead,
): Promise<Table> {
  const { columns, where, limit = Infinity } = read.options;
  const partitions = partitionsOf(folder, files);
  const wanted = wantedOf(files, partitions, where);
  // Its columns are those of a file that no row of can pass.
  if (wanted.length === 0)
    wanted.push({ file: files[0]!, partition: partitions[0]!, where: undefined });
  const none = wanted.length === 1 && prune(where, wanted[0]!.partition) === undefined;
  const lacking = new Lacking();
  const parts: Part[] = [];
  let rows = 0;
  // With a limit one after the other: most of them need not be read.
  const concurrency = limit === Infinity ? Math.min(4, asking.calling.pace.concurrency) : 1;
  await forEach(asking, wanted.entries(), concurrency, async (each, [index, part]) => {
    if (rows >= limit && index > 0) return;
    const { file, partition, where: rest } = part;
    const options = {
      ...read.options,
      columns: ownColumns(columns, partition),
      where: rest,
      limit: none ? 0 : limit === Infinity ? undefined : limit - rows,
    };
    const location = { ...folder, key: file.key };
    const found = await lacking.read({ partition, options }, (asked) =>
      readFile(each, location, file, { ...read, options: asked }),
    );
    parts[index] = found;
    rows += found.table.length;
  });
  lacking.demandSome();
  return combine(parts, columns);
}

/** A file of which a row may pass, and what is left to ask of its rows. */
export interface WantedFile {
  readonly file: StoredFile;
  readonly partition: Partition;
  readonly where: Where | undefined;
}

export function wantedOf(
  files: readonly StoredFile[],
  partitions: readonly Partition[],
  where: Where | undefined,
): WantedFile[] {
  return files.flatMap((file, index) => {
    const partition = partitions[index]!;
    const left = prune(where, partition);
    return left ? [{ file, partition, where: left.where }] : [];
  });
}

/** The columns that a file itself has to give; all of them where its path gives every one that is asked for. */
export function ownColumns(
  columns: readonly string[] | undefined,
  partition: Partition,
): readonly string[] | undefined {
  const own = columns?.filter((name) => !Object.hasOwn(partition, name));
  return own?.length === 0 ? undefined : own;
}
