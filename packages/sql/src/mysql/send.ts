import type { Statement } from "@conn/core/sql";
import type { PoolConnection } from "mysql2";
import type { ColumnPlan } from "../columns.ts";
import { verbOf } from "../statement.ts";
import { type Answer, Answering, answerTo } from "./answering.ts";
import { Answers } from "./answers.ts";
import { BinaryRows, binaryWay } from "./binary-rows.ts";
import { TextRows, textWay } from "./text-rows.ts";
import { type Field, planField } from "./types.ts";

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
  query.on("fields", (found: readonly Field[] | undefined) => {
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
    const answers = prepared ? binary : textual;
    const answering = new Answering(text, answers, waitingFor(client), resolve, reject);
    const options = { sql: text, values: values as never, rowsAsArray: true };
    answerTo(prepared ? client.execute(options) : client.query(options), answering);
  });
}

const textual = new Answers(textWay, TextRows);
const binary = new Answers(binaryWay, BinaryRows);

const waiting = new WeakMap<PoolConnection, Answering[]>();

/** Those who wait for a client: where its connection breaks, or was broken before, it alone is told, and not the command. */
function waitingFor(client: PoolConnection): Answering[] {
  let all = waiting.get(client);
  if (!all) {
    const found: Answering[] = (all = []);
    waiting.set(client, found);
    client.on("error", (error: Error) => {
      for (const answering of found.slice()) answering.fail(error);
    });
  }
  return all;
}
