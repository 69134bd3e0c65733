import { alternate, result, type Result, script } from "./measure.ts";

/** A million rows of DuckDB: as a Table beside what its own client makes of them. */
export async function measureDuckdb(): Promise<Result[]> {
  const { ours, rows, columns, stall } = await alternate(3, {
    ours: () => script("duckdb", "ours"),
    rows: () => script("duckdb", "rows"),
    columns: () => script("duckdb", "columns"),
    stall: () => script("duckdb", "stall"),
  });
  const measure = "DuckDB 1,000,000 x 6 to a Table";
  return [
    result(
      measure,
      "ms CPU",
      ours!,
      { name: "getRowObjectsJS", value: rows },
      { of: "ratio", most: 0.25 },
    ),
    result(
      measure,
      "ms CPU",
      ours!,
      { name: "getColumnsJS", value: columns },
      { of: "ratio", most: 0.5 },
    ),
    result("event loop held by that reading", "ms", stall!, undefined, { of: "ours", most: 50 }),
  ];
}
