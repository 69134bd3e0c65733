import { ConnError, type Table } from "@conn/core";
import type { FormatOptions } from "./options.ts";
import type { ByteSource } from "./source.ts";

/** All rows of a file, as a table. */
export async function readTable(source: ByteSource, options: FormatOptions = {}): Promise<Table> {
  throw todo(source, options);
}

/** The rows of a file in tables of about `batchSize` rows, read as they are asked for. */
export async function* readBatches(
  source: ByteSource,
  options: FormatOptions = {},
): AsyncGenerator<Table, void, undefined> {
  throw todo(source, options);
}

/** A file's text, decompressed and decoded. */
export async function readText(source: ByteSource, options: FormatOptions = {}): Promise<string> {
  throw todo(source, options);
}

/** A JSON file's value. */
export async function readJson(source: ByteSource, options: FormatOptions = {}): Promise<unknown> {
  throw todo(source, options);
}

/** A file's bytes, decompressed where `compression` says or the extension does. */
export async function readBytes(
  source: ByteSource,
  options: FormatOptions = {},
): Promise<Uint8Array> {
  throw todo(source, options);
}

function todo(source: ByteSource, _options: FormatOptions): ConnError {
  return new ConnError("CONN_UNSUPPORTED", `${source.name}: not built yet.`);
}
