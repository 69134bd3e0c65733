import { ConnError } from "@conn/core";
import type { FormatOptions } from "./options.ts";
import type { ByteSource } from "./source.ts";

/** A file's text as UTF-8 without a byte order mark, in chunks. */
export async function* decoded(
  source: ByteSource,
  options: FormatOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  let decode: ((chunk: Uint8Array | undefined) => Uint8Array) | undefined;
  let head: Uint8Array | undefined = new Uint8Array();
  for await (const chunk of source.stream(options.signal)) {
    if (head) {
      head = head.length > 0 ? Buffer.concat([head, chunk]) : chunk;
      if (head.length < 4) continue;
    }
    decode ??= decoderOf(source, options, head!);
    yield decode(head ?? chunk);
    head = undefined;
  }
  if (head) {
    decode ??= decoderOf(source, options, head);
    yield decode(head);
  }
  if (decode) yield decode(undefined);
}

/** The encoding that the options, the byte order mark, the media type or the first characters name. */
export function encodingOf(
  source: ByteSource,
  { encoding }: FormatOptions,
  head: Uint8Array,
): string {
  if (encoding !== undefined) return encoding;
  if (head[0] === 0xff && head[1] === 0xfe) return "utf-16le";
  if (head[0] === 0xfe && head[1] === 0xff) return "utf-16be";
  if (head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf) return "utf-8";
  const charset = /charset="?([\w-]+)/i.exec(source.contentType ?? "")?.[1];
  if (charset) return charset;
  if (head.length >= 4 && head[0] !== 0 && head[1] === 0 && head[2] !== 0 && head[3] === 0)
    return "utf-16le";
  if (head.length >= 4 && head[0] === 0 && head[1] !== 0 && head[2] === 0 && head[3] !== 0)
    return "utf-16be";
  return "utf-8";
}

export function textDecoder(label: string): InstanceType<typeof TextDecoder> {
  try {
    return new TextDecoder(label, { fatal: true });
  } catch (cause) {
    throw new ConnError("CONN_ARGUMENT", `The encoding "${label}" is not known.`, {
      hint: "Such as utf-8, utf-16le, windows-1252, iso-8859-15, shift_jis, gb18030.",
      cause,
    });
  }
}

/** UTF-8 passes through unchecked, save its mark; anything else is decoded and encoded again. */
function decoderOf(
  source: ByteSource,
  options: FormatOptions,
  head: Uint8Array,
): (chunk: Uint8Array | undefined) => Uint8Array {
  const label = encodingOf(source, options, head);
  const decoder = textDecoder(label);
  if (decoder.encoding === "utf-8") {
    let first = true;
    return (chunk = new Uint8Array()) => {
      const marked = first && chunk[0] === 0xef && chunk[1] === 0xbb && chunk[2] === 0xbf;
      first = false;
      return marked ? chunk.subarray(3) : chunk;
    };
  }
  return (chunk) => {
    try {
      return Buffer.from(decoder.decode(chunk, { stream: chunk !== undefined }));
    } catch (cause) {
      throw new ConnError("CONN_FORMAT", `${source.name} is no ${label} text.`, {
        hint: "Give its `encoding`.",
        cause,
      });
    }
  };
}
