/** The bytes that shape a file; `quote` is -1 where there is none. */
export interface Dialect {
  readonly delimiter: number;
  readonly quote: number;
}

/** Complete records of a file, with the place of each cell. */
export interface Block {
  readonly bytes: Buffer;
  /** Start and end of each cell, row by row; the end of a quoted cell is inverted (`~end`). */
  readonly offsets: Int32Array;
  readonly rows: number;
  /** Cells of each row. */
  readonly width: number;
  /** The file's line, counted from 1, in which the block's first byte stands. */
  readonly line: number;
  /** Whether bytes are characters. */
  readonly ascii: boolean;
}

export interface Fault {
  readonly kind: "short" | "long" | "quote" | "open";
  /** Where in the block. */
  readonly at: number;
  /** The cells that the record has. */
  readonly cells: number;
}

/** What scanning found; `fault` ends it early. */
export interface Scanned {
  readonly offsets: Int32Array;
  readonly rows: number;
  /** Cells of each record: the first one's, where none was given. */
  readonly width: number;
  /** Where the first incomplete record starts. */
  readonly end: number;
  /** Line ends up to there. */
  readonly lines: number;
  /** Whether the incomplete record is inside of quotes. */
  readonly fault: Fault | undefined;
}

export interface ScanOptions {
  readonly dialect: Dialect;
  /** Cells that each record must have; 0 takes the first record's number. */
  readonly width: number;
  /** Whether the bytes end the file, so that the last record needs no line end. */
  readonly final: boolean;
  /** Whether cells that lack at the end of a record are null. */
  readonly fill: boolean;
  readonly maxRows: number;
}

const LF = 10;
const CR = 13;

/**
 * Finds the cells of all complete records between `start` and `end`. Doubled quotes are undone in place,
 * so the bytes must be the caller's own. `bytes[end]` must exist: a line end is put there.
 */
export function scan(bytes: Buffer, start: number, end: number, options: ScanOptions): Scanned {
  const { delimiter, quote } = options.dialect;
  const { final, fill, maxRows } = options;
  let { width } = options;
  let offsets: Int32Array = new Int32Array(Math.max(64, ((end - start) >> 2) & ~1));
  const escaped: number[] = [];
  const stops = new Uint8Array(256);
  stops[delimiter] = 1;
  stops[LF] = 1;
  stops[CR] = 1;
  bytes[end] = LF;

  let at = start;
  let record = start;
  let count = 0;
  let complete = 0;
  let rows = 0;
  let lines = 0;
  let linesInside = 0;
  let fault: Fault | undefined;
  while (at < end && rows < maxRows) {
    if (count + 2 > offsets.length) offsets = grown(offsets);
    if (bytes[at] === quote) {
      const opened = at;
      let doubled = false;
      let byte = 0;
      for (at++; ; at++) {
        while ((byte = bytes[at]!) !== quote && byte !== LF) at++;
        if (byte === LF) {
          if (at >= end) break;
          linesInside++;
        } else if (bytes[at + 1] === quote && at + 1 < end) {
          doubled = true;
          at++;
        } else break;
      }
      if (at >= end) {
        if (final) fault = { kind: "open", at: opened, cells: count - complete };
        break;
      }
      if (doubled) escaped.push(count);
      offsets[count++] = opened + 1;
      offsets[count++] = ~at;
      at++;
      if (stops[bytes[at]!] === 0) {
        fault = { kind: "quote", at, cells: count - complete };
        break;
      }
    } else {
      offsets[count++] = at;
      while (stops[bytes[at]!] === 0) at++;
      offsets[count++] = at;
    }
    if (at >= end && !final) break;
    if (bytes[at] === delimiter && at < end) {
      at++;
      if (at < end) continue;
      if (!final) break;
      // The file ends with a delimiter: one more cell, and it is empty.
      if (count + 2 > offsets.length) offsets = grown(offsets);
      offsets[count++] = at;
      offsets[count++] = at;
    }
    if (bytes[at] === CR && at < end) {
      // Whether a line feed follows is not known yet.
      if (at + 1 >= end && !final) break;
      at += bytes[at + 1] === LF ? 2 : 1;
    } else at++;
    const cells = (count - complete) >> 1;
    // A quoted cell's end is inverted, so that `""` is a record and a blank line is none.
    const blank = cells === 1 && offsets[complete] === offsets[complete + 1];
    if (width === 0 && !blank) width = cells;
    if (blank) {
      count = complete;
    } else if (cells === width) {
      complete = count;
      rows++;
    } else if (cells < width && fill) {
      while ((width << 1) + complete > offsets.length) offsets = grown(offsets);
      offsets.fill(record, count, complete + (width << 1));
      count = complete += width << 1;
      rows++;
    } else {
      const first = offsets[complete + (cells > width ? width << 1 : count - complete - 2)]!;
      fault = { kind: cells < width ? "short" : "long", at: first, cells };
      break;
    }
    lines += 1 + linesInside;
    linesInside = 0;
    record = at;
  }
  for (const index of escaped) if (index < complete) undouble(bytes, offsets, index, quote);
  return { offsets, rows, width, end: Math.min(record, end), lines, fault };
}

function grown(offsets: Int32Array): Int32Array {
  const larger = new Int32Array(offsets.length * 2);
  larger.set(offsets);
  return larger;
}

/** Takes one of each two quotes out of a cell, and lets quotes stand in the place that this leaves. */
function undouble(bytes: Buffer, offsets: Int32Array, index: number, quote: number): void {
  const end = ~offsets[index + 1]!;
  let to = offsets[index]!;
  for (let from = to; from < end; from++) {
    const byte = bytes[from]!;
    bytes[to++] = byte;
    if (byte === quote) from++;
  }
  offsets[index + 1] = ~to;
  bytes.fill(quote, to, end);
}
