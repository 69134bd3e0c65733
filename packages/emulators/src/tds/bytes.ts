/** Reads the little-endian fields of a message one after the other. */
export class Reader {
  readonly #bytes: Buffer;
  #at: number;

  constructor(bytes: Buffer, at = 0) {
    this.#bytes = bytes;
    this.#at = at;
  }

  get done(): boolean {
    return this.#at >= this.#bytes.length;
  }

  take(length: number): Buffer {
    const end = this.#at + length;
    if (end > this.#bytes.length) throw new Error("The message ends too early.");
    const taken = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }

  uint8(): number {
    return this.take(1).readUInt8();
  }

  uint16(): number {
    return this.take(2).readUInt16LE();
  }

  uint32(): number {
    return this.take(4).readUInt32LE();
  }

  int32(): number {
    return this.take(4).readInt32LE();
  }

  uint64(): bigint {
    return this.take(8).readBigUInt64LE();
  }

  /** A whole number of any length, at most six bytes. */
  uint(length: number): number {
    return length === 0 ? 0 : this.take(length).readUIntLE(0, length);
  }

  text(characters: number): string {
    return this.take(characters * 2).toString("utf16le");
  }

  /** Text behind its number of characters in one byte, as B_VARCHAR has it. */
  shortText(): string {
    return this.text(this.uint8());
  }
}

/** Puts a message together. */
export class Writer {
  readonly #parts: Buffer[] = [];

  bytes(bytes: Uint8Array | readonly number[]): this {
    this.#parts.push(Buffer.from(bytes));
    return this;
  }

  uint8(value: number): this {
    return this.bytes([value & 0xff]);
  }

  uint16(value: number): this {
    const bytes = Buffer.alloc(2);
    bytes.writeUInt16LE(value);
    return this.bytes(bytes);
  }

  uint32(value: number): this {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(value >>> 0);
    return this.bytes(bytes);
  }

  int32(value: number): this {
    const bytes = Buffer.alloc(4);
    bytes.writeInt32LE(value);
    return this.bytes(bytes);
  }

  uint64(value: number | bigint): this {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64LE(BigInt(value));
    return this.bytes(bytes);
  }

  /** Text behind its number of characters in one byte. */
  shortText(text: string): this {
    return this.uint8(text.length).bytes(Buffer.from(text, "utf16le"));
  }

  /** Text behind its number of characters in two bytes. */
  longText(text: string): this {
    return this.uint16(text.length).bytes(Buffer.from(text, "utf16le"));
  }

  finish(): Buffer {
    return Buffer.concat(this.#parts);
  }
}
