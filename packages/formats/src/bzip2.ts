/** A failure of the decoder; the caller says which file it was. */
class Bzip2Error extends Error {
  readonly code = "CONN_BZIP2";
}

const blockMagic = 0x314159265359;
const endMagic = 0x177245385090;
const symbolsPerTable = 50;

/** Decompresses bzip2, several files behind each other included, block by block. */
export async function* bunzip2(
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  const bits = new BitReader(chunks[Symbol.asyncIterator]());
  for (let stream = 0; ; stream++) {
    await bits.fill();
    if (stream > 0 && bits.ended) return;
    if (bits.read(24) !== 0x425a68) throw new Bzip2Error("no bzip2 data");
    const level = bits.read(8) - 48;
    if (level < 1 || level > 9) throw new Bzip2Error("no bzip2 data");
    let combined = 0;
    for (;;) {
      // A block takes less than 1.2 MB, and is decoded at once.
      await bits.fill();
      const magic = bits.read(24) * 0x1000000 + bits.read(24);
      const crc = readWord(bits);
      if (magic === endMagic) {
        if (crc !== combined >>> 0) throw new Bzip2Error("the checksum does not match");
        break;
      }
      if (magic !== blockMagic) throw new Bzip2Error("no bzip2 block");
      const bytes = decodeBlock(bits, level * 100_000);
      const sum = yield* expand(bytes);
      if (sum !== crc) throw new Bzip2Error("the checksum does not match");
      combined = ((combined << 1) | (combined >>> 31)) ^ crc;
    }
    bits.align();
  }
}

function readWord(bits: BitReader): number {
  return ((bits.read(16) << 16) | bits.read(16)) >>> 0;
}

/** One block before its runs are expanded, of at most `most` bytes. */
function decodeBlock(bits: BitReader, most: number): Uint8Array {
  if (bits.read(1) === 1) throw new Bzip2Error("blocks that are randomised are not supported");
  const origin = bits.read(24);
  const alphabet = readAlphabet(bits);
  const tables = bits.read(3);
  const selectors = readSelectors(bits, tables);
  const codes = Array.from({ length: tables }, () => readCode(bits, alphabet.length + 2));
  const end = alphabet.length + 1;
  const transformed = new Uint8Array(most);
  let length = 0;
  let run = 0;
  let weight = 1;
  for (let count = 0, code = codes[0]!; ; count++) {
    if (count % symbolsPerTable === 0) {
      const selector = selectors[count / symbolsPerTable];
      if (selector === undefined) throw new Bzip2Error("a block has no end");
      code = codes[selector]!;
    }
    const symbol = readSymbol(bits, code);
    if (symbol <= 1) {
      run += weight << symbol;
      weight *= 2;
      if (run > most) throw new Bzip2Error("a block is too long");
      continue;
    }
    if (run > 0) {
      if (length + run > most) throw new Bzip2Error("a block is too long");
      transformed.fill(alphabet[0]!, length, length + run);
      length += run;
      [run, weight] = [0, 1];
    }
    if (symbol === end) break;
    if (length >= most) throw new Bzip2Error("a block is too long");
    const byte = alphabet[symbol - 1]!;
    alphabet.copyWithin(1, 0, symbol - 1);
    alphabet[0] = byte;
    transformed[length++] = byte;
  }
  if (origin >= length) throw new Bzip2Error("a block's origin is outside of it");
  return untransform(transformed.subarray(0, length), origin);
}

/** The bytes that occur in the block, in order. */
function readAlphabet(bits: BitReader): Uint8Array {
  const used = bits.read(16);
  const alphabet: number[] = [];
  for (let group = 0; group < 16; group++) {
    if ((used & (0x8000 >> group)) === 0) continue;
    const members = bits.read(16);
    for (let member = 0; member < 16; member++)
      if (members & (0x8000 >> member)) alphabet.push(group * 16 + member);
  }
  if (alphabet.length === 0) throw new Bzip2Error("a block uses no byte");
  return Uint8Array.from(alphabet);
}

/** Which code stands for each fifty symbols, moved to the front as they are used. */
function readSelectors(bits: BitReader, tables: number): Uint8Array {
  if (tables < 2 || tables > 6) throw new Bzip2Error("a block has a wrong number of codes");
  const recent = Array.from({ length: tables }, (_, table) => table);
  return Uint8Array.from({ length: bits.read(15) }, () => {
    let place = 0;
    while (bits.read(1) === 1)
      if (++place >= tables) throw new Bzip2Error("a block names a code that it lacks");
    const [table] = recent.splice(place, 1);
    recent.unshift(table!);
    return table!;
  });
}

/** A canonical Huffman code: for each length the first and last code, and where its symbols start. */
interface Code {
  readonly first: Int32Array;
  readonly last: Int32Array;
  readonly offset: Int32Array;
  readonly symbols: Uint16Array;
}

const longestCode = 20;

