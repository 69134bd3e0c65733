import { arrow, arrows } from "./arrow/format.ts";
import { csv, tsv } from "./csv/format.ts";
import type { Format } from "./format.ts";
import { json, jsonl } from "./json/format.ts";
import { parquet } from "./parquet/format.ts";
import { xlsx } from "./xlsx/format.ts";
import { bytes, text } from "./text.ts";

/** Those that need no plugin. Where content alone tells, the first that resembles it is taken. */
export const builtIn: readonly Format[] = [
  parquet,
  arrow,
  arrows,
  xlsx,
  jsonl,
  json,
  csv,
  tsv,
  text,
  bytes,
];
