import { ConnError, Table } from "@conn/core";
import type { Asking, Watch } from "./asking.ts";
import { bodyOf, contentTypeOf, type Writing } from "./body.ts";
import { download, type OnProgress, stream } from "./download.ts";
import { forEach } from "./each.ts";
import { kindOf, repeatableOf } from "./failure.ts";
import { gathered } from "./gather.ts";
import { nameOf, type WriteResult } from "./info.ts";
import { entriesOf } from "./listing.ts";
import type { Conditions, CopyOptions, WriteOptions } from "./options.ts";
import { addressOf, type Location, type Paths } from "./location.ts";
import { pinned } from "./reading.ts";
import type { Body, StoredFile, StoreWrite } from "./store.ts";

/** Bytes in a second that the slowest line has. */
const slowLine = 64 * 1024;
/** Bytes in a second that the slowest store copies within itself. */
const slowCopy = 1024 * 1024;
/** Bytes of a part where the store does not take smaller ones. */
const leastPart = 5 * 1024 ** 2;

/** Stores a whole file. */
export async function writeFile(
  asking: Asking,
  location: Location,
  path: string,
  data: Writing,
  options: WriteOptions,
): Promise<WriteResult> {
  demandOneCondition(asking, options);
  const bytes = await bytesToWrite(data, path, options);
  const ofBlob = data instanceof Blob && data.type !== "" ? data.type : undefined;
  const {
    contentType = contentTypeOf(location.key) ?? ofBlob,
    contentEncoding,
    metadata,
  } = options;
  const { ifAbsent, ifMatch, onProgress } = options;
  return store(asking, location, path, bytes, {
    ifAbsent,
    ifMatch,
    onProgress,
    contentType,
    contentEncoding,
    metadata,
  });
}

/** What to store: a table's bytes are in the format that the option or the path's extension names. */
export async function bytesToWrite(
  data: Writing,
  path: string,
  options: WriteOptions,
): Promise<Body> {
  const body = bodyOf(data, path);
  return body instanceof Table ? tableBytes(body, path, options) : body;
}

/** Copies one version of a file, within the store where it can. */
export async function copyFile(
  from: Asking,
  to: Asking,
  source: Location,
  target: Location,
  options: CopyOptions,
): Promise<StoredFile> {
  demandTwo(from, source, target);
  demandOneCondition(from, options);
  return pinned(from, source, { whole: false }, async (pin) => {
    const { file } = pin;
    const { version, size, contentType, contentEncoding, metadata } = file;
    const conditions = { ifAbsent: options.ifAbsent, ifMatch: options.ifMatch };
    const copied =
      source.protocol === target.protocol &&
      (await to.once(
        target,
        (signal) => from.store.copy(source, target, { ...conditions, version, size }, signal),
        size / slowCopy,
      ));
    if (!copied) {
      const range = { start: 0, end: size };
      // A short file is one request, and can be sent again.
      const body =
        size <= from.calling.pace.partSize
          ? await download(from, pin, range)
          : stream(from, pin, range);
      await store(to, target, addressOf(target), body, {
        ...conditions,
        contentType,
        contentEncoding,
        metadata,
      });
    }
    return file;
  });
}

/** Moves a file: in one step where the store can, else as a copy whose original is then deleted. */
export async function moveFile(
  from: Asking,
  to: Asking,
  source: Location,
  target: Location,
  options: CopyOptions,
): Promise<void> {
  demandTwo(from, source, target);
  const { store: own } = from;
  const conditional = options.ifAbsent || options.ifMatch !== undefined;
  if (own.move && source.protocol === target.protocol && !conditional) {
    if (await from.once(source, (signal) => own.move!(source, target, signal))) return;
  }
  const { version } = await copyFile(from, to, source, target, options);
  // Whoever wrote it since the copy was made keeps what was written.
  await from.once(source, (signal) => own.delete(source, version, signal));
}

/** Deletes all files of a folder. */
export async function deleteFolder(asking: Asking, folder: Location, paths: Paths): Promise<void> {
  if (paths.isEverything(folder))
    throw new ConnError(
      "CONN_ARGUMENT",
      `${asking.calling.connection}.delete was asked to delete everything in ${addressOf(folder)}.`,
      {
        connection: asking.calling.connection,
        operation: "delete",
        hint: "Name a folder in it.",
      },
    );
  const { store: own } = asking;
  if (own.deleteFolder)
    return asking.repeated(folder, (signal) => own.deleteFolder!(folder, signal));
  const files: Location[] = [];
  for await (const { key } of entriesOf(asking, folder, { recursive: true }))
    files.push({ ...folder, key });
  // What consoles store for the folder itself.
  files.push(folder);
  await forEach(asking, files, asking.calling.pace.concurrency, (each, location) =>
    each.repeated(location, (signal) => own.delete(location, undefined, signal)),
  );
}

