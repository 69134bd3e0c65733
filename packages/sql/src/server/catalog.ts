import { type CatalogEntry, ConnError } from "@conn/core";
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
}

/** Rows in the order of schema, table and position, as tables. */
export function tablesOf(rows: Iterable<CatalogRow>): CatalogTable[] {
  const tables = new Map<string, CatalogTable & { columns: object[] }>();
  for (const { schema, table, kind, column, type, nullable } of rows) {
    const key = JSON.stringify([schema, table]);
    let entry = tables.get(key);
    if (!entry) {
      entry = { schema, name: table, kind, path: [schema, table], columns: [] };
      tables.set(key, entry);
    }
    if (column !== null) entry.columns.push({ name: column, type, nullable: Boolean(nullable) });
  }
  return [...tables.values()];
}
