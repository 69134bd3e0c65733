import type { Table } from "@conn/core";
import { Breath } from "../breathe.ts";
import type { Format } from "../format.ts";
import type { WriteOptions } from "../options.ts";
import { sliceRows } from "../rows.ts";
import { readJsonLines, readJsonRows } from "./read.ts";
import { rowTexts } from "./write.ts";

export const json: Format = {
  name: "json",
  extensions: ["json", "geojson"],
  contentTypes: ["application/json"],
  resembles: (head) => /^\s*[[{]/.test(Buffer.from(head).toString()),
  typed: true,
  read: readJsonRows,
  write: async function* (table, options) {
    yield Buffer.from("[");
    let first = true;
    for await (const rows of steps(table, options)) {
      yield Buffer.from(`${first ? "\n" : ",\n"}${rows.join(",\n")}`);
      first = false;
    }
    yield Buffer.from(first ? "]\n" : "\n]\n");
  },
};

export const jsonl: Format = {
  name: "jsonl",
  extensions: ["jsonl", "ndjson"],
  contentTypes: ["application/jsonl", "application/x-ndjson", "application/x-jsonlines"],
  resembles: (head) => /^\s*\{[^\n]*\}\r?\n\{/.test(Buffer.from(head).toString()),
  typed: true,
  read: readJsonLines,
  write: async function* (table, options) {
    for await (const rows of steps(table, options)) yield Buffer.from(`${rows.join("\n")}\n`);
  },
};

const stepRows = 10_000;

async function* steps(
  table: Table,
  { signal }: WriteOptions,
): AsyncGenerator<string[], void, undefined> {
  const breath = new Breath();
  for (let row = 0; row < table.length; row += stepRows) {
    yield rowTexts(sliceRows(table, row, row + stepRows));
    await breath.take(signal);
  }
}
