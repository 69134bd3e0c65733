import { Table } from "@conn/core";
import type { Statement } from "@conn/core/sql";
import type { QueryRunner } from "typeorm";
import type { ExecuteResult } from "../engine.ts";

type Row = Record<string, unknown>;

export async function readRows(
  runner: QueryRunner,
  { text, values }: Statement,
  maxRows: number = Infinity,
): Promise<Table> {
  const started = performance.now();
  const { records } = await runner.query(text, [...values], true);
  const rows = (records as Row[] | undefined) ?? [];
  const truncated = rows.length > maxRows;
  return Table.fromRows(truncated ? rows.slice(0, maxRows) : rows, {
    meta: { ms: performance.now() - started, ...(truncated ? { truncated } : {}) },
  });
}

export async function executeOn(
  runner: QueryRunner,
  { text, values }: Statement,
): Promise<ExecuteResult> {
  const { records, affected } = await runner.query(text, [...values], true);
  const rows = Table.fromRows((records as Row[] | undefined) ?? []);
  return { rowCount: affected ?? rows.length, rows };
}
