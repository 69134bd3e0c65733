import { instantOf } from "../calendar.ts";

/** What of a table of flechette is read by rules of ours. */
export interface FlechetteTable {
  readonly children: readonly { readonly data: readonly unknown[] }[];
}

/** A batch of flechette. */
interface Batch {
  readonly type: { readonly typeId: number; readonly unit?: number };
  readonly values?: ArrayBufferView | undefined;
  readonly offsets?: ArrayLike<number | bigint> | undefined;
  readonly data?: readonly Uint8Array[] | undefined;
  readonly children?: readonly Batch[] | undefined;
  readonly dictionary?: { readonly data: readonly Batch[]; toArray(): unknown };
  view?(index: number): Uint8Array;
  value(index: number): unknown;
  cache?: unknown;
}

/**
 * Lets a table that flechette has just read give what stands in its bytes: instants to the microsecond in the form
 * that other formats give them, and texts with the byte order mark that begins them, which its decoder drops.
 */
export function readExactly(table: FlechetteTable): void {
  for (const { data } of table.children) for (const batch of data) refine(batch as Batch);
}

function refine(batch: Batch): void {
  const { type, values, children, dictionary } = batch;
  for (const child of children ?? []) refine(child);
  if (dictionary) {
    for (const words of dictionary.data) refine(words);
    if (dictionary.data.some(hasMarks)) batch.cache = dictionary.toArray();
  }
  // Micro- and nanoseconds.
  if (type.typeId === 10 && type.unit !== undefined && type.unit > 1) {
    const perMs = 1000n ** BigInt(type.unit - 1);
    batch.value = (index) => instant((values as BigInt64Array)[index]!, perMs);
  } else if (hasMarks(batch)) batch.value = (index) => decoder.decode(bytesOf(batch, index));
}

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Text of offsets of 32 and 64 bits, and of views, with a mark somewhere. */
function hasMarks({ type, values, data = [] }: Batch): boolean {
  if (type.typeId !== 5 && type.typeId !== 20 && type.typeId !== 24) return false;
  return [values, ...data].some(
    (bytes) =>
      bytes && Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).includes("\ufeff"),
  );
}

function bytesOf(batch: Batch, index: number): Uint8Array {
  if (batch.view) return batch.view(index);
  const [from, to] = [batch.offsets![index], batch.offsets![index + 1]];
  return (batch.values as Uint8Array).subarray(Number(from), Number(to));
}

function instant(value: bigint, perMs: bigint): number {
  const rest = ((value % perMs) + perMs) % perMs;
  const micros = (rest * 1000n) / perMs;
  return instantOf(Number((value - rest) / perMs), Number(micros) / 1000);
}
