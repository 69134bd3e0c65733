import type { Table } from "@conn/core";
import { columnsOfTable, tableOfColumns } from "@conn/core/toolkit";
import { noColumn } from "./absent.ts";
import type { FormatOptions } from "./options.ts";
import { takeRows } from "./rows.ts";
import { misfitOf } from "./misfit.ts";
import {
  alternatives,
  comparisonOf,
  type Conditions,
  passing,
  valueTest,
  type Where,
} from "./where.ts";

/** The columns that a reader needs: those asked for, and those that `where` looks at. Undefined means all. */
export function namedColumns(options: FormatOptions): ReadonlySet<string> | undefined {
  return options.columns && new Set([...options.columns, ...testedColumns(options)]);
}

/** The columns that `where` looks at. */
export function testedColumns({ where }: FormatOptions): ReadonlySet<string> {
  return new Set(alternatives(where).flatMap((conditions) => Object.keys(conditions)));
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

/**
 * The alternatives of `where` that are left where a value does not fit the type of its column, as an error says.
 * `what` is the column with the value. Undefined where it says something else. Of several files, another may have the column in the other type.
 */
export function withoutMisfit(
  error: unknown,
  where: Where | undefined,
): { readonly what: string; readonly where: readonly Conditions[] } | undefined {
  const misfit = misfitOf(error);
  if (!misfit) return undefined;
  const { name, type, given } = misfit;
  const fits = (conditions: Conditions): boolean => {
    try {
      if (Object.hasOwn(conditions, name))
        valueTest(name, type, comparisonOf(name, conditions[name]!));
      return true;
    } catch (thrown) {
      if (misfitOf(thrown)) return false;
      throw thrown;
    }
  };
  return { what: `${name}, ${given}`, where: alternatives(where).filter(fits) };
}
