import { isAscii, isUtf8 } from "node:buffer";
import { ConnError } from "@conn/core";
import { decoded } from "../encoding.ts";
import { limitOf, overLimit } from "../limits.ts";
import type { FormatOptions } from "../options.ts";
import type { ByteSource } from "../source.ts";
import { detectDelimiter } from "./dialect.ts";
import { placeOf } from "./place.ts";
import { type Block, type Dialect, type Fault, scan, type Scanned } from "./scan.ts";

/** Bytes of a block: small enough that the event loop breathes, and that its cells stay in the processor's cache. */
const blockSize = 1 << 20;

/** The first block is small, for the sake of those who want a few rows alone. */
const firstSize = 1 << 16;

/** The names of the columns, then all records, in blocks. */
export async function* readBlocks(
  source: ByteSource,
  options: FormatOptions,
): AsyncGenerator<Block | { readonly names: readonly string[] }, void, undefined> {
  const longest = limitOf(options, "lineLength");
  const reader = new Reader(source.name, options);
  let pending: Uint8Array[] = [];
  let size = 0;
  let target = firstSize;
  const chunks = decoded(source, options)[Symbol.asyncIterator]();
  try {
    for (let ended = false; !ended;) {
      const next = await chunks.next();
      ended = next.done === true;
      if (!next.done) {
        pending.push(next.value);
        size += next.value.length;
        if (size < target) continue;
      }
      // One byte more, for the line end that the scanner puts behind.
      const bytes = Buffer.allocUnsafeSlow(size + 1);
      let at = 0;
      for (const chunk of pending) {
        bytes.set(chunk, at);
        at += chunk.length;
      }
      // A source may give all of its bytes in one piece.
      let start = 0;
      while (start < size) {
        const end = Math.min(size, start + Math.max(target, blockSize));
        const last = end === size;
        const from = start;
        const view = bytes.subarray(start, end + 1);
        const after = bytes[end]!;
        for (const part of reader.parts(view, end - start, ended && last)) yield part;
        if (!last) bytes[end] = after;
        start += reader.consumed;
        if (reader.consumed === 0) {
          if (end - from > longest) {
            throw overLimit(source.name, "lineLength", longest, `Line ${reader.line} is too long`);
          }
          if (last) break;
          target = Math.max(target, (end - from) * 2);
        } else target = blockSize;
      }
      const rest = bytes.subarray(start, size);
      pending = rest.length > 0 ? [rest] : [];
      // A record that is longer than a block is scanned again from its start: twice as much each time.
      target = Math.max(blockSize, rest.length * 2);
      size = rest.length;
    }
    if (!reader.named) yield { names: [] };
  } finally {
    await chunks.return?.();
  }
}

/** Scans piece after piece, and knows what came before. */
class Reader {
  consumed = 0;
  line = 1;
  named = false;
  readonly #file: string;
  readonly #options: FormatOptions;
  readonly #quote: number;
  #dialect: Dialect | undefined;
  #width = 0;

  constructor(file: string, options: FormatOptions) {
    this.#file = file;
    this.#options = options;
    const { quote = '"' } = options;
    this.#quote = quote === "" ? -1 : asciiByte("quote", quote);
  }

