import type { CatalogRow } from "../server/catalog.ts";

/** In capitals, which a database that tells them from small letters asks for. */
export const catalogQuery = `
  select t.TABLE_SCHEMA as "schema", t.TABLE_NAME as "table", t.TABLE_TYPE as "kind",
    c.COLUMN_NAME as "column", c.DATA_TYPE as "type", c.IS_NULLABLE as "nullable",
    c.CHARACTER_MAXIMUM_LENGTH as "length", c.NUMERIC_PRECISION as "precision",
    c.NUMERIC_SCALE as "scale", p.ORDINAL_POSITION as "primary_key",
    f.ref_schema, f.ref_table, f.ref_column
  from INFORMATION_SCHEMA.TABLES t
  left join INFORMATION_SCHEMA.COLUMNS c
    on c.TABLE_SCHEMA = t.TABLE_SCHEMA and c.TABLE_NAME = t.TABLE_NAME
  left join (
    select k.TABLE_SCHEMA, k.TABLE_NAME, k.COLUMN_NAME, k.ORDINAL_POSITION
    from INFORMATION_SCHEMA.TABLE_CONSTRAINTS n
    join INFORMATION_SCHEMA.KEY_COLUMN_USAGE k
      on k.CONSTRAINT_SCHEMA = n.CONSTRAINT_SCHEMA and k.CONSTRAINT_NAME = n.CONSTRAINT_NAME
    where n.CONSTRAINT_TYPE = 'PRIMARY KEY'
  ) p on p.TABLE_SCHEMA = c.TABLE_SCHEMA and p.TABLE_NAME = c.TABLE_NAME
    and p.COLUMN_NAME = c.COLUMN_NAME
  left join (
    select k.TABLE_SCHEMA, k.TABLE_NAME, k.COLUMN_NAME, k.CONSTRAINT_NAME,
      u.TABLE_SCHEMA as ref_schema, u.TABLE_NAME as ref_table, u.COLUMN_NAME as ref_column
    from INFORMATION_SCHEMA.REFERENTIAL_CONSTRAINTS r
    join INFORMATION_SCHEMA.KEY_COLUMN_USAGE k
      on k.CONSTRAINT_SCHEMA = r.CONSTRAINT_SCHEMA and k.CONSTRAINT_NAME = r.CONSTRAINT_NAME
    join INFORMATION_SCHEMA.KEY_COLUMN_USAGE u
      on u.CONSTRAINT_SCHEMA = r.UNIQUE_CONSTRAINT_SCHEMA
        and u.CONSTRAINT_NAME = r.UNIQUE_CONSTRAINT_NAME
        and u.ORDINAL_POSITION = k.ORDINAL_POSITION
  ) f on f.TABLE_SCHEMA = c.TABLE_SCHEMA and f.TABLE_NAME = c.TABLE_NAME
    and f.COLUMN_NAME = c.COLUMN_NAME
  order by t.TABLE_SCHEMA, t.TABLE_NAME, c.ORDINAL_POSITION, f.CONSTRAINT_NAME`;

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
