import type { CatalogEntry, Table } from "@conn/core";

/** Every column of the open database, in order, with what it belongs to. */
export const catalogQuery = `
  select c.schema_name, c.table_name, c.column_name, c.data_type, c.is_nullable, v.view_name is not null as is_view
  from duckdb_columns() c left join duckdb_views() v on v.view_oid = c.table_oid and v.database_name = c.database_name
  where not c.internal and c.database_name = current_database()
  order by c.schema_name <> current_schema(), c.schema_name, c.table_name, c.column_index`;

/** Tables and views with their columns; names in another schema than `main` carry it. */
export function catalogEntries(table: Table, path: readonly string[]): readonly CatalogEntry[] {
  const entries = new Map<string, CatalogEntry & { columns: Column[] }>();
  for (const row of table.rows()) {
    const { schema_name: schema, table_name: name } = row as Record<string, string>;
    const full = schema === "main" ? [name!] : [schema!, name!];
    const key = full.join(".");
    let entry = entries.get(key);
    if (!entry) {
      const kind = row["is_view"] === true ? "view" : "table";
      entries.set(key, (entry = { name: key, kind, path: full, columns: [] }));
    }
    entry.columns.push({
      name: String(row["column_name"]),
      type: String(row["data_type"]),
      nullable: row["is_nullable"] === true,
    });
  }
  if (path.length === 0) return [...entries.values()];
  const found = entries.get(path.join("."));
  return (found?.columns ?? []).map(({ name }) => ({
    name,
    kind: "column",
    path: [...path, name],
  }));
}

interface Column {
  readonly name: string;
  readonly type: string;
  readonly nullable: boolean;
}
