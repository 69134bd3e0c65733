import { Reader } from "./bytes.ts";

/** What a server says of encryption before the login: [MS-TDS] 2.2.6.5. */
export const encryption = { off: 0x00, on: 0x01, none: 0x02, required: 0x03 } as const;

const option = { version: 0x00, encryption: 0x01, instance: 0x02, thread: 0x03, mars: 0x04 };
const terminator = 0xff;

/** What the client says of encryption. */
export function readPrelogin(body: Buffer): number {
  for (let at = 0; at + 5 <= body.length && body[at] !== terminator; at += 5)
    if (body[at] === option.encryption) return body[body.readUInt16BE(at + 1)]!;
  return encryption.none;
}

export function writePrelogin(encrypts: number): Buffer {
  const options: [number, number[]][] = [
    [option.version, [16, 0, 0x10, 0, 0, 0]],
    [option.encryption, [encrypts]],
    [option.instance, [0]],
    [option.thread, []],
    [option.mars, [0]],
  ];
  const head = Buffer.alloc(options.length * 5 + 1, terminator);
  const bodies: Buffer[] = [];
  let offset = head.length;
  for (const [index, [token, data]] of options.entries()) {
    head[index * 5] = token;
    head.writeUInt16BE(offset, index * 5 + 1);
    head.writeUInt16BE(data.length, index * 5 + 3);
    bodies.push(Buffer.from(data));
    offset += data.length;
  }
  return Buffer.concat([head, ...bodies]);
}

export interface Login {
  readonly user: string;
  readonly password: string;
  readonly database: string;
  readonly packetSize: number;
}

/** The fixed part of LOGIN7 names where each text stands: [MS-TDS] 2.2.6.4. */
export function readLogin(body: Buffer): Login {
  const field = (at: number): Buffer => {
    const start = body.readUInt16LE(at);
    return body.subarray(start, start + body.readUInt16LE(at + 2) * 2);
  };
  // Not encrypted: each byte's halves are swapped and some bits turned.
  const password = field(44).map((byte) => {
    const turned = byte ^ 0xa5;
    return ((turned << 4) | (turned >> 4)) & 0xff;
  });
  const asked = body.readUInt32LE(8);
  return {
    user: field(40).toString("utf16le"),
    password: Buffer.from(password).toString("utf16le"),
    database: field(68).toString("utf16le"),
    packetSize: asked < 512 || asked > 32_767 ? 4096 : asked,
  };
}

/** The length of the headers that stand before a statement. */
export function headersLength(body: Buffer): number {
  return new Reader(body).uint32();
}
