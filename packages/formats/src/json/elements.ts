import { ConnError } from "@conn/core";
import { decoded } from "../encoding.ts";
import { limitOf, overLimit } from "../limits.ts";
import type { FormatOptions } from "../options.ts";
import type { ByteSource } from "../source.ts";

/** Text of some values of a file, parted by commas or, where `lines` is set, by line ends. */
export interface Piece {
  readonly text: string;
  /** The file's line of the first character, from 1. */
  readonly line: number;
}

/** Bytes of a piece, about. */
const pieceSize = 1 << 19;

const comma = 44;
const quote = 34;
const backslash = 92;
const lineFeed = 10;

/** A file of lines, in pieces that end where lines do. */
export async function* linePieces(
  source: ByteSource,
  options: FormatOptions,
): AsyncGenerator<Piece, void, undefined> {
  const longest = limitOf(options, "lineLength");
  const decode = decoder(source.name);
  let pending: Uint8Array[] = [];
  let size = 0;
  let line = 1;
  for await (const chunk of decoded(source, options)) {
    // Pieces of a chunk that came in one, so that the event loop breathes between them.
    for (let from = 0; from < chunk.length; from += pieceSize) {
      const part = chunk.subarray(from, from + pieceSize);
      const end = part.lastIndexOf(lineFeed) + 1;
      if (end === 0) {
        pending.push(part);
        size += part.length;
        if (size > longest)
          throw overLimit(source.name, "lineLength", longest, `Line ${line} is too long`);
        continue;
      }
      const text = decode([...pending, part.subarray(0, end)], line);
      yield { text, line };
      line += linesOf(text);
      pending = [part.subarray(end)];
      size = part.length - end;
    }
  }
  const text = decode(pending, line);
  if (text.trim() !== "") yield { text, line };
}

/** The values of a file's array, in pieces that end where values do; a file that is no array, in one piece. */
export async function* elementPieces(
  source: ByteSource,
  options: FormatOptions,
): AsyncGenerator<Piece & { readonly whole: boolean }, void, undefined> {
  const most = limitOf(options, "decompressedSize");
  const longest = limitOf(options, "depth");
  const decode = decoder(source.name);
  let bytes: Uint8Array = new Uint8Array();
  let state: "start" | "array" | "value" | "end" = "start";
  // Where the scan stands in `bytes`, and how it stands to strings and brackets.
  let [at, depth, quoted, cut] = [0, 0, false, 0];
  let line = 1;
  for await (const chunk of decoded(source, options)) {
    bytes = bytes.length === 0 ? chunk : Buffer.concat([bytes, chunk]);
    if (bytes.length > most)
      throw overLimit(source.name, "decompressedSize", most, "It has too many bytes");
    if (state === "start") {
      while (at < bytes.length && bytes[at]! <= 32) {
        if (bytes[at] === lineFeed) line++;
        at++;
      }
      if (at >= bytes.length) continue;
      state = bytes[at] === 91 ? "array" : "value";
      if (state === "array") at++;
      bytes = bytes.subarray(at);
      [at, cut] = [0, 0];
    }
    if (state === "value") continue;
    for (; at < bytes.length && state === "array"; at++) {
      const byte = bytes[at]!;
      if (quoted) {
        if (byte === backslash) at++;
        else if (byte === quote) quoted = false;
      } else if (byte === quote) quoted = true;
      else if (byte === 91 || byte === 123) {
        if (++depth >= longest)
          throw overLimit(source.name, "depth", longest, "Its JSON is nested too deep");
      } else if (byte === 93 || byte === 125) {
        if (depth-- === 0) {
          const text = decode([bytes.subarray(0, at)], line);
          if (text.trim() !== "") yield { text, line, whole: false };
          line += linesOf(text);
          state = "end";
          cut = at + 1;
        }
      } else if (byte === comma && depth === 0) {
        cut = at;
        if (at < pieceSize) continue;
        const text = decode([bytes.subarray(0, at)], line);
        yield { text, line, whole: false };
        line += linesOf(text);
        bytes = bytes.subarray(at + 1);
        [at, cut] = [-1, 0];
      }
    }
    if (state === "end") {
      const rest = decode([bytes.subarray(cut)], line);
      if (rest.trim() !== "") {
        throw new ConnError(
          "CONN_FORMAT",
          `${source.name} is no JSON: text behind the array's end.`,
          {
            location: { file: source.name, line },
            hint: 'Where each line is a value, read it as such: { format: "jsonl" }.',
          },
        );
      }
      bytes = new Uint8Array();
      [at, cut] = [0, 0];
    }
  }
  if (state === "array") {
    throw new ConnError("CONN_FORMAT", `${source.name} is no JSON: its array has no end.`, {
      hint: "The file may be cut off; compare its size with the original's.",
    });
  }
  const text = decode([bytes], line);
  if (state !== "end") yield { text, line, whole: true };
}

function decoder(file: string): (parts: readonly Uint8Array[], line: number) => string {
  const utf8 = new TextDecoder("utf-8", { fatal: true });
  return (parts, line) => {
    try {
      return utf8.decode(parts.length === 1 ? parts[0] : Buffer.concat(parts));
    } catch (cause) {
      throw new ConnError("CONN_FORMAT", `${file} is no UTF-8 text.`, {
        location: { file, line },
        hint: "Give its `encoding`, such as windows-1252.",
        cause,
      });
    }
  };
}

function linesOf(text: string): number {
  let lines = 0;
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) lines++;
  return lines;
}
