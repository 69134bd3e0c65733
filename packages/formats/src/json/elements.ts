import { constants } from "node:buffer";
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
  if (!isBlank(text)) yield { text, line };
}

/** The values of a file's array, in pieces that end where values do; a file that is no array, in one piece. */
export async function* elementPieces(
  source: ByteSource,
  options: FormatOptions,
): AsyncGenerator<Piece & { readonly whole: boolean }, void, undefined> {
  const most = limitOf(options, "decompressedSize");
  const longest = limitOf(options, "depth");
  const decode = decoder(source.name);
  let state: "start" | "array" | "value" | "end" = "start";
  // What came before the chunk that is scanned, and how the scan stands to strings and brackets.
  let pending: Uint8Array[] = [];
  let [size, depth, quoted, skip] = [0, 0, false, 0];
  let line = 1;
  for await (const chunk of decoded(source, options)) {
    let [at, from] = [skip, 0];
    skip = 0;
    if (state === "start") {
      for (; at < chunk.length && isSpace(chunk[at]!); at++) if (chunk[at] === lineFeed) line++;
      if (at >= chunk.length) continue;
      state = chunk[at] === 91 ? "array" : "value";
      if (state === "array") at++;
      from = at;
    }
    for (; at < chunk.length && state === "array"; at++) {
      const byte = chunk[at]!;
      if (quoted) {
        if (byte === backslash) at++;
        else if (byte === quote) quoted = false;
      } else if (byte === quote) quoted = true;
      else if (byte === 91 || byte === 123) {
        if (++depth >= longest)
          throw overLimit(source.name, "depth", longest, "Its JSON is nested too deep");
      } else if (byte === 93 || byte === 125) {
        if (depth-- > 0) continue;
        const text = decode([...pending, chunk.subarray(from, at)], line);
        if (!isBlank(text)) yield { text, line, whole: false };
        line += linesOf(text);
        [pending, size, from, state] = [[], 0, at + 1, "end"];
      } else if (byte === comma && depth === 0 && size + at - from >= pieceSize) {
        const text = decode([...pending, chunk.subarray(from, at)], line);
        yield { text, line, whole: false };
        line += linesOf(text);
        [pending, size, from] = [[], 0, at + 1];
      }
    }
    // A chunk may end behind the backslash of an escape.
    if (state === "array") skip = at - chunk.length;
    const rest = chunk.subarray(from);
    if (state === "end" && !isBlank(decode([rest], line))) {
      throw new ConnError(
        "CONN_FORMAT",
        `${source.name} is no JSON: text behind the array's end.`,
        {
          location: { file: source.name, line },
          hint: 'Where each line is a value, read it as such: { format: "jsonl" }.',
        },
      );
    }
    if (state === "end") continue;
    pending.push(rest);
    size += rest.length;
    if (size > most)
      throw overLimit(source.name, "decompressedSize", most, "It has too many bytes");
  }
  if (state === "array") {
    throw new ConnError("CONN_FORMAT", `${source.name} is no JSON: its array has no end.`, {
      hint: "The file may be cut off; compare its size with the original's.",
    });
  }
  if (state !== "end") yield { text: decode(pending, line), line, whole: true };
}

function isSpace(byte: number): boolean {
  return byte === 32 || byte === lineFeed || byte === 13 || byte === 9;
}

/** Whether there is nothing but what JSON calls whitespace, which is less than `trim` takes away. */
export function isBlank(text: string): boolean {
  return !/[^ \t\r\n]/.test(text);
}

function decoder(file: string): (parts: readonly Uint8Array[], line: number) => string {
  const utf8 = new TextDecoder("utf-8", { fatal: true });
  return (parts, line) => {
    const bytes = parts.length === 1 ? parts[0]! : Buffer.concat(parts);
    if (bytes.length > constants.MAX_STRING_LENGTH) {
      throw new ConnError("CONN_LIMIT", `${file}: one value of it has ${bytes.length} bytes.`, {
        location: { file, line },
        hint: "Write its rows as JSON Lines, or as one array: these are read piece by piece.",
      });
    }
    try {
      return utf8.decode(bytes);
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
