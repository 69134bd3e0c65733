import type { CatalogRow } from "../server/catalog.ts";

export const catalogQuery = `
  select t.table_schema as "schema", t.table_name as "table", t.table_type as kind,
    c.column_name as "column", c.data_type as type, c.is_nullable as nullable,
    c.character_maximum_length as length, c.numeric_precision as precision,
    c.numeric_scale as scale, p.ordinal_position as primary_key,
    f.ref_schema, f.ref_table, f.ref_column
  from information_schema.tables t
  left join information_schema.columns c
    on c.table_schema = t.table_schema and c.table_name = t.table_name
  left join (
    select k.table_schema, k.table_name, k.column_name, k.ordinal_position
    from information_schema.table_constraints n
    join information_schema.key_column_usage k
      on k.constraint_schema = n.constraint_schema and k.constraint_name = n.constraint_name
    where n.constraint_type = 'PRIMARY KEY'
  ) p on p.table_schema = c.table_schema and p.table_name = c.table_name
    and p.column_name = c.column_name
  left join (
    select k.table_schema, k.table_name, k.column_name, k.constraint_name,
      u.table_schema as ref_schema, u.table_name as ref_table, u.column_name as ref_column
    from information_schema.referential_constraints r
    join information_schema.key_column_usage k
      on k.constraint_schema = r.constraint_schema and k.constraint_name = r.constraint_name
    join information_schema.key_column_usage u
      on u.constraint_schema = r.unique_constraint_schema
        and u.constraint_name = r.unique_constraint_name
        and u.ordinal_position = k.ordinal_position
  ) f on f.table_schema = c.table_schema and f.table_name = c.table_name
    and f.column_name = c.column_name
  order by t.table_schema, t.table_name, c.ordinal_position, f.constraint_name`;

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
  readonly primary_key: number | null;
  readonly ref_schema: string | null;
  readonly ref_table: string | null;
  readonly ref_column: string | null;
}

export function rowOfCatalog(cells: CatalogCells): CatalogRow {
  const { type } = cells;
  return {
    ...cells,
    kind: cells.kind === "VIEW" ? "view" : "table",
    type: type === null ? "" : typeOf(type, cells),
    nullable: cells.nullable === "YES",
  };
}

function typeOf(name: string, { length, precision, scale }: CatalogCells): string {
  if (/^(decimal|numeric)$/i.test(name)) return `${name}(${precision}, ${scale})`;
  if (length === null || !/char|binary/i.test(name)) return name;
  return `${name}(${length === -1 ? "max" : length})`;
}
