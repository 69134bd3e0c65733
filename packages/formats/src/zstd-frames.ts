/**
 * The chunks of zstd, cut where a frame ends: Node's decoder leaves out what stands behind a frame in the same
 * chunk, and takes a chunk of its own for the next one. Many writers make several frames, as pzstd does.
 * https://github.com/facebook/zstd/blob/dev/doc/zstd_compression_format.md
 */
export async function* cutAtFrames(
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  const frames = walkFrames();
  let wanted = frames.next().value;
  let field = new Uint8Array(wanted.bytes);
  let filled = 0;
  for await (const chunk of chunks) {
    let start = 0;
    let at = 0;
    while (at < chunk.length) {
      const step = Math.min(wanted.bytes - filled, chunk.length - at);
      if (!wanted.skipped) field.set(chunk.subarray(at, at + step), filled);
      at += step;
      filled += step;
      while (filled === wanted.bytes) {
        if (wanted.last) {
          yield chunk.subarray(start, at);
          start = at;
        }
        wanted = frames.next(field).value;
        field = new Uint8Array(wanted.skipped ? 0 : wanted.bytes);
        filled = 0;
      }
    }
    if (start < chunk.length) yield chunk.subarray(start);
  }
}

interface Wanted {
  /** Infinite behind what is no zstd, which is the decoder's to tell. */
  readonly bytes: number;
  /** They are passed over, not looked at. */
  readonly skipped?: boolean;
  /** The frame ends behind them. */
  readonly last?: boolean;
}

/** Asks for the parts of frame after frame, and is given those that it looks at. */
function* walkFrames(): Generator<Wanted, never, Uint8Array> {
  for (;;) {
    const magic = littleEndian(yield { bytes: 4 });
    // A frame that decoders pass over.
    if (magic >>> 4 === 0x184d2a5) {
      yield { bytes: littleEndian(yield { bytes: 4 }), skipped: true, last: true };
    } else if (magic === 0xfd2fb528) {
      const [flags] = (yield { bytes: 1 }) as unknown as [number];
      const single = (flags >> 5) & 1;
      const size = [single, 2, 4, 8][flags >> 6]!;
      const dictionary = [0, 1, 2, 4][flags & 3]!;
      yield { bytes: 1 - single + dictionary + size, skipped: true };
      const checksum = flags & 4 ? 4 : 0;
      for (let last = false; !last;) {
        const head = littleEndian(yield { bytes: 3 });
        last = (head & 1) === 1;
        const repeated = ((head >> 1) & 3) === 1;
        const bytes = repeated ? 1 : head >>> 3;
        yield { bytes: bytes + (last ? checksum : 0), skipped: true, last };
      }
    } else yield { bytes: Infinity, skipped: true };
  }
}

function littleEndian(bytes: Uint8Array): number {
  return bytes.reduce((sum, byte, index) => sum + byte * 256 ** index, 0);
}
