/** What authors of connections and of tools need beside the contract: `@conn/core/toolkit`. */
export { canonical } from "./cache-key.ts";
export { daysInMonth, daysSince1970, instantOf } from "./calendar.ts";
export { checkCount } from "./check-count.ts";
export { checkOptions } from "./check-options.ts";
export { type DatabaseUrl, parseDatabaseUrl } from "./database-url.ts";
export { toSeconds, toTimer } from "./duration.ts";
export { didYouMean } from "./did-you-mean.ts";
export { wrap as wrapError } from "./failure.ts";
export { importOptional, installCommand, type PackageManager, packageManager } from "./install.ts";
export { fieldsOf, soundsSecret } from "./fields.ts";
export { redactingTransform } from "./redact.ts";
export { checkRows } from "./rows-schema.ts";
export { secretsSchema } from "./secrets-schema.ts";
export { type EndWith, Streamed } from "./streamed.ts";
export { readExactly } from "./table/arrow-exact.ts";
export { decode, encode } from "./table/codec.ts";
export {
  cellReader,
  type Column,
  columnsOfTable,
  instantText,
  isValid,
  type Storage,
  type StoredColumn,
  tableOfColumns,
} from "./table/columnar.ts";
