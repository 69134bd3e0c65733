import { type CatalogColumn, type CatalogEntry, ConnError } from "@conn/core";
import type { CatalogTable } from "./wire.ts";

/** Schemas; below a schema its tables and views with their columns; below one of those, its columns. */
export function browseCatalog(
  tables: readonly CatalogTable[],
  path: readonly string[],
): CatalogEntry[] {
  const [schema, table, ...rest] = path;
  if (schema === undefined) {
    const names = [...new Set(tables.map((entry) => entry.schema))];
    return names.map((name) => ({ name, kind: "schema", path: [name] }));
  }
  const inSchema = tables.filter((entry) => entry.schema === schema);
  const found = inSchema.find(({ name }) => name === table);
  if (inSchema.length === 0 || (table !== undefined && !found) || rest.length > 0) {
    throw new ConnError(
      "CONN_ARGUMENT",
      `The database has nothing at ${JSON.stringify(path.join("/"))}.`,
      {
        hint: "Schemas are listed by conn.browse(), tables by conn.browse([schema]), columns by conn.browse([schema, table]).",
      },
    );
  }
  return found
    ? (found.columns ?? []).map(({ name }) => ({
        name,
        kind: "column",
        path: [schema, found.name, name],
      }))
    : inSchema.map(({ name, kind, path: at, columns }) => ({
        name,
        kind,
        path: at,
        ...(columns && { columns }),
      }));
}

/** Every name of a kind, for proposals. */
export function namesIn(tables: readonly CatalogTable[], kind: "table" | "column"): string[] {
  const names =
    kind === "table"
      ? tables.map(({ name }) => name)
      : tables.flatMap(({ columns }) => (columns ?? []).map(({ name }) => name));
  return [...new Set(names)];
}

/** One row of a catalogue's query: a column of a table. */
export interface CatalogRow {
  readonly schema: string;
  readonly table: string;
  readonly kind: string;
  readonly column: string | null;
  readonly type: string;
  readonly nullable: boolean | number;
  /** The place in the primary key; null where it has none. */
  readonly primary_key?: number | null;
  /** What a foreign key refers to. */
  readonly ref_schema?: string | null;
  readonly ref_table?: string | null;
  readonly ref_column?: string | null;
}

/** Rows in the order of schema, table and position, as tables. */
export function tablesOf(rows: Iterable<CatalogRow>): CatalogTable[] {
  const tables = new Map<string, CatalogTable & { columns: CatalogColumn[] }>();
  for (const row of rows) {
    const { schema, table, kind, column } = row;
    const key = JSON.stringify([schema, table]);
    let entry = tables.get(key);
    if (!entry) {
      entry = { schema, name: table, kind, path: [schema, table], columns: [] };
      tables.set(key, entry);
    }
    // One of several foreign keys of a column will do.
    if (column !== null && entry.columns.at(-1)?.name !== column)
      entry.columns.push(columnOf(column, row));
  }
  return [...tables.values()];
}

function columnOf(name: string, row: CatalogRow): CatalogColumn {
  const { type, nullable, primary_key: place, ref_schema: schema } = row;
  const { ref_table: table, ref_column: column } = row;
  return {
    name,
    type,
    nullable: Boolean(nullable),
    ...(place ? { primaryKey: place } : {}),
    ...(schema && table && column ? { references: [schema, table, column] } : {}),
  };
}
