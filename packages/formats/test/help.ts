import { type ByteSource, bytesSource, type FormatOptions, readTable } from "../src/index.ts";

/** A source that gives its bytes in chunks of a size, as a network would. */
export function chunked(name: string, content: string | Uint8Array, size = 7): ByteSource {
  const bytes = typeof content === "string" ? Buffer.from(content) : content;
  return {
    ...bytesSource(name, bytes),
    stream: async function* () {
      for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
    },
  };
}

export function source(name: string, content: string | Uint8Array): ByteSource {
  return bytesSource(name, typeof content === "string" ? Buffer.from(content) : content);
}

export async function rowsOf(
  name: string,
  content: string | Uint8Array,
  options?: FormatOptions,
): Promise<Record<string, unknown>[]> {
  return (await readTable(source(name, content), options)).rows();
}
