import { ConnError, type Problem } from "./errors.ts";
import type { StandardSchemaV1 } from "./standard-schema.ts";
import { Table } from "./table.ts";

/**
 * The table with every row checked by a schema: as it is where the schema changes nothing, else made
 * of what the schema gives back.
 *
 * @throws CONN_ROW_INVALID naming row and column of the first ten problems.
 */
export async function checkRows<Row extends object>(
  table: Table<object>,
  schema: StandardSchemaV1<unknown, Row>,
  connection: string,
): Promise<Table<Row>> {
  const problems: Problem[] = [];
  const checked: Row[] = [];
  let changed = false;
  for (const [index, row] of table.rows().entries()) {
    const result = await schema["~standard"].validate(row);
    for (const { message, path } of result.issues ?? []) {
      const column = (path ?? [])
        .map((part) => String(typeof part === "object" ? part.key : part))
        .join(".");
      problems.push({
        message: `row ${index + 1}${column ? `, column ${column}` : ""}: ${message}`,
      });
    }
    if (problems.length >= 10) break;
    if (!result.issues) {
      checked.push(result.value);
      changed ||= !isSame(row, result.value);
    }
  }
  if (problems.length > 0) {
    throw new ConnError("CONN_ROW_INVALID", "The result does not fit `schema`:", {
      connection,
      operation: "query",
      problems: problems.slice(0, 10),
      hint: "Correct the schema, or the data.",
    });
  }
  if (!changed) return table as Table<Row>;
  return Table.fromRows(checked).withMeta(table.meta);
}

function isSame(before: object, after: object): boolean {
  const names = Object.keys(before);
  return (
    names.length === Object.keys(after).length &&
    names.every(
      (name) =>
        Object.hasOwn(after, name) && isEqual(Reflect.get(before, name), Reflect.get(after, name)),
    )
  );
}

function isEqual(before: unknown, after: unknown): boolean {
  return (
    Object.is(before, after) ||
    (before instanceof Date && after instanceof Date && before.getTime() === after.getTime())
  );
}
