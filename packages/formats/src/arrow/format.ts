import { ConnError, Table } from "@conn/core";
import type { Format } from "../format.ts";
import { collect } from "../open.ts";
import type { FormatOptions } from "../options.ts";
import { checkArrow, unsound } from "./check.ts";
import { checkClaims } from "./claims.ts";
import { decodeArrow } from "./decode.ts";

/** Arrow IPC, as file or stream (Feather's second version is the former). */
export const arrow: Format = {
  name: "arrow",
  extensions: ["arrow", "arrows", "feather", "ipc"],
  contentTypes: ["application/vnd.apache.arrow.file", "application/vnd.apache.arrow.stream"],
  matches: (head) =>
    isMark(head.subarray(0, 6)) ||
    (head.length > 8 && head.subarray(0, 4).every((byte) => byte === 0xff)),
  async *read(source, options) {
    const bytes = await collect(source.name, source.stream(options.signal), options);
    // A file, unlike a stream, ends with its mark as well.
    if (isMark(bytes.subarray(0, 6)) && (bytes.length < 20 || !isMark(bytes.subarray(-6))))
      throw unsound(source.name, "it does not end with ARROW1, so it is cut off");
    yield await sound(source.name, bytes, options);
  },
  async *write(table) {
    // Core says what to install where the library is missing.
    const arrow = await table.toArrow();
    const { tableToIPC } = await import("@uwdata/flechette");
    // The format of files, for pandas and others take no stream under these names.
    yield tableToIPC(arrow as Parameters<typeof tableToIPC>[0], { format: "file" })!;
  },
};

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
