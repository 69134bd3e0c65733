export { TableBuilder } from "./table/builder.ts";
export { Table } from "./table/table.ts";
export { ColumnView, type ArrowTypeLike } from "./table/view.ts";
export type { ColumnInfo, ColumnSpec, ColumnType, TableMeta } from "./table/types.ts";
