import type { Statement } from "@conn/core/sql";
import type { FieldPacket, PoolConnection, ResultSetHeader } from "mysql2";
import type { ColumnPlan } from "../columns.ts";
import { RowCollector } from "../row-collector.ts";
import { verbOf } from "../statement.ts";
import { type Field, planField } from "./types.ts";

/** What a statement gave: rows, or a header. */
export interface Answer {
  readonly fields: readonly Field[];
  readonly rows: RowCollector;
  readonly header: ResultSetHeader | undefined;
}

/** Values are bound already. */
type Sent = Pick<Statement, "text"> & Partial<Pick<Statement, "values">>;

/** What can be prepared without parameters; much else cannot. */
const rowVerbs: ReadonlySet<string> = new Set(["SELECT", "WITH", "VALUES", "TABLE"]);

export interface RowStream {
  readonly rows: AsyncIterable<unknown[]>;
  /** Known from the first row on, or the end. */
  readonly plans: () => ColumnPlan[];
}

/** Sends a statement, and reads its rows no faster than they are taken. */
export function streamRows(
  client: PoolConnection,
  { text, values, source }: Statement,
  highWaterMark: number,
): RowStream {
  const query =
    values.length > 0 || rowVerbs.has(verbOf(source))
      ? client.execute({ sql: text, values: values as never, rowsAsArray: true })
      : client.query({ sql: text, rowsAsArray: true });
  let fields: readonly Field[] = [];
  query.on("fields", (found: FieldPacket[] | undefined) => {
    fields = found ?? [];
  });
  const rows = query.stream({ objectMode: true, highWaterMark });
  // Who waits for rows is not told that the connection broke.
  const end = (error: Error): void => void rows.destroy(error);
  client.once("error", end);
  rows.once("close", () => client.off("error", end));
  return {
    rows,
    plans: () => fields.map(planField),
  };
}

/** Runs a statement: prepared where it has values, in one round trip where it has none. Rows are read as they come. */
export function send(
  client: PoolConnection,
  { text, values = [] }: Sent,
  prepared: boolean = values.length > 0,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    // Told here alone, also where the connection was broken before.
    client.once("error", reject);
    const options = { sql: text, rowsAsArray: true };
    const command = prepared
      ? client.execute({ ...options, values: values as never })
      : client.query(options);
    let fields: readonly Field[] = [];
    let rows: RowCollector | undefined;
    let header: ResultSetHeader | undefined;
    let failure: Error | undefined;
    command.on("fields", (found: readonly Field[] | undefined) => {
      if (!found || rows) return;
      fields = found;
      rows = new RowCollector(fields.map(planField));
    });
    const take = (result: unknown[] | ResultSetHeader, index = 0): void => {
      // Thrown in here, it would end the process.
      try {
        if (!Array.isArray(result)) header = result;
        else if (index === 0) rows?.add(result);
      } catch (error) {
        failure ??= error as Error;
      }
    };
    // An emitter's way to the one listener of each row would cost a twentieth of the reading.
    const { emit } = command;
    command.emit = (event: string, first?: unknown, second?: unknown): boolean => {
      if (event !== "result") return emit.call(command, event, first, second);
      take(first as unknown[], second as number);
      return true;
    };
    command.on("error", reject);
    command.on("end", () => {
      client.off("error", reject);
      if (failure) reject(failure);
      else
        resolve({ fields, rows: rows ?? new RowCollector([]), header: rows ? undefined : header });
    });
  });
}
