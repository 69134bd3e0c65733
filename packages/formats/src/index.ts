export { absentColumn } from "./absent.ts";
export { compressionByName } from "./compression.ts";
export type { Format } from "./format.ts";
export type {
  Compression,
  CSVReadOptions,
  FormatOptions,
  Limits,
  WriteOptions,
} from "./options.ts";
export { readBatches, readBytes, readJson, readTable, readText } from "./read.ts";
export { formatOf, rangedFormat, registerFormat } from "./registry.ts";
export { concatTables } from "./rows.ts";
export { withoutMisfit } from "./select.ts";
export { bytesSource } from "./source.ts";
export type { ByteSource } from "./source.ts";
export type { Comparison, Conditions, Where, WhereValue } from "./where.ts";
export { writeTable } from "./write.ts";
