import { readdirSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { readTable } from "../src/index.ts";
import { source } from "./help.ts";

/** The corpus that Parquet's own readers are tested with: `fixtures/parquet-testing/README.md`. */
const folder = new URL("fixtures/parquet-testing/", import.meta.url);
const expected = JSON.parse(readFileSync(new URL("expected.json", folder), "utf8")) as Record<
  string,
  { readonly length: number; readonly rows: unknown }
>;
const files = readdirSync(folder).filter((name) => name.endsWith(".parquet"));

it.each(files)("reads %s of parquet-testing as pyarrow does", async (name) => {
  const table = await readTable(source(name, readFileSync(new URL(name, folder))));
  expect(table.length).toBe(expected[name]?.length);
  expect(JSON.parse(JSON.stringify(table.head(8).rows(), plain))).toEqual(expected[name]?.rows);
});

/** As JSON can hold it. */
function plain(_key: string, value: unknown): unknown {
  if (typeof value === "bigint") return String(value);
  return value instanceof Uint8Array ? Buffer.from(value).toString("hex") : value;
}
