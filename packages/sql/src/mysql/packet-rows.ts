import type { ColumnChunk } from "@conn/core";
import type { Batch } from "../columns.ts";
import { type Filled, withNull } from "../fill.ts";
import { Texts } from "./texts.ts";

/** What mysql2 hands to those who read an answer. It is the same object each time, and stands behind its header. */
export interface Packet {
  readonly buffer: Buffer;
  readonly offset: number;
  readonly end: number;
  /** Whether it is the end of columns, or of rows. */
  isEOF(): boolean;
}

/** How the cells of a column are read from where they stand. */
export interface Way {
  /** Bytes of a cell; undefined where each says its own length. */
  readonly size?: number | undefined;
  readonly numbers?: Numbers | undefined;
  /** As mysql2 gives it under our settings. */
  readonly cell: (bytes: Buffer, start: number, end: number, texts?: Texts) => unknown;
}

/** Cells that go straight into the memory of a table. */
export interface Numbers {
  readonly memory: (length: number) => Filled["values"];
  /** NaN where it is none that fits into the memory. */
  readonly read: (bytes: Buffer, start: number, end: number) => number;
}

/** Cells of rows that are held at once, so that their places stay in the processor's cache. */
const mostCells = 8192;

/**
 * Rows as they stand in the packets: where each cell begins and ends. What a column holds is read for
 * many rows at once, and becomes no text that nobody wants.
 */
export abstract class PacketRows implements Batch {
  length = 0;
  /** Row by row, and in it cell by cell, the first byte and that behind the last; -1 for NULL. */
  protected places: Int32Array;
  protected readonly ways: readonly Way[];
  #bytes: Buffer = noBytes;
  readonly #mostRows: number;
  readonly #full: () => void;
  readonly #texts: Texts[] = [];

  /** @param full Has to clear the batch: no more rows fit in. */
  constructor(ways: readonly Way[], full: () => void) {
    this.ways = ways;
    this.#full = full;
    this.#mostRows = Math.max(1, Math.floor(mostCells / ways.length));
    this.places = new Int32Array(2 * ways.length);
  }

  /** Notes where a row's cells stand, from `place` on; gives the first byte behind them. */
  protected abstract locate(bytes: Buffer, offset: number, place: number): number;

  /** @throws RangeError for a row that has other cells than there are columns. */
  add({ buffer, offset, end }: Packet): void {
    // Rows that came in one piece share its memory.
    if (this.length > 0 && (buffer !== this.#bytes || this.length === this.#mostRows)) this.#full();
    this.#bytes = buffer;
    const place = 2 * this.ways.length * this.length;
    if (place === this.places.length) this.#grow();
    if (this.locate(buffer, offset, place) !== end)
      throw new RangeError("A row has other cells than its columns.");
    this.length++;
  }

  filled(index: number): ColumnChunk | undefined {
    const { numbers } = this.ways[index]!;
    if (!numbers) return undefined;
    const { places, length } = this;
    const bytes = this.#bytes;
    const { read } = numbers;
    const values = numbers.memory(length);
    let valid: Uint8Array | undefined;
    const width = 2 * this.ways.length;
    for (let row = 0, place = 2 * index; row < length; row++, place += width) {
      const start = places[place]!;
      if (start < 0) valid = withNull(valid, row, length);
      else {
        const value = read(bytes, start, places[place + 1]!);
        if (Number.isNaN(value)) return undefined;
        values[row] = value;
      }
    }
    return { values, valid };
  }

  cells(index: number): unknown[] {
    const { cell } = this.ways[index]!;
    const { places } = this;
    const bytes = this.#bytes;
    const texts = this.length < many ? undefined : (this.#texts[index] ??= new Texts());
    const width = 2 * this.ways.length;
    const cells: unknown[] = [];
    for (let row = 0, place = 2 * index; row < this.length; row++, place += width) {
      const start = places[place]!;
      cells.push(start < 0 ? null : cell(bytes, start, places[place + 1]!, texts));
    }
    return cells;
  }

  clear(): void {
    this.length = 0;
    this.#bytes = noBytes;
  }

  #grow(): void {
    const width = 2 * this.ways.length;
    const places = new Int32Array(Math.min(this.places.length * 4, width * this.#mostRows));
    places.set(this.places);
    this.places = places;
  }
}

const noBytes = Buffer.alloc(0);

/** From so many rows on it pays to remember texts. */
const many = 64;

/** Notes where a cell stands that says its own length, in one to nine bytes; gives the first byte behind it. */
export function notePlace(bytes: Buffer, at: number, places: Int32Array, place: number): number {
  let start = at + 1;
  let size = bytes[at]!;
  if (size > isNull) {
    const more = size === 0xfc ? 2 : size === 0xfd ? 3 : 8;
    // No cell has more bytes than 48 bits can count.
    size = bytes.readUIntLE(start, Math.min(more, 6));
    start += more;
  }
  places[place] = start;
  places[place + 1] = start + size;
  return start + size;
}

/** In the place of a length: there is no cell. */
export const isNull = 0xfb;

export function integers(length: number): Int32Array {
  return new Int32Array(length);
}

export function floats(length: number): Float64Array {
  return new Float64Array(length);
}

export function booleans(length: number): Uint8Array {
  return new Uint8Array(length);
}
