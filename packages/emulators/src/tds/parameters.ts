import {
  BIGINT,
  BLOB,
  BOOLEAN,
  DATE,
  DECIMAL,
  DOUBLE,
  DuckDBBlobValue,
  DuckDBDateValue,
  DuckDBDecimalValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  DuckDBTimeValue,
  type DuckDBType,
  type DuckDBValue,
  INTEGER,
  TIME,
  TIMESTAMP,
  TIMESTAMPTZ,
  UUID,
  VARCHAR,
} from "@duckdb/node-api";
import type { Reader } from "./bytes.ts";
import { daysTo1970 } from "./columns.ts";

/** A parameter of a call, as DuckDB takes it. */
export interface Parameter {
  /** Without its `@`. */
  readonly name: string;
  readonly type: DuckDBType;
  readonly value: DuckDBValue;
}

type Typed = Pick<Parameter, "type" | "value">;

const microsADay = 86_400_000_000n;
const unsized = 0xffff;
const nothing = 0xffff_ffff_ffff_ffffn;

export function readParameter(reader: Reader): Parameter {
  const name = reader.shortText().replace(/^@/, "");
  reader.uint8();
  return { name, ...readValue(reader) };
}

/** A value behind its type: [MS-TDS] 2.2.5.4 and 2.2.5.5. */
function readValue(reader: Reader): Typed {
  const type = reader.uint8();
  switch (type) {
    case 0x1f:
      return { type: INTEGER, value: null };
    case 0x24: {
      reader.uint8();
      return typed(UUID, bytesOf(reader), (bytes) => uuidText(bytes));
    }
    case 0x26: {
      const kind = reader.uint8() === 8 ? BIGINT : INTEGER;
      return typed(kind, bytesOf(reader), (bytes) =>
        bytes.length === 8
          ? bytes.readBigInt64LE()
          : bytes.length === 1
            ? bytes.readUInt8()
            : bytes.readIntLE(0, bytes.length),
      );
    }
    case 0x38:
      return { type: INTEGER, value: reader.int32() };
    case 0x68: {
      reader.uint8();
      return typed(BOOLEAN, bytesOf(reader), (bytes) => bytes[0] !== 0);
    }
    case 0x6d: {
      reader.uint8();
      return typed(DOUBLE, bytesOf(reader), (bytes) =>
        bytes.length === 4 ? bytes.readFloatLE() : bytes.readDoubleLE(),
      );
    }
    case 0x6a:
    case 0x6c: {
      reader.uint8();
      const [precision, scale] = [reader.uint8(), reader.uint8()];
      return typed(DECIMAL(precision, scale), bytesOf(reader), (bytes) => {
        const digits = bigOf(bytes.subarray(1));
        return new DuckDBDecimalValue(bytes[0] === 0 ? -digits : digits, precision, scale);
      });
    }
    case 0x28:
      return typed(DATE, bytesOf(reader), (bytes) => new DuckDBDateValue(daysOf(bytes)));
    case 0x29: {
      const scale = reader.uint8();
      return typed(TIME, bytesOf(reader), (bytes) => new DuckDBTimeValue(microsOf(bytes, scale)));
    }
    case 0x2a: {
      const scale = reader.uint8();
      return typed(
        TIMESTAMP,
        bytesOf(reader),
        (bytes) => new DuckDBTimestampValue(momentOf(bytes, scale)),
      );
    }
    case 0x2b: {
      const scale = reader.uint8();
      return typed(
        TIMESTAMPTZ,
        bytesOf(reader),
        (bytes) => new DuckDBTimestampTZValue(momentOf(bytes.subarray(0, -2), scale)),
      );
    }
    case 0xa5:
    case 0xad:
      return typed(BLOB, longBytes(reader, reader.uint16()), (bytes) => new DuckDBBlobValue(bytes));
    case 0xa7:
    case 0xaf: {
      const length = reader.uint16();
      reader.take(5);
      return typed(VARCHAR, longBytes(reader, length), (bytes) => bytes.toString("latin1"));
    }
    case 0xe7:
    case 0xef: {
      const length = reader.uint16();
      reader.take(5);
      return typed(VARCHAR, longBytes(reader, length), (bytes) => bytes.toString("utf16le"));
    }
    default:
      throw new Error(`The emulator knows no parameter of type 0x${type.toString(16)}.`);
  }
}

function typed(
  type: DuckDBType,
  bytes: Buffer | undefined,
  read: (bytes: Buffer) => DuckDBValue,
): Typed {
  return { type, value: bytes === undefined ? null : read(bytes) };
}

function bytesOf(reader: Reader): Buffer | undefined {
  const length = reader.uint8();
  return length === 0 ? undefined : reader.take(length);
}

/** Bytes behind a length of two bytes or, where the type has no bound, in parts. */
function longBytes(reader: Reader, bound: number): Buffer | undefined {
  if (bound !== unsized) {
    const length = reader.uint16();
    return length === 0xffff ? undefined : Buffer.from(reader.take(length));
  }
  if (reader.uint64() === nothing) return undefined;
  const parts: Buffer[] = [];
  for (let length = reader.uint32(); length > 0; length = reader.uint32())
    parts.push(Buffer.from(reader.take(length)));
  return Buffer.concat(parts);
}

function daysOf(bytes: Buffer): number {
  return bytes.readUIntLE(0, 3) - daysTo1970;
}

/** The scale says how many digits of a second the count has. */
function microsOf(bytes: Buffer, scale: number): bigint {
  const count = bigOf(bytes);
  return scale > 6 ? count / 10n ** BigInt(scale - 6) : count * 10n ** BigInt(6 - scale);
}

function momentOf(bytes: Buffer, scale: number): bigint {
  const days = daysOf(bytes.subarray(-3));
  return BigInt(days) * microsADay + microsOf(bytes.subarray(0, -3), scale);
}

function bigOf(bytes: Buffer): bigint {
  return bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
}

function uuidText(bytes: Buffer): string {
  const copy = Buffer.from(bytes);
  copy.subarray(0, 4).reverse();
  copy.subarray(4, 6).reverse();
  copy.subarray(6, 8).reverse();
  return copy.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
