/**
 * A frame of LZ4, whose data has the given size: what Arrow compresses its buffers with, and Feather by default.
 * https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md
 */
export function decompressFrame(input: Uint8Array, size: number): Uint8Array {
  const view = new DataView(input.buffer, input.byteOffset, input.byteLength);
  if (view.getUint32(0, true) !== 0x184d2204) throw new Error("it has no LZ4 frame");
  const flags = view.getUint8(4);
  const [blockSums, contentSize, dictionary] = [flags & 16, flags & 8, flags & 1];
  if (dictionary) throw new Error("its LZ4 frame needs a dictionary");
  const output = new Uint8Array(size);
  // Flags, the largest block, and a checksum of both.
  let at = 7 + (contentSize ? 8 : 0);
  let end = 0;
  for (;;) {
    const head = view.getUint32(at, true);
    if (head === 0) break;
    const length = head & 0x7fffffff;
    const block = input.subarray(at + 4, at + 4 + length);
    if (block.length < length) throw new Error("its LZ4 frame is cut off");
    if (head >>> 31) {
      output.set(block, end);
      end += length;
    } else end = decompressBlock(block, output, end);
    at += 4 + length + (blockSums ? 4 : 0);
  }
  return output.subarray(0, end);
}

/** Writes behind `end`, for blocks repeat what stands before them; gives the new end. */
function decompressBlock(input: Uint8Array, output: Uint8Array, end: number): number {
  let at = 0;
  const long = (length: number): number => {
    if (length < 15) return length;
    let more: number;
    do length += more = input[at++] ?? 0;
    while (more === 255);
    return length;
  };
  while (at < input.length) {
    const token = input[at++]!;
    const literals = long(token >> 4);
    if (at + literals > input.length) throw new Error("its LZ4 block is cut off");
    output.set(input.subarray(at, at + literals), end);
    at += literals;
    end += literals;
    // The last of a block is text alone.
    if (at === input.length) break;
    const back = input[at++]! | ((input[at++] ?? 0) << 8);
    const length = long(token & 15) + 4;
    if (back === 0 || back > end || end + length > output.length)
      throw new Error("its LZ4 block points outside of its data");
    // Byte by byte where what is repeated is not written yet.
    if (back >= length) output.copyWithin(end, end - back, end - back + length);
    else for (let index = end; index < end + length; index++) output[index] = output[index - back]!;
    end += length;
  }
  return end;
}