function readCode(bits: BitReader, count: number): Code {
  const lengths = new Uint8Array(count);
  let length = bits.read(5);
  for (let symbol = 0; symbol < count; symbol++) {
    for (;;) {
      if (length < 1 || length > longestCode) throw new Bzip2Error("a code is too long");
      if (bits.read(1) === 0) break;
      length += bits.read(1) === 0 ? 1 : -1;
    }
    lengths[symbol] = length;
  }
  const first = new Int32Array(longestCode + 2);
  const last = new Int32Array(longestCode + 2).fill(-1);
  const offset = new Int32Array(longestCode + 2);
  const symbols = new Uint16Array(count);
  let [code, at] = [0, 0];
  for (let size = 1; size <= longestCode; size++, code <<= 1) {
    first[size] = code;
    offset[size] = at;
    for (let symbol = 0; symbol < count; symbol++) {
      if (lengths[symbol] !== size) continue;
      symbols[at++] = symbol;
      code++;
    }
    last[size] = code - 1;
  }
  return { first, last, offset, symbols };
}

function readSymbol(bits: BitReader, { first, last, offset, symbols }: Code): number {
  let code = 0;
  for (let size = 1; size <= longestCode; size++) {
    code = (code << 1) | bits.read(1);
    if (code <= last[size]! && code >= first[size]!)
      return symbols[offset[size]! + code - first[size]!]!;
  }
  throw new Bzip2Error("a symbol is unknown");
}

/** Undoes the Burrows-Wheeler transform. */
function untransform(bytes: Uint8Array, origin: number): Uint8Array {
  const starts = new Uint32Array(256);
  for (const byte of bytes) starts[byte]!++;
  for (let byte = 0, sum = 0; byte < 256; byte++) {
    const count = starts[byte]!;
    starts[byte] = sum;
    sum += count;
  }
  const next = new Uint32Array(bytes.length);
  for (let at = 0; at < bytes.length; at++) next[starts[bytes[at]!]!++] = at;
  const result = new Uint8Array(bytes.length);
  for (let at = 0, from = next[origin]!; at < bytes.length; at++, from = next[from]!)
    result[at] = bytes[from]!;
  return result;
}

const pieceSize = 1 << 18;

/** Undoes the runs: behind four equal bytes stands how many more there are. Answers the checksum. */
function* expand(bytes: Uint8Array): Generator<Uint8Array, number, undefined> {
  let piece = new Uint8Array(pieceSize + 256);
  let length = 0;
  let crc = 0xffffffff;
  let [equal, before] = [0, -1];
  for (const byte of bytes) {
    if (equal === 4) {
      piece.fill(before, length, length + byte);
      for (let count = 0; count < byte; count++)
        crc = (crc << 8) ^ crcTable[(crc >>> 24) ^ before]!;
      length += byte;
      [equal, before] = [0, -1];
    } else {
      equal = byte === before ? equal + 1 : 1;
      before = byte;
      crc = (crc << 8) ^ crcTable[(crc >>> 24) ^ byte]!;
      piece[length++] = byte;
    }
    if (length >= pieceSize) {
      yield piece.subarray(0, length);
      piece = new Uint8Array(pieceSize + 256);
      length = 0;
    }
  }
  if (length > 0) yield piece.subarray(0, length);
  return ~crc >>> 0;
}

/** The polynomial of bzip2 is that of Ethernet, highest bit first. */
const crcTable = Int32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 24;
  for (let bit = 0; bit < 8; bit++) crc = crc < 0 ? (crc << 1) ^ 0x04c11db7 : crc << 1;
  return crc;
});

/** More than a block of bzip2 can take. */
const lookahead = 1 << 21;

/** Bits, highest first, from chunks that are fetched ahead of each block. */
class BitReader {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #bytes: Uint8Array = new Uint8Array();
  #at = 0;
  #bits = 0;
  #count = 0;
  #done = false;

  constructor(chunks: AsyncIterator<Uint8Array>) {
    this.#chunks = chunks;
  }

  get ended(): boolean {
    return this.#done && this.#at >= this.#bytes.length;
  }

  /** Fetches enough for the longest block, or all that there is. */
  async fill(): Promise<void> {
    if (this.#done || this.#bytes.length - this.#at >= lookahead) return;
    const parts = [this.#bytes.subarray(this.#at)];
    let size = parts[0]!.length;
    while (size < lookahead * 2 && !this.#done) {
      const next = await this.#chunks.next();
      if (next.done) this.#done = true;
      else {
        parts.push(next.value);
        size += next.value.length;
      }
    }
    this.#bytes = Buffer.concat(parts);
    this.#at = 0;
  }

  /** At most 24 bits. */
  read(count: number): number {
    while (this.#count < count) {
      if (this.#at >= this.#bytes.length) throw new Bzip2Error("the data is cut off");
      this.#bits = (this.#bits << 8) | this.#bytes[this.#at++]!;
      this.#count += 8;
    }
    this.#count -= count;
    const value = (this.#bits >>> this.#count) & ((1 << count) - 1);
    // What was read is dropped, so that 32 bits are enough.
    this.#bits &= (1 << this.#count) - 1;
    return value;
  }

  /** Skips to the next whole byte. */
  align(): void {
    this.#count = 0;
  }
}
