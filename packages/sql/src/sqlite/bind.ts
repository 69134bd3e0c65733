/**
 * A checked value in the form that every SQLite driver stores alike: `node:sqlite` stores a Date as
 * NULL and the number 1 as 1.0, better-sqlite3 refuses booleans.
 */
export function bindValue(value: unknown): unknown {
  switch (typeof value) {
    case "number":
      // As an integer, so that a column without a type keeps 1 as 1, and 7 / 2 is what SQL says.
      return Number.isSafeInteger(value) && !Object.is(value, -0) ? BigInt(value) : value;
    case "boolean":
      return value ? 1n : 0n;
    case "undefined":
      return null;
    case "object":
      return value instanceof Date ? utcText(value) : value;
    default:
      return value;
  }
}

/**
 * `2024-01-31 12:00:00.000`: how SQLite's own date functions and TypeORM write UTC, so that texts of
 * one column sort as the instants they mean.
 */
export function utcText(date: Date): string {
  return date.toISOString().replace("T", " ").slice(0, -1);
}
