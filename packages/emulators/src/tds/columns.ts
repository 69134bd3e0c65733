import type {
  DuckDBBlobValue,
  DuckDBDateValue,
  DuckDBDecimalValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  DuckDBTimeValue,
  DuckDBType,
} from "@duckdb/node-api";
import { Writer } from "./bytes.ts";
import { collation } from "./tokens.ts";

export interface WireType {
  /** TYPE_INFO: [MS-TDS] 2.2.5.6. */
  readonly info: readonly number[];
  /** A cell with its length before it. */
  readonly write: (cell: unknown) => Buffer;
}

export interface WireColumn {
  readonly name: string;
  readonly type: WireType;
}

/** Days from the first of January of year 1, where SQL Server counts from, to that of 1970. */
export const daysTo1970 = 719_162;
const microsADay = 86_400_000_000n;
/** DuckDB has six digits of a second. */
const scale = 6;

/** How DuckDB's columns go over the wire as those of SQL Server. */
export function wireType(type: DuckDBType): WireType {
  const name = String(type);
  const decimal = /^DECIMAL\((\d+),(\d+)\)$/.exec(name);
  if (decimal) return decimalType(Number(decimal[1]), Number(decimal[2]));
  switch (name) {
    case "BOOLEAN":
      return { info: [0x68, 1], write: (cell) => Buffer.from([1, cell ? 1 : 0]) };
    case "UTINYINT":
      return integerType(1);
    case "TINYINT":
    case "SMALLINT":
      return integerType(2);
    case "USMALLINT":
    case "INTEGER":
      return integerType(4);
    case "UINTEGER":
    case "BIGINT":
      return integerType(8);
    case "HUGEINT":
    case "UBIGINT":
      return decimalType(38, 0);
    case "FLOAT":
      return {
        info: [0x6d, 4],
        write: (cell) => sized(4, (at) => at.writeFloatLE(cell as number)),
      };
    case "DOUBLE":
      return {
        info: [0x6d, 8],
        write: (cell) => sized(8, (at) => at.writeDoubleLE(cell as number)),
      };
    case "DATE":
      return {
        info: [0x28],
        write: (cell) => withLength(dayBytes((cell as DuckDBDateValue).days)),
      };
    case "TIME":
      return {
        info: [0x29, scale],
        write: (cell) => withLength(timeBytes((cell as DuckDBTimeValue).micros)),
      };
    case "TIMESTAMP":
      return {
        info: [0x2a, scale],
        write: (cell) => withLength(momentBytes((cell as DuckDBTimestampValue).micros)),
      };
    case "TIMESTAMP WITH TIME ZONE":
      return {
        info: [0x2b, scale],
        write: (cell) =>
          withLength(
            Buffer.concat([momentBytes((cell as DuckDBTimestampTZValue).micros), Buffer.alloc(2)]),
          ),
      };
    case "UUID":
      return { info: [0x24, 16], write: (cell) => withLength(uuidBytes(String(cell))) };
    case "BLOB":
      return {
        info: [0xa5, 0xff, 0xff],
        write: (cell) => inParts(Buffer.from((cell as DuckDBBlobValue).bytes)),
      };
    default:
      return {
        info: [0xe7, 0xff, 0xff, ...collation],
        write: (cell) => inParts(Buffer.from(String(cell), "utf16le")),
      };
  }
}

function integerType(length: 1 | 2 | 4 | 8): WireType {
  return {
    info: [0x26, length],
    write: (cell) =>
      sized(length, (at) => {
        if (length === 8) at.writeBigInt64LE(BigInt(cell as number | bigint));
        else if (length === 1) at.writeUInt8(Number(cell));
        else at.writeIntLE(Number(cell), 0, length);
      }),
  };
}

/** A sign and the digits without their point: [MS-TDS] 2.2.5.5.1.6. */
function decimalType(precision: number, digits: number): WireType {
  const length = precision <= 9 ? 5 : precision <= 19 ? 9 : precision <= 28 ? 13 : 17;
  return {
    info: [0x6a, length, precision, digits],
    write: (cell) =>
      sized(length, (at) => {
        const value = typeof cell === "bigint" ? cell : (cell as DuckDBDecimalValue).value;
        at[0] = value < 0n ? 0 : 1;
        let rest = value < 0n ? -value : value;
        for (let index = 1; index < length; index++, rest >>= 8n) at[index] = Number(rest & 0xffn);
      }),
  };
}

function sized(length: number, fill: (bytes: Buffer) => void): Buffer {
  const bytes = Buffer.alloc(length);
  fill(bytes);
  return withLength(bytes);
}

function withLength(bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from([bytes.length]), bytes]);
}

/** A value of any length: the whole, a part with its length, and the end. */
function inParts(bytes: Buffer): Buffer {
  const writer = new Writer().uint64(bytes.length);
  if (bytes.length > 0) writer.uint32(bytes.length).bytes(bytes);
  return writer.uint32(0).finish();
}

function dayBytes(days: number): Buffer {
  const bytes = Buffer.alloc(3);
  bytes.writeUIntLE(days + daysTo1970, 0, 3);
  return bytes;
}

function timeBytes(micros: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(micros);
  return bytes.subarray(0, 5);
}

function momentBytes(micros: bigint): Buffer {
  const time = ((micros % microsADay) + microsADay) % microsADay;
  return Buffer.concat([timeBytes(time), dayBytes(Number((micros - time) / microsADay))]);
}

/** The first three groups have their lowest byte first. */
function uuidBytes(text: string): Buffer {
  const bytes = Buffer.from(text.replaceAll("-", ""), "hex");
  bytes.subarray(0, 4).reverse();
  bytes.subarray(4, 6).reverse();
  bytes.subarray(6, 8).reverse();
  return bytes;
}
