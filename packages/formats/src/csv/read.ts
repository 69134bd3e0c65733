import type { Table } from "@conn/core";
import { Breath } from "../breathe.ts";
import type { FormatOptions } from "../options.ts";
import type { ByteSource } from "../source.ts";
import { readBlocks } from "./blocks.ts";
import type { Kind } from "./kinds.ts";
import type { Block } from "./scan.ts";
import { CSVTable } from "./table.ts";

/** Rows of a batch, about, where nothing is said. */
const batchRows = 65_536;

/**
 * The rows in tables; in one table where `batchSize` is infinite. A column's type is judged by the first rows and
 * widened when a value does not fit, so that a later table may have a wider type than one before.
 */
export async function* readCSV(
  source: ByteSource,
  options: FormatOptions,
): AsyncGenerator<Table, void, undefined> {
  const { batchSize = batchRows, signal } = options;
  const breath = new Breath();
  let kinds: ReadonlyMap<number, Kind> = new Map();
  let first = true;
  for (let again = true; again;) {
    again = false;
    let held: Block[] = [];
    let names: readonly string[] = [];
    let table: CSVTable | undefined;
    for await (const part of readBlocks(source, options)) {
      if ("names" in part) {
        ({ names } = part);
        continue;
      }
      table ??= new CSVTable(source.name, names, options, kinds);
      table.add(part);
      if (batchSize !== Infinity) {
        held.push(part);
        while (table.lossy) {
          const wider: CSVTable = new CSVTable(source.name, names, options, table.kinds);
          for (const block of held) wider.add(block);
          table = wider;
        }
        if (table.length >= batchSize) {
          ({ kinds } = table);
          yield table.finish();
          [table, held, first] = [undefined, [], false];
        }
      }
      await breath.take(signal);
    }
    if (table?.lossy) {
      // Values before a late text are numbers by now: the second pass reads the column as text from the start.
      ({ kinds } = table);
      again = true;
    } else if (table || first) {
      yield (table ?? new CSVTable(source.name, names, options, kinds)).finish();
    }
  }
}
