export type { ArrowDataType, ArrowField, ArrowTable, ArrowVector } from "./table/arrow-values.ts";
export { TableBuilder } from "./table/builder.ts";
export type { ColumnChunk } from "./table/collector.ts";
export type { PrintOptions } from "./table/print.ts";
export { printable } from "./table/sanitize.ts";
export { type RowOf, Table } from "./table/table.ts";
export type { CSVOptions } from "./table/text.ts";
export type { ColumnInfo, ColumnSpec, ColumnType, TableMeta } from "./table/types.ts";
export { type ArrowTypeLike, ColumnView } from "./table/view.ts";
