import { ConnError } from "@conn/core";
import type * as Flechette from "@uwdata/flechette";

/** What of a flechette batch says how much memory its reading would take. */
interface Batch {
  readonly length: number;
  readonly type: { readonly typeId: number };
  readonly values?: ArrayLike<unknown> | undefined;
  readonly offsets?: ArrayLike<number> | undefined;
  readonly children?: readonly Batch[] | undefined;
}

/** Binary, text, lists and maps, with offsets of 32 and 64 bits: by Schema.fbs of Arrow's format. */
const withOffsets: ReadonlySet<number> = new Set([4, 5, 12, 17, 19, 20, 21]);

/** Rows of this number need no proof, as columns of nothing but nulls take no bytes. */
const harmless = 100_000;

/**
 * Stops a bomb before it is read: a changed byte can claim billions of rows, or lists as long. `size` is that of
 * the file, decompressed.
 * Errors: `CONN_FORMAT` with what the file claims.
 */
export function checkArrow(name: string, table: Flechette.Table, size: number): void {
  const most = Math.max(harmless, size * 8);
  let rows = 0;
  for (const column of table.children) {
    rows = Math.max(rows, column.length);
    for (const batch of column.data) checkBatch(name, batch as unknown as Batch, most);
  }
  if (rows > most) throw unsound(name, `it claims ${rows} rows in ${size} bytes`);
}

function checkBatch(name: string, batch: Batch, most: number): void {
  const { length, type, offsets, values, children = [] } = batch;
  if (!(length >= 0 && length <= most)) throw unsound(name, `a batch claims ${length} values`);
  for (const child of children) checkBatch(name, child, most);
  if (!offsets || !withOffsets.has(type.typeId)) return;
  const room = children[0]?.length ?? values?.length ?? 0;
  let before = 0;
  for (let index = 0; index <= length && index < offsets.length; index++) {
    const offset = offsets[index]!;
    if (offset < before || offset > room)
      throw unsound(name, `a value ends at ${offset}, of ${room}`);
    before = offset;
  }
}

export function unsound(name: string, why: string, cause?: unknown): ConnError {
  return new ConnError("CONN_FORMAT", `${name} is no sound Arrow: ${why.replace(/\.$/, "")}.`, {
    hint: "Compare its size with the original's, or write it anew.",
    ...(cause === undefined ? {} : { cause }),
  });
}
