import { constants } from "node:buffer";
import { ConnError, Table } from "@conn/core";
import { decoded } from "./encoding.ts";
import type { Format } from "./format.ts";
import { collect } from "./open.ts";

/** Text as a table: a row for each line. */
export const text: Format = {
  name: "text",
  extensions: ["txt", "log", "md"],
  contentTypes: ["text/plain"],
  async *read(source, options) {
    const bytes = await collect(source.name, decoded(source, options), options);
    const lines = decodeText(source.name, new TextDecoder("utf-8", { fatal: true }), bytes).split(
      /\r\n|\r|\n/,
    );
    if (lines.at(-1) === "") lines.pop();
    yield Table.fromColumns({ line: lines }, { columns: [{ name: "line", type: "string" }] });
  },
};

/** A file's bytes as a table of one cell. */
export const bytes: Format = {
  name: "bytes",
  extensions: ["bin"],
  contentTypes: ["application/octet-stream"],
  async *read(source, options) {
    const content = await collect(source.name, source.stream(options.signal), options);
    yield Table.fromRows([{ name: source.name, bytes: content }]);
  },
};

/** Bytes as text. Errors: `CONN_FORMAT` where they are not of the encoding, or more than a string can hold. */
export function decodeText(
  file: string,
  decoder: InstanceType<typeof TextDecoder>,
  content: Uint8Array,
): string {
  if (content.length > constants.MAX_STRING_LENGTH) {
    throw new ConnError(
      "CONN_LIMIT",
      `${file} is too long for one text: ${content.length} bytes.`,
      {
        hint: "Read it in batches, or its bytes.",
      },
    );
  }
  try {
    return decoder.decode(content);
  } catch (cause) {
    throw new ConnError("CONN_FORMAT", `${file} is no ${decoder.encoding} text.`, {
      hint: 'Say what it is: { encoding: "windows-1252" }.',
      cause,
    });
  }
}
