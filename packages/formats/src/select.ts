import type { Table } from "@conn/core";
import { columnsOfTable, tableOfColumns } from "@conn/core/toolkit";
import { noColumn } from "./absent.ts";
import type { FormatOptions } from "./options.ts";
import { takeRows } from "./rows.ts";
import { alternatives, passing } from "./where.ts";

/** The columns that a reader needs: those asked for, and those that `where` looks at. Undefined means all. */
export function namedColumns({ columns, where }: FormatOptions): ReadonlySet<string> | undefined {
  if (!columns) return undefined;
  const named = new Set(columns);
  for (const conditions of alternatives(where))
    for (const name of Object.keys(conditions)) named.add(name);
  return named;
}

/** The rows that pass, at most so many, with the columns asked for. */
export function selected(table: Table, options: FormatOptions, most = Infinity): Table {
  const { columns, where } = options;
  let result = table;
  if (where !== undefined) result = takeRows(result, passing(result, where));
  if (result.length > most) result = result.head(most);
  if (!columns) return result;
  const all = columnsOfTable(result);
  const picked = [...new Set(columns)].map((name) => {
    const column = all.find((each) => each.name === name);
    if (!column)
      throw noColumn(
        name,
        all.map((each) => each.name),
      );
    return column;
  });
  return tableOfColumns(picked, result.length, result.meta);
}