/**
 * Sends a body once; where a condition makes a second time harmless and the store says that it did not
 * take the first, again.
 */
async function store(
  asking: Asking,
  location: Location,
  path: string,
  data: Body,
  options: Sending,
): Promise<WriteResult> {
  const { ifAbsent, ifMatch, contentType, contentEncoding, metadata, onProgress } = options;
  const { partSize, concurrency } = asking.calling.pace;
  const total = data instanceof Uint8Array ? data.length : undefined;
  const body = await gathered(data, partSize, asking.calling.signal);
  let size = 0;
  const request = (): Promise<string> =>
    asking.once(
      location,
      (signal, watch) => {
        const write: StoreWrite = {
          ifAbsent,
          ifMatch,
          contentType,
          contentEncoding,
          metadata,
          partSize,
          concurrency,
          onBytes: (bytes) => {
            watch.alive();
            onProgress?.({ bytes, total });
          },
          repeated: repeatedUnder(asking, location, signal),
        };
        const told = counted(body, watch, (bytes) => (size = bytes));
        return asking.store.write(location, told, write, signal);
      },
      // Stores tell of whole parts: so many may be on their way at once, over a slow line.
      (concurrency * Math.max(partSize, leastPart)) / slowLine,
    );
  const conditional = ifAbsent || ifMatch !== undefined;
  const version =
    conditional && body instanceof Uint8Array
      ? await asking.calling.retried(() => request().catch(demandUntouched), asking.calling.signal)
      : await request();
  return { path, version, size };
}

interface Sending extends Omit<StoreWrite, "partSize" | "concurrency" | "onBytes" | "repeated"> {
  readonly onProgress?: OnProgress | undefined;
}

/** What repeats a request of an upload. */
export function repeatedUnder(
  asking: Asking,
  location: Location,
  signal: AbortSignal,
): StoreWrite["repeated"] {
  const under = asking.under(signal);
  return (request, bytes = 0) => under.repeated(location, request, bytes / slowLine);
}

/** A lost answer leaves open whether the first try took effect: then the second would find its own work in the way. */
function demandUntouched(error: unknown): never {
  const refused = kindOf(error) === "throttled" || kindOf(error) === "server";
  if (refused || repeatableOf(error) === undefined) throw error;
  throw once(error as ConnError);
}

/** The same error, not to be repeated. */
function once(error: ConnError): ConnError {
  const { code, message, hint, connection, operation, cause } = error;
  const bare = hint === undefined ? message : message.replace(`\n  ${hint}`, "");
  return new ConnError(code, bare, { hint, connection, operation, cause });
}

/** The body, whose length is told as it goes; while its source takes its time, no store is silent. */
function counted(body: Body, watch: Watch, tell: (bytes: number) => void): Body {
  if (body instanceof Uint8Array) {
    tell(body.length);
    return body;
  }
  return (async function* () {
    let bytes = 0;
    const iterator = body[Symbol.asyncIterator]();
    try {
      for (;;) {
        watch.pause();
        const { done, value } = await iterator.next();
        watch.alive();
        if (done) return;
        tell((bytes += value.length));
        yield value;
      }
    } finally {
      await iterator.return?.();
    }
  })();
}

function demandTwo(asking: Asking, source: Location, target: Location): void {
  if (addressOf(source) !== addressOf(target)) return;
  const { connection, operation } = asking.calling;
  throw new ConnError(
    "CONN_ARGUMENT",
    `${connection}.${operation} was given the same file twice: ${nameOf(source)}.`,
    {
      connection,
      operation,
      hint: "Give another path as the second.",
    },
  );
}

function demandOneCondition(asking: Asking, { ifAbsent, ifMatch }: Conditions): void {
  if (!ifAbsent || ifMatch === undefined) return;
  const { connection, operation } = asking.calling;
  throw new ConnError(
    "CONN_ARGUMENT",
    `${connection}.${operation} was given both \`ifAbsent\` and \`ifMatch\`: no file is absent and of a version.`,
    {
      connection,
      operation,
      hint: "Give `ifAbsent` to make a new file, or `ifMatch` to replace one.",
    },
  );
}

async function tableBytes(
  table: Table,
  path: string,
  { format, compression, delimiter, header, formulas, rowGroupSize }: WriteOptions,
): Promise<Body> {
  const { bytesSource, compressionByName, formatOf, writeTable } = await import("@conn/formats");
  const codec = compressionByName(path);
  const plain = codec ? path.replace(/\.[^.]+$/, "") : path;
  const { name } = await formatOf(bytesSource(plain, new Uint8Array()), { format });
  return writeTable(table, {
    format: name,
    compression: compression ?? codec,
    delimiter,
    header,
    formulas,
    rowGroupSize,
  });
}
