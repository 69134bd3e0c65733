import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { readTable } from "../src/index.ts";
import { source } from "./help.ts";

/** Files that pandas wrote: `fixtures/write.py` says how. */
async function read(name: string): ReturnType<typeof readTable> {
  return readTable(source(name, await readFile(new URL(`fixtures/${name}`, import.meta.url))));
}

const cat = 'the "cat" owner, ünïcode 😀';
const owners = ["jerry", "barbara", "alex", cat];
const same = {
  age: [2n, null, 1n, 9007199254740993n, -4n],
  fed: [true, false, true, true, false],
  code: ["007", "01234", "1e5", "0", "+1"],
};
const born = [
  "2024-02-29T01:02:03.000004",
  "1969-12-31T23:59:59.500000",
  null,
  "2000-01-01T00:00:00.000000",
  "1900-03-01T12:00:00.000000",
];
const csv = {
  ...same,
  owner: [...owners, null],
  pet: ["fish", "cat", null, "line\nbreak", "NA"],
  weight: [0.1, 1e-7, null, Number.MAX_VALUE, -0.5],
  born,
};
/** Where every cell is in quotes, empty text is no null; numbers and times still are. */
const quoted = { ...csv, owner: [...owners, ""], pet: ["fish", "cat", "", "line\nbreak", "NA"] };
// JSON has ten digits by pandas and Excel sixteen, which round the greatest double beyond itself.
const tooFewDigits = [0.1, 1e-7, null, Infinity, -0.5];
const json = {
  ...same,
  owner: [...owners, ""],
  pet: csv.pet,
  weight: tooFewDigits,
  born: born.map((text) => text && `${text}Z`),
};
const excel = {
  ...same,
  owner: csv.owner,
  pet: csv.pet,
  // Excel has doubles alone.
  age: [2, null, 1, 9007199254740992, -4],
  weight: tooFewDigits,
  born: [
    "2024-02-29T01:02:03",
    "1969-12-31T23:59:59",
    null,
    "2000-01-01T00:00:00",
    "1900-03-01T12:00:00",
  ],
};

it.each([
  ["pandas.csv", csv],
  ["pandas.csv.gz", csv],
  ["pandas.csv.bz2", csv],
  ["pandas-utf16.csv", csv],
  ["pandas-index.tsv", { column_1: [0, 1, 2, 3, 4], ...csv }],
  ["pandas-excel.csv", quoted],
  ["pandas.json", json],
  ["pandas.jsonl", json],
  ["pandas.xlsx", excel],
])("reads %s as pandas meant it", async (name, columns) => {
  const rows = (await read(name)).rows();
  const found = Object.fromEntries(
    Object.keys(rows[0]!).map((column) => [column, rows.map((row) => row[column])]),
  );
  expect(found).toEqual(columns);
});
