import { ConnError, type Table } from "@conn/core";
import { compressed } from "./compression.ts";
import type { Compression, WriteOptions } from "./options.ts";
import { formatByName, formats } from "./registry.ts";

/**
 * A table as a file's bytes, in chunks.
 *
 * @throws CONN_ARGUMENT where `format` names none.
 * @throws CONN_UNSUPPORTED where the format is only read, or the codec is not there.
 */
export async function* writeTable(
  table: Table,
  options: WriteOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  const format = formatByName("", options.format)!;
  if (!format.write) {
    const names = formats().flatMap((each) => (each.write ? [each.name] : []));
    throw new ConnError("CONN_UNSUPPORTED", `The format ${format.name} is read, but not written.`, {
      hint: `These are written: ${names.join(", ")}.`,
    });
  }
  const chunks = format.write(table, options);
  const { compression = "none" } = options;
  if (format.ranged || compression === "none") yield* chunks;
  else if (compression === "snappy") {
    throw new ConnError(
      "CONN_ARGUMENT",
      "snappy compresses the pages of Parquet, and nothing else.",
      {
        hint: 'Use { compression: "gzip" } or "zstd".',
      },
    );
  } else yield* compressed(compression satisfies Compression, chunks);
}
