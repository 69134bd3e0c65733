import { ConnError, type Table } from "@conn/core";
import type { WriteOptions } from "./options.ts";

/** A table as a file's bytes, in chunks. */
export async function* writeTable(
  _table: Table,
  options: WriteOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  throw new ConnError("CONN_UNSUPPORTED", `${options.format}: not built yet.`);
}
