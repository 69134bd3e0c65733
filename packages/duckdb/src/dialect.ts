import type { SqlDialect } from "@conn/core/sql";

/** https://duckdb.org/docs/stable/sql/introduction; its grammar grew out of PostgreSQL's. */
export const duckdb: SqlDialect = {
  name: "duckdb",
  title: "DuckDB",
  identifierQuotes: '"',
  backslashEscapes: false,
  escapeStrings: true,
  dollarQuotes: true,
  nestedComments: true,
  hashComments: false,
  returnEndsComments: true,
  executableComments: false,
  jsonOperators: false,
  dollarNumbers: true,
  dollarNames: true,
  atNames: false,
  placeholder: (index) => `$${index + 1}`,
  emptyList: "select null where false",
  maxParameters: 65_535,
  maxIdentifier: Infinity,
  json: true,
  arrays: true,
  structs: true,
};

export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
