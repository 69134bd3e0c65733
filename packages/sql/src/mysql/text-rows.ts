import {
  booleans,
  floats,
  integers,
  isNull,
  notePlace,
  PacketRows,
  type Numbers,
  type Way,
} from "./packet-rows.ts";
import {
  asciiText,
  booleanOf,
  bytesOf,
  floatOf,
  instantOf,
  int32Of,
  integerOf,
  numberOf,
  utf8Text,
} from "./text-cells.ts";
import { binaryCharset, type Field } from "./types.ts";

/** Rows of the text protocol: https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_query_response_text_resultset_row.html */
export class TextRows extends PacketRows {
  protected override locate(bytes: Buffer, offset: number, from: number): number {
    const { places } = this;
    const to = from + 2 * this.ways.length;
    let at = offset;
    for (let place = from; place < to; place += 2) {
      if (bytes[at] === isNull) {
        places[place] = -1;
        at++;
      } else at = notePlace(bytes, at, places, place);
    }
    return at;
  }
}

/** How a column of this kind is read as text; undefined where it is better left to the driver. */
export function textWay(field: Field): Way | undefined {
  switch (field.columnType) {
    case 0x01:
      return field.columnLength === 1 ? booleanWay : integerWay;
    case 0x02:
    case 0x03:
    case 0x08:
    case 0x09:
    case 0x0d:
      return integerWay;
    case 0x05:
      return floatWay;
    case 0x07:
      return instantWay;
    case 0x00:
    case 0x0a:
    case 0x0b:
    case 0x0c:
    case 0xf6:
      return asciiWay;
    default:
      return stringWay(field);
  }
}

/** Texts and bytes, which come the same way in both protocols. */
export function stringWay({ columnType, characterSet, encoding }: Field): Way | undefined {
  switch (columnType) {
    case 0x0f:
    case 0xf7:
    case 0xf8:
    case 0xf9:
    case 0xfa:
    case 0xfb:
    case 0xfc:
    case 0xfd:
    case 0xfe:
      if (characterSet === binaryCharset) return bytesWay;
      return encoding === "utf8" ? utf8Way : undefined;
    case 0xf5:
      return utf8Way;
    default:
      return undefined;
  }
}

/** Whole numbers, of which 32 bits hold most. */
const int32s: Numbers = { memory: integers, read: int32Of };
const integerWay: Way = { numbers: int32s, cell: integerOf };
const booleanWay: Way = { numbers: { memory: booleans, read: booleanOf }, cell: integerOf };
const floatWay: Way = { numbers: { memory: floats, read: floatOf }, cell: numberOf };
const instantWay: Way = { numbers: { memory: floats, read: instantOf }, cell: asciiText };
export const asciiWay: Way = { cell: asciiText };
const bytesWay: Way = { cell: bytesOf };
const utf8Way: Way = { cell: utf8Text };
