import type { ColumnType } from "@conn/core";
import type { ColumnMetaData, RowGroup, SchemaTree } from "hyparquet";
import {
  alternatives,
  type Comparison,
  comparisonOf,
  compare,
  type Comparable,
  toComparable,
  valueTest,
  type Where,
  zonedInstant,
} from "../where.ts";
import { leafOf } from "./cells.ts";

/** Whether a row group may hold a row that passes, by the statistics in the footer. When in doubt it may. */
export function mayPass(group: RowGroup, root: SchemaTree, where: Where): boolean {
  const rows = Number(group.num_rows);
  return alternatives(where).some((conditions) =>
    Object.entries(conditions).every(([name, condition]) => {
      const node = root.children.find((child) => child.element.name === name);
      if (!node || node.children.length > 0) return true;
      const chunk = group.columns.find(
        ({ meta_data: meta }) =>
          meta?.path_in_schema.length === 1 && meta.path_in_schema[0] === name,
      );
      if (!chunk?.meta_data) return true;
      return mayHold(
        name,
        leafOf(node.element).type,
        chunk.meta_data,
        comparisonOf(name, condition),
        rows,
      );
    }),
  );
}

function mayHold(
  name: string,
  type: ColumnType,
  { statistics, type: physical }: ColumnMetaData,
  comparison: Comparison,
  rows: number,
): boolean {
  const nulls = statistics?.null_count === undefined ? undefined : Number(statistics.null_count);
  if (comparison.null === true && nulls === 0) return false;
  const { null: _null, notIn: _notIn, "!=": _unequal, in: list, ...ordered } = comparison;
  const wantsValue = Object.keys(comparison).length > 0 && comparison.null !== true;
  if (wantsValue && nulls === rows) return false;
  // The old fields `min` and `max` sorted bytes as signed.
  const numeric =
    physical === "INT32" || physical === "INT64" || physical === "FLOAT" || physical === "DOUBLE";
  const least = lower(type, statistics?.min_value ?? (numeric ? statistics?.min : undefined));
  const most = upper(type, statistics?.max_value ?? (numeric ? statistics?.max : undefined));
  if (least === undefined || most === undefined) return true;
  const above = (value: Comparable): boolean => compare(value, most) > 0;
  const below = (value: Comparable): boolean => compare(value, least) < 0;
  for (const operator of ["=", "<", "<=", ">", ">="] as const) {
    const given = ordered[operator];
    if (given === undefined) continue;
    // The same test as for cells, so that a value of the wrong type is told in the same words.
    valueTest(name, type, { [operator]: given });
    const value = givenValue(type, given);
    if (operator === "=" && (above(value) || below(value))) return false;
    if (operator === "<" && compare(least, value) >= 0) return false;
    if (operator === "<=" && compare(least, value) > 0) return false;
    if (operator === ">" && compare(most, value) <= 0) return false;
    if (operator === ">=" && compare(most, value) < 0) return false;
  }
  if (
    list &&
    list.every((given) => above(givenValue(type, given)) || below(givenValue(type, given)))
  )
    return false;
  return true;
}

/** Types whose statistics and conditions come as the same kind of value. */
function givenValue(type: ColumnType, given: unknown): Comparable {
  if (type === "timestamp" && typeof given === "string") return zonedInstant(given);
  return toComparable(type, given);
}

/** What no value of the chunk is below; undefined where that is not known. */
function lower(type: ColumnType, bound: unknown): Comparable | undefined {
  switch (type) {
    case "integer":
    case "float":
    case "boolean":
      return Number.isNaN(bound) ? undefined : (bound as Comparable | undefined);
    case "timestamp":
      // The library's Dates lack microseconds, and before 1970 they are too late without them.
      return bound instanceof Date ? timeOf(bound, -1) : undefined;
    case "date":
      return bound instanceof Date ? timeOf(bound) : undefined;
    case "string":
      // A bound that was cut inside of a character decodes to a replacement, which sorts too late.
      return typeof bound === "string" ? bound.split("\ufffd", 1)[0] : undefined;
    default:
      return undefined;
  }
}

/** What no value of the chunk is above. */
function upper(type: ColumnType, bound: unknown): Comparable | undefined {
  if (type === "string")
    return typeof bound === "string" && !bound.includes("\ufffd") ? bound : undefined;
  if (type === "timestamp") return bound instanceof Date ? timeOf(bound, 1) : undefined;
  return lower(type, bound);
}

/** Milliseconds; undefined where a Date cannot say them, as for an infinite day. */
function timeOf(date: Date, more = 0): number | undefined {
  return Number.isNaN(date.getTime()) ? undefined : date.getTime() + more;
}
