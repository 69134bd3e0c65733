import { ConnError } from "@conn/core";
import type { Format } from "./format.ts";
import type { FormatOptions } from "./options.ts";
import type { ByteSource } from "./source.ts";

/** The format of a file: by `format`, else its extension, else its content. */
export async function formatOf(source: ByteSource, _options: FormatOptions = {}): Promise<Format> {
  throw new ConnError("CONN_UNSUPPORTED", `${source.name}: not built yet.`);
}

/** Adds a format, before those that are there. The answer removes it again. */
export function registerFormat(_format: Format): () => void {
  return () => {};
}
