import { type CatalogColumn, type CatalogEntry, ConnError } from "@conn/core";
import type { SqliteDatabase } from "./driver.ts";
import { typeOfDeclaration } from "./types.ts";

/** Tables and views with their columns; below one of them, its columns. */
export function browse(database: SqliteDatabase, path: readonly string[]): CatalogEntry[] {
  const [table, ...rest] = path;
  if (table === undefined) return tablesOf(database);
  const entry = tablesOf(database).find(({ name }) => name === table);
  if (!entry || rest.length > 0) {
    throw new ConnError(
      "CONN_ARGUMENT",
      `The database has nothing at ${JSON.stringify(path.join("/"))}.`,
      {
        hint: "Tables are listed by conn.browse(), a table's columns by conn.browse([table]).",
      },
    );
  }
  return (entry.columns ?? []).map(({ name }) => ({ name, kind: "column", path: [table, name] }));
}

/** Every name of a kind, for proposals. */
export function namesOf(database: SqliteDatabase, kind: "table" | "column"): string[] {
  const entries = tablesOf(database);
  return kind === "table"
    ? entries.map(({ name }) => name)
    : [...new Set(entries.flatMap(({ columns }) => (columns ?? []).map(({ name }) => name)))];
}

function tablesOf(database: SqliteDatabase): CatalogEntry[] {
  const rows = database
    .prepare(
      // A foreign key that names no column refers to the primary key.
      `select t.name, t.type, c.name, c.type, c."notnull" or c.pk, c.pk, f."table",
         coalesce(f."to", (select name from pragma_table_info(f."table") where pk = f.seq + 1))
       from sqlite_master t join pragma_table_xinfo(t.name) c
       left join pragma_foreign_key_list(t.name) f on f."from" = c.name
       where t.type in ('table', 'view') and t.name not like 'sqlite\\_%' escape '\\' and c.hidden <> 1 order by t.name, c.cid`,
    )
    .all([], false) as [
    ...[string, string, string, string, number, number],
    ...[string | null, string | null],
  ][];
  const tables = new Map<string, CatalogEntry & { columns: CatalogColumn[] }>();
  for (const [name, kind, column, type, required, place, other, otherColumn] of rows) {
    let table = tables.get(name);
    if (!table) tables.set(name, (table = { name, kind, path: [name], columns: [] }));
    // One of several foreign keys will do.
    if (table.columns.at(-1)?.name === column) continue;
    table.columns.push({
      name: column,
      type: typeOfDeclaration(type),
      nullable: required === 0,
      ...(place > 0 ? { primaryKey: place } : {}),
      ...(other !== null && otherColumn !== null ? { references: [other, otherColumn] } : {}),
    });
  }
  return [...tables.values()];
}
