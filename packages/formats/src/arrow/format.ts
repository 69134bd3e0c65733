import { ConnError, Table } from "@conn/core";
import type { Format } from "../format.ts";
import { collect } from "../open.ts";
import type { FormatOptions } from "../options.ts";
import type { ByteSource } from "../source.ts";
import { checkArrow, unsound } from "./check.ts";
import { checkClaims } from "./claims.ts";
import { decodeArrow } from "./decode.ts";

/** Arrow IPC as a file, which Feather's second version is; what is a stream by this name is read as well. */
export const arrow: Format = {
  name: "arrow",
  extensions: ["arrow", "feather", "ipc"],
  contentTypes: ["application/vnd.apache.arrow.file", "application/vnd.apache.arrow.stream"],
  matches,
  read,
  // pandas and others take no stream under these names.
  write: (table) => written(table, "file"),
};

/** Arrow IPC as a stream; what is a file by this name is read as well. */
export const arrows: Format = {
  name: "arrows",
  extensions: ["arrows"],
  matches,
  read,
  write: (table) => written(table, "stream"),
};

/** A file begins with its mark, a stream with the length of its schema. */
function matches(head: Uint8Array): boolean {
  const stream = head.length > 8 && head.subarray(0, 4).every((byte) => byte === 0xff);
  return stream || isMark(head.subarray(0, 6));
}

async function* read(
  source: ByteSource,
  options: FormatOptions,
): AsyncGenerator<Table, void, undefined> {
  const bytes = await collect(source.name, source.stream(options.signal), options);
  // A file, unlike a stream, ends with its mark as well.
  if (isMark(bytes.subarray(0, 6)) && (bytes.length < 20 || !isMark(bytes.subarray(-6))))
    throw unsound(source.name, "it does not end with ARROW1, so it is cut off");
  yield await sound(source.name, bytes, options);
}

async function* written(
  table: Table,
  format: "file" | "stream",
): AsyncGenerator<Uint8Array, void, undefined> {
  // Core says what to install where the library is missing.
  const arrow = await table.toArrow();
  const { tableToIPC } = await import("@uwdata/flechette");
  yield tableToIPC(arrow as Parameters<typeof tableToIPC>[0], { format })!;
}

async function sound(name: string, bytes: Uint8Array, options: FormatOptions): Promise<Table> {
  try {
    checkClaims(name, bytes, isMark(bytes.subarray(0, 6)));
    const library = await import("@uwdata/flechette").catch(() => undefined);
    // Without the library, core says what to install.
    if (!library) return await Table.fromIPC(bytes);
    const { table, decompressed } = await decodeArrow(library, name, bytes, options);
    checkArrow(name, table, bytes.length + decompressed);
    return await Table.fromArrow(table);
  } catch (cause) {
    // What is wrong with a table of core is wrong with the file here.
    if (cause instanceof ConnError && cause.code !== "CONN_ARGUMENT") throw cause;
    throw unsound(name, (cause as Error).message, cause);
  }
}

function isMark(bytes: Uint8Array): boolean {
  return Buffer.from(bytes).toString("latin1") === "ARROW1";
}
