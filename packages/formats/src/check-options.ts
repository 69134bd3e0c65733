import { ConnError } from "@conn/core";
import { checkCount, checkOptions } from "@conn/core/toolkit";
import type { FormatOptions } from "./options.ts";

const names: Readonly<Record<keyof FormatOptions, true>> = {
  format: true,
  columns: true,
  where: true,
  limit: true,
  batchSize: true,
  types: true,
  delimiter: true,
  quote: true,
  header: true,
  nulls: true,
  ragged: true,
  encoding: true,
  compression: true,
  sheet: true,
  limits: true,
  signal: true,
};

/** @throws CONN_ARGUMENT for an option that is none, or of another form. */
export function checkReadOptions(options: FormatOptions): void {
  checkOptions("read", options, Object.keys(names));
  if (options.limit !== Infinity) checkCount("limit", options.limit, 0);
  if (options.batchSize !== Infinity) checkCount("batchSize", options.batchSize);
  const { columns, where } = options;
  if (columns !== undefined && !Array.isArray(columns))
    throw new ConnError("CONN_ARGUMENT", "`columns` is no list of names.", {
      hint: `Give for example { columns: ${JSON.stringify([typeof columns === "string" ? columns : "name"])} }.`,
    });
  if (where !== undefined && (typeof where !== "object" || where === null))
    throw new ConnError("CONN_ARGUMENT", "`where` is no object of conditions.", {
      hint: 'Give for example { where: { pet: "cat", age: { ">=": 2 } } }.',
    });
}
