import type { Format } from "../format.ts";
import { detectDelimiter } from "./dialect.ts";
import { readCSV } from "./read.ts";
import { writeCSV } from "./write.ts";

export const csv: Format = {
  name: "csv",
  extensions: ["csv"],
  contentTypes: ["text/csv", "application/csv"],
  typed: true,
  // A delimiter that parts the lines evenly; no other text has one.
  resembles: (head) => !head.includes(0) && detectDelimiter(Buffer.from(head), 34, false, 0) !== 0,
  read: readCSV,
  write: (table, options) => writeCSV(table, options, ","),
};

export const tsv: Format = {
  name: "tsv",
  extensions: ["tsv", "tab"],
  contentTypes: ["text/tab-separated-values"],
  typed: true,
  read: (source, options) => readCSV(source, { delimiter: "\t", ...options }),
  write: (table, options) => writeCSV(table, options, "\t"),
};
