import type { Format } from "../format.ts";
import { readParquet } from "./read.ts";
import { writeParquet } from "./write.ts";

export const parquet: Format = {
  name: "parquet",
  extensions: ["parquet", "pq"],
  contentTypes: ["application/vnd.apache.parquet", "application/x-parquet"],
  matches: (head) => Buffer.from(head.subarray(0, 4)).toString("latin1") === "PAR1",
  ranged: true,
  read: readParquet,
  write: writeParquet,
};
