import { ConnError, type Problem } from "../errors.ts";
import type { StandardIssue, StandardSchemaV1 } from "../standard-schema.ts";
import { printable } from "./sanitize.ts";

const mostProblems = 10;

/** Every row as the schema makes it, or an error that names the first problems. */
export async function validRows(
  rows: Iterable<object>,
  schema: StandardSchemaV1,
): Promise<unknown[]> {
  const valid: unknown[] = [];
  const problems: Problem[] = [];
  let number = 0;
  for (const row of rows) {
    number++;
    let result = schema["~standard"].validate(row);
    // Waiting at every row would be slow, and most schemas answer at once.
    if (result instanceof Promise) result = await result;
    if (!result.issues) valid.push(result.value);
    else for (const issue of result.issues) problems.push(problemOf(issue, number));
    if (problems.length >= mostProblems) break;
  }
  if (problems.length === 0) return valid;
  throw new ConnError("CONN_ROW_INVALID", "The rows do not fit the schema:", {
    problems: problems.slice(0, mostProblems),
    hint: "Correct the schema, or the data at its source.",
  });
}

function problemOf({ message, path = [] }: StandardIssue, row: number): Problem {
  const keys = path.map((part) => printable(String(typeof part === "object" ? part.key : part)));
  const place = keys.length > 0 ? `row ${row}, column "${keys.join(".")}"` : `row ${row}`;
  return { message: `${place}: ${printable(message)}`, path: [row, ...keys].join(".") };
}
