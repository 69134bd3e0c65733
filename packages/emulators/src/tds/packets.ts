/** Kinds of messages, in the first byte of each packet: [MS-TDS] 2.2.3.1.1. */
export const messageType = {
  batch: 0x01,
  rpc: 0x03,
  reply: 0x04,
  attention: 0x06,
  transaction: 0x0e,
  login: 0x10,
  prelogin: 0x12,
} as const;

export interface Message {
  readonly type: number;
  readonly body: Buffer;
  /** The connection shall forget everything before it does this. */
  readonly reset: boolean;
  /** The sender broke off: what was sent shall not be run. */
  readonly ignore: boolean;
}

const header = 8;
const last = 0x01;
const ignored = 0x02;
const resets = 0x08 | 0x10;

/** Puts the packets of messages together, whatever pieces the network delivers them in. */
export class PacketReader {
  #rest: Buffer = Buffer.alloc(0);
  #bodies: Buffer[] = [];
  #reset = false;

  read(chunk: Buffer): Message[] {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const messages: Message[] = [];
    while (this.#rest.length >= header) {
      const length = this.#rest.readUInt16BE(2);
      if (length < header) throw new Error("A packet is shorter than its header.");
      if (this.#rest.length < length) break;
      const [type, status] = [this.#rest[0]!, this.#rest[1]!];
      this.#bodies.push(this.#rest.subarray(header, length));
      this.#reset ||= (status & resets) !== 0;
      this.#rest = this.#rest.subarray(length);
      if ((status & last) === 0) continue;
      messages.push({
        type,
        body: Buffer.concat(this.#bodies),
        reset: this.#reset,
        ignore: (status & ignored) !== 0,
      });
      this.#bodies = [];
      this.#reset = false;
    }
    return messages;
  }
}

/** One packet: who sends it, and which of its message it is, nobody has to know. */
export function packet(
  type: number,
  body: Buffer,
  isLast: boolean,
  { process = 0, number = 1 }: { readonly process?: number; readonly number?: number } = {},
): Buffer {
  const head = Buffer.alloc(header);
  head[0] = type;
  head[1] = isLast ? last : 0;
  head.writeUInt16BE(header + body.length, 2);
  head.writeUInt16BE(process & 0xffff, 4);
  head[6] = number & 0xff;
  return Buffer.concat([head, body]);
}

/** A reply that is sent packet by packet while it grows. */
export class PacketWriter {
  readonly #send: (packet: Buffer) => Promise<void>;
  readonly #process: number;
  readonly #room: number;
  #waiting: Buffer[] = [];
  #length = 0;
  #number = 1;

  constructor(
    send: (packet: Buffer) => Promise<void>,
    { size, process }: { readonly size: number; readonly process: number },
  ) {
    this.#send = send;
    this.#process = process;
    this.#room = size - header;
  }

  /** Waits where the receiver is slower than the sender. */
  async write(bytes: Buffer): Promise<void> {
    this.#waiting.push(bytes);
    this.#length += bytes.length;
    if (this.#length <= this.#room) return;
    let all = Buffer.concat(this.#waiting);
    // The last packet carries a mark, so that one always stays behind.
    for (; all.length > this.#room; all = all.subarray(this.#room))
      await this.#send(this.#packet(all.subarray(0, this.#room), false));
    this.#waiting = [all];
    this.#length = all.length;
  }

  async end(): Promise<void> {
    await this.#send(this.#packet(Buffer.concat(this.#waiting), true));
  }

  #packet(body: Buffer, isLast: boolean): Buffer {
    const number = this.#number++;
    return packet(messageType.reply, body, isLast, { process: this.#process, number });
  }
}
