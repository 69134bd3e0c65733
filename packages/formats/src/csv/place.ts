import type { Location } from "@conn/core";
import type { Block } from "./scan.ts";

/** Line and column, both from 1, of a place in a block. */
export function placeOf(
  file: string,
  { bytes, line }: Pick<Block, "bytes" | "line">,
  at: number,
): Location {
  let count = line;
  let start = 0;
  for (let index = 0; index < at; index++) {
    const byte = bytes[index];
    if (byte !== 10 && (byte !== 13 || bytes[index + 1] === 10)) continue;
    count++;
    start = index + 1;
  }
  return { file, line: count, column: bytes.toString("utf8", start, at).length + 1 };
}