  /** The blocks that so many bytes hold; `bytes` is one longer. */
  *parts(
    bytes: Buffer,
    size: number,
    final: boolean,
  ): Generator<Block | { readonly names: readonly string[] }, void, undefined> {
    let start = 0;
    this.consumed = 0;
    if (!this.named) {
      const dialect = (this.#dialect ??= this.#detect(bytes.subarray(0, size), final));
      const preamble = /^sep=.\r?\n/.exec(bytes.toString("latin1", 0, Math.min(size, 8)));
      if (preamble) start = preamble[0].length;
      const { header = true } = this.#options;
      const first = scan(bytes, start, size, { ...this.#scanning(final), dialect, maxRows: 1 });
      if (first.fault) throw this.#explain(first.fault, { bytes, line: this.line }, first.width);
      if (first.rows === 0) {
        if (final) this.consumed = size;
        return;
      }
      if (preamble) this.line++;
      this.#width = first.width;
      const limit = limitOf(this.#options, "columns");
      if (first.width > limit)
        throw overLimit(this.#file, "columns", limit, `It has ${first.width} columns`);
      const names = Array.from({ length: first.width }, (_, index) => {
        const end = first.offsets[index * 2 + 1]!;
        const text = header
          ? bytes.toString("utf8", first.offsets[index * 2], end < 0 ? ~end : end)
          : "";
        return text || `column_${index + 1}`;
      });
      this.named = true;
      yield { names: unique(names) };
      if (header) {
        start = first.end;
        this.line += first.lines;
      }
    }
    const scanned = scan(bytes, start, size, { ...this.#scanning(final), maxRows: Infinity });
    const block = this.#block(bytes, start, scanned);
    if (block.rows > 0) yield block;
    if (scanned.fault)
      throw this.#explain(
        scanned.fault,
        { bytes, line: this.#firstLine(bytes, start) },
        this.#width,
      );
    this.line += scanned.lines;
    this.consumed = scanned.end;
  }

  #block(bytes: Buffer, start: number, { offsets, rows, end }: Scanned): Block {
    const records = bytes.subarray(start, end);
    const ascii = isAscii(records);
    const line = this.#firstLine(bytes, start);
    if (!ascii && !isUtf8(records)) throw this.#notUtf8(bytes, end, line);
    return { bytes, offsets, rows, width: this.#width, line, ascii };
  }

  /** The line of a piece's first byte, which lies before `start` where the names stand in the piece. */
  #firstLine(bytes: Buffer, start: number): number {
    return this.line - (placeOf(this.#file, { bytes, line: 1 }, start).line! - 1);
  }

  #scanning(final: boolean): {
    dialect: Dialect;
    width: number;
    final: boolean;
    fill: boolean;
  } {
    const fill = this.#options.ragged === "fill";
    return { dialect: this.#dialect!, width: this.#width, final, fill };
  }

  #detect(head: Buffer, final: boolean): Dialect {
    const { delimiter } = this.#options;
    if (delimiter !== undefined)
      return { delimiter: asciiByte("delimiter", delimiter), quote: this.#quote };
    const preamble = /^sep=(.)\r?\n/.exec(head.toString("latin1", 0, 8));
    if (preamble) return { delimiter: preamble[1]!.charCodeAt(0), quote: this.#quote };
    const some = head.subarray(0, firstSize);
    const complete = final && some.length === head.length;
    return { delimiter: detectDelimiter(some, this.#quote, complete), quote: this.#quote };
  }

  #explain(fault: Fault, block: Pick<Block, "bytes" | "line">, width: number): ConnError {
    const location = placeOf(this.#file, block, fault.at);
    const where = `${this.#file}, line ${location.line}`;
    switch (fault.kind) {
      case "short":
        return new ConnError(
          "CONN_FORMAT",
          `${where}: ${count(fault.cells)}, where the table has ${count(width, "column")}.`,
          { location, hint: 'Mend the line, or read short lines as nulls: { ragged: "fill" }.' },
        );
      case "long":
        return new ConnError(
          "CONN_FORMAT",
          `${where}: ${count(fault.cells)}, where the table has ${count(width, "column")}.`,
          {
            location,
            hint: "Put the cell that holds the delimiter into quotes, or give another `delimiter`.",
          },
        );
      case "quote":
        return new ConnError("CONN_FORMAT", `${where}: text behind a cell's closing quote.`, {
          location,
          hint: 'Double the quotes inside of the cell, or let quotes mean nothing: { quote: "" }.',
        });
      case "open":
        return new ConnError("CONN_FORMAT", `${where}: a quote opens and never closes.`, {
          location,
          hint: 'Close it, or let quotes mean nothing: { quote: "" }. The file may be cut off.',
        });
    }
  }

  #notUtf8(bytes: Buffer, end: number, line: number): ConnError {
    // Line ends are never part of a character, so the first line that fails holds the fault.
    let at = 0;
    for (let next = 0; at < end && isUtf8(bytes.subarray(at, next));) {
      at = next;
      next = bytes.indexOf(10, at) + 1 || end;
    }
    return new ConnError("CONN_FORMAT", `${this.#file} is no UTF-8 text.`, {
      location: placeOf(this.#file, { bytes, line }, at),
      hint: 'Say what it is: { encoding: "windows-1252" } suits most files of Excel in Europe and America.',
    });
  }
}

function count(cells: number, noun = "cell"): string {
  return `${cells} ${noun}${cells === 1 ? "" : "s"}`;
}

function asciiByte(option: string, text: string): number {
  const byte = text.charCodeAt(0);
  if (text.length === 1 && byte < 128 && byte !== 10 && byte !== 13) return byte;
  throw new ConnError("CONN_ARGUMENT", `\`${option}\` is to be one ASCII character.`);
}

/** Names that occur once keep their name; of equal ones the second becomes `name_2`. */
function unique(names: readonly string[]): string[] {
  const taken = new Set(names);
  const seen = new Set<string>();
  return names.map((name) => {
    let free = name;
    for (let number = 2; seen.has(free) || (free !== name && taken.has(free)); number++)
      free = `${name}_${number}`;
    seen.add(free);
    return free;
  });
}
