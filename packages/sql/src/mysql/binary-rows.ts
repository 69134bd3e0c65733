import {
  booleans,
  floats,
  integers,
  notePlace,
  type Numbers,
  PacketRows,
  type Way,
} from "./packet-rows.ts";
import {
  booleanOf,
  dateCell,
  datetimeCell,
  doubleOf,
  floatOf,
  instantOf,
  int16Of,
  int32Of,
  int64AsInt32,
  int64Of,
  int8Of,
  timeCell,
  uint16Of,
  uint32AsInt32,
  uint32Of,
  uint64AsInt32,
  uint64Of,
  uint8Of,
} from "./binary-cells.ts";
import { asciiWay, stringWay } from "./text-rows.ts";
import type { Field } from "./types.ts";

/** Rows of prepared statements: https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_binary_resultset.html */
export class BinaryRows extends PacketRows {
  protected override locate(bytes: Buffer, offset: number, from: number): number {
    const { places, ways } = this;
    // Behind a byte that is 0 stands a bit for each column, of which the first has the third.
    const nulls = offset + 1;
    let at = nulls + ((ways.length + 9) >> 3);
    for (let column = 0, place = from; column < ways.length; column++, place += 2) {
      const bit = column + 2;
      const { size } = ways[column]!;
      if ((bytes[nulls + (bit >> 3)]! >> (bit & 7)) & 1) places[place] = -1;
      else if (size === undefined) at = notePlace(bytes, at, places, place);
      else {
        places[place] = at;
        at += size;
        places[place + 1] = at;
      }
    }
    return at;
  }
}

/** How a column of this kind is read from a prepared statement's answer; undefined where it is better left to the driver. */
export function binaryWay(field: Field): Way | undefined {
  const unsigned = ((field.flags ?? 0) & unsignedFlag) !== 0;
  switch (field.columnType) {
    case 0x01:
      if (field.columnLength === 1) return unsigned ? unsignedBooleanWay : booleanWay;
      return unsigned ? uint8Way : int8Way;
    case 0x02:
      return unsigned ? uint16Way : int16Way;
    case 0x0d:
      return uint16Way;
    case 0x03:
    case 0x09:
      return unsigned ? uint32Way : int32Way;
    case 0x08:
      return unsigned ? uint64Way : int64Way;
    case 0x04:
      return floatWay;
    case 0x05:
      return doubleWay;
    case 0x07:
      return { numbers: instants, cell: datetimeCell(field.decimals) };
    case 0x0c:
      return { cell: datetimeCell(field.decimals) };
    case 0x0a:
      return { cell: dateCell };
    case 0x0b:
      return { cell: timeCell(field.decimals) };
    case 0x00:
    case 0xf6:
      return asciiWay;
    default:
      return stringWay(field);
  }
}

/** https://mariadb.com/kb/en/result-set-packets/#field-details-flag */
const unsignedFlag = 32;

function wayOf(size: number, cell: (bytes: Buffer, start: number) => number): Way {
  return { size, numbers: { memory: integers, read: cell }, cell };
}

/** Of more bits than the memory has. */
function wideWay(size: number, read: Numbers["read"], cell: Way["cell"]): Way {
  return { size, numbers: { memory: integers, read }, cell };
}

const int8Way = wayOf(1, int8Of);
const uint8Way = wayOf(1, uint8Of);
const bits: Numbers = { memory: booleans, read: booleanOf };
const booleanWay: Way = { ...int8Way, numbers: bits };
const unsignedBooleanWay: Way = { ...uint8Way, numbers: bits };
const int16Way = wayOf(2, int16Of);
const uint16Way = wayOf(2, uint16Of);
const int32Way = wayOf(4, int32Of);
const uint32Way = wideWay(4, uint32AsInt32, uint32Of);
const int64Way = wideWay(8, int64AsInt32, int64Of);
const uint64Way = wideWay(8, uint64AsInt32, uint64Of);
const floatWay: Way = { size: 4, numbers: { memory: floats, read: floatOf }, cell: floatOf };
const doubleWay: Way = { size: 8, numbers: { memory: floats, read: doubleOf }, cell: doubleOf };
const instants: Numbers = { memory: floats, read: instantOf };
