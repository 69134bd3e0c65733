/** A file in a zip archive, by the archive's directory. */
export interface ZipEntry {
  readonly name: string;
  /** 0 where it is stored, 8 where it is deflated. */
  readonly method: number;
  readonly compressedSize: number;
  readonly size: number;
  /** Where its own header begins. */
  readonly start: number;
  /** Its record in the directory. */
  readonly record: Uint8Array;
}

/**
 * What a zip archive holds, by its directory at the end; undefined where that is not whole.
 * https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, 4.3.12 and 4.3.16
 */
export function zipEntries(bytes: Uint8Array): ZipEntry[] | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = endOf(view);
  if (end === undefined) return undefined;
  const entries: ZipEntry[] = [];
  let at = view.getUint32(end + 16, true);
  for (let entry = view.getUint16(end + 10, true); entry > 0; entry--) {
    if (at + 46 > end || view.getUint32(at, true) !== 0x02014b50) return undefined;
    const [name, extra, comment] = [28, 30, 32].map((offset) => view.getUint16(at + offset, true));
    const next = at + 46 + name! + extra! + comment!;
    entries.push({
      name: Buffer.from(bytes.subarray(at + 46, at + 46 + name!)).toString(),
      method: view.getUint16(at + 10, true),
      compressedSize: view.getUint32(at + 20, true),
      size: view.getUint32(at + 24, true),
      start: view.getUint32(at + 42, true),
      record: bytes.subarray(at, next),
    });
    at = next;
  }
  return entries;
}

/** Before a comment of up to 64 kB. */
function endOf(view: DataView): number | undefined {
  const last = view.byteLength - 22;
  for (let at = last; at >= Math.max(0, last - 65_535); at--)
    if (view.getUint32(at, true) === 0x06054b50) return at;
  return undefined;
}
