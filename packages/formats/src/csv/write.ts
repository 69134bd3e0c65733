import type { Table } from "@conn/core";
import { Breath } from "../breathe.ts";
import type { WriteOptions } from "../options.ts";
import { sliceRows } from "../rows.ts";

/** Rows that are written at a time. */
const stepRows = 10_000;

/** RFC 4180, with CRLF; null is an empty field and the empty text is `""`. */
export async function* writeCSV(
  table: Table,
  { delimiter, header = true, formulas, signal }: WriteOptions,
  usual: string,
): AsyncGenerator<Uint8Array, void, undefined> {
  const breath = new Breath();
  for (let row = 0; row === 0 || row < table.length; row += stepRows) {
    const step = sliceRows(table, row, row + stepRows);
    yield Buffer.from(
      step.toCSV({ delimiter: delimiter ?? usual, header: header && row === 0, formulas }),
    );
    await breath.take(signal);
  }
}
