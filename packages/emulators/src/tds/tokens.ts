import { Writer } from "./bytes.ts";
import type { WireColumn } from "./columns.ts";

/** The parts of a reply: [MS-TDS] 2.2.7. */

export const done = { batch: 0xfd, procedure: 0xfe, statement: 0xff } as const;
export const doneStatus = { more: 0x01, error: 0x02, count: 0x10, attention: 0x20 } as const;

/** Latin1_General_CI_AS, in its five bytes. */
export const collation: readonly number[] = [0x09, 0x04, 0xd0, 0x00, 0x34];

export function doneToken(token: number, status: number, count = 0n): Buffer {
  return new Writer().uint8(token).uint16(status).uint16(0).uint64(count).finish();
}

export function errorToken(number: number, message: string, severity: number): Buffer {
  const body = new Writer()
    .int32(number)
    .uint8(1)
    .uint8(severity)
    .longText(message.slice(0, 4000))
    .shortText("emulator")
    .shortText("")
    .uint32(1)
    .finish();
  return new Writer().uint8(0xaa).uint16(body.length).bytes(body).finish();
}

export const change = {
  database: 1,
  language: 2,
  packetSize: 4,
  collation: 7,
  begin: 8,
  commit: 9,
  rollback: 10,
} as const;

export function changeToken(type: number, now: string | Buffer, before: string | Buffer): Buffer {
  const body = new Writer().uint8(type);
  for (const value of [now, before]) {
    if (typeof value === "string") body.shortText(value);
    else body.uint8(value.length).bytes(value);
  }
  const bytes = body.finish();
  return new Writer().uint8(0xe3).uint16(bytes.length).bytes(bytes).finish();
}

export function loginToken(): Buffer {
  const body = new Writer()
    .uint8(1)
    .bytes([0x74, 0, 0, 4])
    .shortText("Microsoft SQL Server")
    .bytes([16, 0, 0x10, 0])
    .finish();
  return new Writer().uint8(0xad).uint16(body.length).bytes(body).finish();
}

export function returnStatus(): Buffer {
  return new Writer().uint8(0x79).int32(0).finish();
}

/** The handle of a prepared statement, as the value of a procedure's parameter. */
export function handleToken(handle: number): Buffer {
  return new Writer()
    .uint8(0xac)
    .uint16(0)
    .shortText("@handle")
    .uint8(1)
    .uint32(0)
    .uint16(0)
    .bytes([0x26, 4, 4])
    .int32(handle)
    .finish();
}

export function columnsToken(columns: readonly WireColumn[]): Buffer {
  const token = new Writer().uint8(0x81).uint16(columns.length);
  for (const { name, type } of columns)
    token.uint32(0).uint16(0x09).bytes(type.info).shortText(name);
  return token.finish();
}

/** Rows whose cells are all there go as ROW, others as NBCROW with a bit for each that is not. */
export function rowToken(columns: readonly WireColumn[], cells: readonly unknown[]): Buffer {
  if (!cells.includes(null)) {
    return Buffer.concat([
      Buffer.from([0xd1]),
      ...cells.map((cell, index) => columns[index]!.type.write(cell)),
    ]);
  }
  const missing = Buffer.alloc(Math.ceil(columns.length / 8));
  const bytes = cells.flatMap((cell, index) => {
    if (cell !== null) return [columns[index]!.type.write(cell)];
    missing[index >> 3]! |= 1 << (index & 7);
    return [];
  });
  return Buffer.concat([Buffer.from([0xd2]), missing, ...bytes]);
}
