import { ConnError, Table } from "@conn/core";
import type { Body } from "./store.ts";

/** What `write` takes: a table or rows, text, bytes, a Blob, or a stream of text or bytes. */
export type Writing =
  | Table
  | readonly object[]
  | string
  | Uint8Array
  | ArrayBuffer
  | Blob
  | AsyncIterable<string | Uint8Array>;

/** What to store, or the table that a format makes bytes of. */
export function bodyOf(data: Writing, path: string): Body | Table {
  if (typeof data === "string") return new TextEncoder().encode(data);
  if (data instanceof Uint8Array) return data;
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  if (data instanceof Blob) return data.stream();
  if (data instanceof Table) return data;
  if (Array.isArray(data)) return Table.fromRows(data as Record<string, unknown>[]);
  if (typeof data === "object" && data !== null && Symbol.asyncIterator in data)
    return bytesOf(data as AsyncIterable<string | Uint8Array>);
  throw new ConnError(
    "CONN_ARGUMENT",
    `${path} cannot be written: the data is no table, text, bytes or stream.`,
    {
      hint:
        data instanceof Response
          ? "Give the answer's `body`."
          : "Give a Table, an array of rows, a string, a Uint8Array, a Blob or a stream; JSON.stringify other objects.",
    },
  );
}

const types: Readonly<Record<string, string>> = {
  arrow: "application/vnd.apache.arrow.file",
  arrows: "application/vnd.apache.arrow.stream",
  csv: "text/csv",
  feather: "application/vnd.apache.arrow.file",
  gif: "image/gif",
  html: "text/html",
  jpeg: "image/jpeg",
  jpg: "image/jpeg",
  json: "application/json",
  jsonl: "application/x-ndjson",
  md: "text/markdown",
  ndjson: "application/x-ndjson",
  parquet: "application/vnd.apache.parquet",
  pdf: "application/pdf",
  png: "image/png",
  svg: "image/svg+xml",
  tsv: "text/tab-separated-values",
  txt: "text/plain",
  webp: "image/webp",
  xml: "application/xml",
};

/** The media type of a name's extension. */
export function contentTypeOf(path: string): string | undefined {
  const extension = /\.([a-z0-9]+)$/i.exec(path)?.[1]?.toLowerCase();
  return extension !== undefined && Object.hasOwn(types, extension) ? types[extension] : undefined;
}

async function* bytesOf(data: AsyncIterable<string | Uint8Array>): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  for await (const chunk of data) {
    if (typeof chunk === "string") yield encoder.encode(chunk);
    else if (chunk instanceof Uint8Array) yield chunk;
    else
      throw new ConnError(
        "CONN_ARGUMENT",
        "A stream to write gave something that is neither text nor bytes.",
        {
          hint: "Give strings or Uint8Arrays; a table is written as it is, without a stream.",
        },
      );
  }
}
