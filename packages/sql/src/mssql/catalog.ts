import type { CatalogRow } from "../server/catalog.ts";

export const catalogQuery = `
  select t.table_schema as "schema", t.table_name as "table", t.table_type as kind,
    c.column_name as "column", c.data_type as type, c.is_nullable as nullable,
    c.character_maximum_length as length, c.numeric_precision as precision,
    c.numeric_scale as scale
  from information_schema.tables t
  left join information_schema.columns c
    on c.table_schema = t.table_schema and c.table_name = t.table_name
  order by t.table_schema, t.table_name, c.ordinal_position`;

/** A column of a table, as the catalogue has it. */
export interface CatalogCells {
  readonly schema: string;
  readonly table: string;
  readonly kind: string;
  readonly column: string | null;
  readonly type: string | null;
  readonly nullable: string | null;
  readonly length: number | null;
  readonly precision: number | null;
  readonly scale: number | null;
}

export function rowOfCatalog(cells: CatalogCells): CatalogRow {
  const { schema, table, column, type } = cells;
  return {
    schema,
    table,
    kind: cells.kind === "VIEW" ? "view" : "table",
    column,
    type: type === null ? "" : typeOf(type, cells),
    nullable: cells.nullable === "YES",
  };
}

function typeOf(name: string, { length, precision, scale }: CatalogCells): string {
  if (/^(decimal|numeric)$/i.test(name)) return `${name}(${precision}, ${scale})`;
  if (length === null || !/char|binary/i.test(name)) return name;
  return `${name}(${length === -1 ? "max" : length})`;
}
