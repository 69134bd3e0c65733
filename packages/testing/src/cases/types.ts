import { isDeepStrictEqual } from "node:util";
import { Table } from "@conn/core";
import { type Case, group } from "../case.ts";
import { demand, settled } from "../demand.ts";
import { rowsOf } from "../result.ts";
import { values, type Values } from "../values.ts";

const make = group("types");

const sentences: { readonly [K in Exclude<keyof Values, "empty">]: string } = {
  null: "reads a missing value as null",
  boolean: "reads a truth value",
  bigint: "reads an integer beyond 2^53 to its last digit",
  decimal: "reads a decimal to its last digit",
  date: "reads a day without a shift of time zones",
  timestamp: "reads an instant to the millisecond",
  bytes: "reads bytes as they are",
  text: "reads text of every script",
};

export const typeCases: readonly Case[] = [
  make(
    "empty",
    "knows the columns of an empty result",
    ["values.empty"],
    async ({ connect, subject }) => {
      const { conn } = await connect();
      const table = await settled(
        Promise.resolve(subject.values!.empty!(conn)),
        "the read of an empty result",
      );
      demand(table instanceof Table, "The read of an empty result gives no Table.");
      demand(table.length === 0, `The read of an empty result gives ${table.length} rows.`);
      demand(
        table.columns.length > 0,
        "An empty result has lost its columns: give `columns` to the Table.",
      );
    },
  ),
  ...(Object.keys(sentences) as (keyof typeof sentences)[]).map((name) =>
    make(name, sentences[name], [`values.${name}`], async ({ connect, subject }) => {
      const { conn } = await connect();
      const result = await settled(
        Promise.resolve(subject.values![name]!(conn)),
        `the read of values.${name}`,
      );
      const rows = rowsOf(result);
      demand(
        rows.length === 1,
        `The read of values.${name} gives ${rows.length} rows and not one.`,
      );
      const [cell] = Object.values(rows[0]!);
      demand(same(cell, values[name]), `${show(values[name])} is read as ${show(cell)}.`);
    }),
  ),
];

function same(cell: unknown, expected: unknown): boolean {
  if (expected instanceof Uint8Array)
    return cell instanceof Uint8Array && Buffer.compare(cell, expected) === 0;
  return isDeepStrictEqual(cell, expected);
}

function show(value: unknown): string {
  if (typeof value === "bigint") return `${value}n`;
  if (value instanceof Date)
    return `Date(${Number.isNaN(value.getTime()) ? "invalid" : value.toISOString()})`;
  if (value instanceof Uint8Array) return `Uint8Array(${Buffer.from(value).toString("hex")})`;
  return JSON.stringify(value) ?? String(value);
}
