import type { ColumnChunk } from "@conn/core";
import type { Batch } from "../columns.ts";
import type { Filler } from "../fill.ts";
import {
  type Cells,
  fillBooleans,
  fillFloats,
  fillInstants,
  fillIntegers,
  numberAt,
} from "./text-cells.ts";
import { Texts } from "./texts.ts";
import { binaryCharset, type Field } from "./types.ts";

/** What mysql2 hands to those who read rows. It is the same object each time, and stands behind its header. */
export interface Packet {
  readonly buffer: Buffer;
  readonly offset: number;
  readonly end: number;
}

/** Cells of rows that are held at once, so that their places stay in the processor's cache. */
const mostCells = 8192;

/**
 * Rows of the text protocol as they stand in the packets: where each cell begins and ends. What a column
 * holds is read for many rows at once, and becomes no text that nobody wants.
 * https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_query_response_text_resultset_row.html
 */
export class TextRows implements Batch, Cells {
  length = 0;
  readonly width: number;
  bytes: Buffer = noBytes;
  places: Int32Array;
  readonly #ways: readonly Way[];
  readonly #mostRows: number;
  readonly #full: () => void;

  /** @param full Has to clear the batch: no more rows fit in. */
  constructor(ways: readonly Way[], full: () => void) {
    this.width = ways.length;
    this.#ways = ways;
    this.#full = full;
    this.#mostRows = Math.max(1, Math.floor(mostCells / ways.length));
    this.places = new Int32Array(2 * ways.length);
  }

  add({ buffer, offset, end }: Packet): void {
    // Rows that came in one piece share its memory.
    if (this.length > 0 && (buffer !== this.bytes || this.length === this.#mostRows)) this.#full();
    this.bytes = buffer;
    let place = 2 * this.width * this.length;
    if (place === this.places.length) this.#grow();
    const { places, width } = this;
    let at = offset;
    for (let column = 0; column < width; column++) {
      let size = buffer[at++]!;
      if (size === isNull) {
        places[place++] = -1;
        places[place++] = -1;
        continue;
      }
      if (size > isNull) {
        const bytes = size === 0xfc ? 2 : size === 0xfd ? 3 : 8;
        // No cell has more bytes than 32 bits can count.
        size = buffer.readUIntLE(at, Math.min(bytes, 6));
        at += bytes;
      }
      places[place++] = at;
      at += size;
      places[place++] = at;
    }
    if (at !== end) throw new RangeError("A row has other cells than its columns.");
    this.length++;
  }

  filled(index: number): ColumnChunk | undefined {
    const filler = this.#ways[index]!.filler?.(index, this.length);
    return filler?.fill(this, 0, this.length) ? filler.finish() : undefined;
  }

  cells(index: number): unknown[] {
    const { cell } = this.#ways[index]!;
    const { bytes, places, width } = this;
    const cells: unknown[] = [];
    for (let row = 0, place = 2 * index; row < this.length; row++, place += 2 * width) {
      const start = places[place]!;
      cells.push(start < 0 ? null : cell(bytes, start, places[place + 1]!));
    }
    return cells;
  }

  clear(): void {
    this.length = 0;
    this.bytes = noBytes;
  }

  #grow(): void {
    const places = new Int32Array(
      Math.min(this.places.length * 4, 2 * this.width * this.#mostRows),
    );
    places.set(this.places);
    this.places = places;
  }
}

const noBytes = Buffer.alloc(0);
const isNull = 0xfb;

/** How the cells of a column are read. */
interface Way {
  readonly filler?: (index: number, length: number) => Filler<Cells>;
  /** As mysql2 gives it under our settings. */
  readonly cell: (bytes: Buffer, start: number, end: number) => unknown;
}

/** How to read columns of these fields; undefined where one of them is better left to the driver. */
export function waysOf(fields: readonly Field[]): readonly Way[] | undefined {
  if (fields.length === 0) return undefined;
  const ways: Way[] = [];
  for (const field of fields) {
    const way = wayOf(field);
    if (!way) return undefined;
    ways.push(way);
  }
  return ways;
}

function wayOf(field: Field): Way | undefined {
  switch (field.columnType) {
    case 0x01:
      return { filler: field.columnLength === 1 ? fillBooleans : fillIntegers, cell: integerCell };
    case 0x02:
    case 0x03:
    case 0x08:
    case 0x09:
    case 0x0d:
      return { filler: fillIntegers, cell: integerCell };
    case 0x05:
      return { filler: fillFloats, cell: numberAt };
    case 0x07:
      return { filler: fillInstants, cell: asciiCell };
    case 0x00:
    case 0x0a:
    case 0x0b:
    case 0x0c:
    case 0xf6:
      return { cell: asciiCell };
    case 0x0f:
    case 0xf7:
    case 0xf8:
    case 0xf9:
    case 0xfa:
    case 0xfb:
    case 0xfc:
    case 0xfd:
    case 0xfe:
      if (field.characterSet === binaryCharset) return { cell: bytesCell };
      return field.encoding === "utf8" ? wayOfTexts() : undefined;
    case 0xf5:
      return wayOfTexts();
    default:
      return undefined;
  }
}

function wayOfTexts(): Way {
  const texts = new Texts();
  return { cell: (bytes, start, end) => texts.at(bytes, start, end) };
}

/** The text itself where a number does not hold the integer. */
function integerCell(bytes: Buffer, start: number, end: number): number | string {
  const text = asciiCell(bytes, start, end);
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : text;
}

function asciiCell(bytes: Buffer, start: number, end: number): string {
  return bytes.toString("latin1", start, end);
}

function bytesCell(bytes: Buffer, start: number, end: number): Buffer {
  return bytes.subarray(start, end);
}
