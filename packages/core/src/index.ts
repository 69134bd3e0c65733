export type {
  Browsable,
  Capabilities,
  CatalogColumn,
  CatalogEntry,
  Executable,
  Params,
  Queryable,
  Readable,
  Streamable,
  Writable,
} from "./capabilities.ts";
export { can } from "./capabilities.ts";
export type { CacheSettings } from "./cache.ts";
export type { CallKey } from "./cache-key.ts";
export type { CacheStore } from "./cache-store.ts";
export type { CheckReport, CheckStage, CheckSteps } from "./check.ts";
export { BaseConnection } from "./connection.ts";
export type { Lease, OpenContext, RunOptions } from "./connection.ts";
export type {
  ConnectionClass,
  ConnectionInit,
  Connections,
  ConnectionTypes,
} from "./connection-class.ts";
export type { Duration } from "./duration.ts";
export type { CoreErrorCode } from "./error-codes.ts";
export { ConnError } from "./errors.ts";
export type { ConnErrorCode, ConnErrorOptions, Location, Problem } from "./errors.ts";
export { closeAll, closeOnSignals, connection } from "./factory.ts";
export type { ConnectionOptions } from "./factory.ts";
export type { Field, JsonSchema } from "./fields.ts";
export { help } from "./help.ts";
export type { Help } from "./describe.ts";
export { counters } from "./observe.ts";
export type { ConnEvent, ConnEventKind, Counters } from "./observe.ts";
export type { ReadOptions } from "./read-options.ts";
export { redact, redactText, registerSecret } from "./redact.ts";
export { availableTypes, register } from "./registry.ts";
export type { RetryPolicy } from "./retry.ts";
export { configure } from "./settings.ts";
export type { Settings } from "./settings.ts";
export type { InferOutput, StandardSchemaV1 } from "./standard-schema.ts";
export { ColumnView, printable, Table, TableBuilder } from "./table.ts";
export type {
  ArrowDataType,
  ArrowField,
  ArrowTable,
  ArrowTypeLike,
  ArrowVector,
  ColumnChunk,
  ColumnInfo,
  ColumnSpec,
  ColumnType,
  CSVOptions,
  PrintOptions,
  RowOf,
  TableMeta,
} from "./table.ts";
