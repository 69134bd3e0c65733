import { EventEmitter } from "node:events";
import type { Statement } from "@conn/core/sql";
import type { FieldPacket, PoolConnection, ResultSetHeader } from "mysql2";
import type { ColumnPlan } from "../columns.ts";
import { RowCollector } from "../row-collector.ts";
import { verbOf } from "../statement.ts";
import { expectedPlans, type Plans, plansFor } from "./plans.ts";
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
    const answering = new Answering(text, waitingFor(client), resolve, reject);
    const options = { sql: text, values: values as never, rowsAsArray: true };
    const command: Command = prepared ? client.execute(options) : client.query(options);
    command[answeringOf] = answering;
    command.emit = emit;
    // While the server is at work already.
    answering.expect();
  });
}

const answeringOf = Symbol("conn.answering");

type Command = ReturnType<PoolConnection["query"]> & { [answeringOf]?: Answering };

/**
 * Takes the place of a command's own `emit`: an emitter's way to one listener would cost a twentieth of
 * reading many rows. One function for all commands: one for each, with what it holds, would outlive the
 * engine's quick collections.
 */
function emit(this: Command, event: string, first?: unknown, second?: unknown): boolean {
  const answering = this[answeringOf]!;
  if (event === "result") {
    answering.take(first as unknown[] | ResultSetHeader, second as number | undefined);
    return true;
  }
  if (event === "fields") answering.begin(first as readonly Field[] | undefined);
  else if (event === "error") answering.fail(first as Error);
  else if (event === "end") answering.end();
  // An error that nobody listens to would be thrown.
  if (event === "error" && this.listenerCount(event) === 0) return true;
  return EventEmitter.prototype.emit.call(this, event, first, second);
}

/** What arrives of one answer. */
class Answering {
  readonly #text: string;
  readonly #waiting: Answering[];
  readonly #resolve: (answer: Answer) => void;
  readonly #reject: (error: Error) => void;
  /** What is likely to come, as it came before. */
  #expected: { readonly plans: Plans; readonly rows: RowCollector } | undefined;
  #fields: readonly Field[] = [];
  #rows: RowCollector | undefined;
  #header: ResultSetHeader | undefined;
  #failure: Error | undefined;

  constructor(
    text: string,
    waiting: Answering[],
    resolve: (answer: Answer) => void,
    reject: (error: Error) => void,
  ) {
    this.#text = text;
    this.#waiting = waiting;
    this.#resolve = resolve;
    this.#reject = reject;
    waiting.push(this);
  }

  expect(): void {
    const plans = expectedPlans(this.#text);
    if (plans) this.#expected = { plans, rows: new RowCollector(plans.columns) };
  }

  begin(fields: readonly Field[] | undefined): void {
    if (!fields || this.#rows) return;
    this.#fields = fields;
    const plans = plansFor(this.#text, fields, this.#expected?.plans);
    this.#rows =
      plans === this.#expected?.plans ? this.#expected.rows : new RowCollector(plans.columns);
  }

  take(result: unknown[] | ResultSetHeader, index = 0): void {
    // Thrown in here, it would end the process.
    try {
      if (!Array.isArray(result)) this.#header = result;
      else if (index === 0) this.#rows?.add(result);
    } catch (error) {
      this.#failure ??= error as Error;
    }
  }

  fail(error: Error): void {
    this.#leave();
    this.#reject(error);
  }

  end(): void {
    this.#leave();
    if (this.#failure) this.#reject(this.#failure);
    else
      this.#resolve({
        fields: this.#fields,
        rows: this.#rows ?? new RowCollector([]),
        header: this.#rows ? undefined : this.#header,
      });
  }

  #leave(): void {
    const index = this.#waiting.indexOf(this);
    if (index >= 0) this.#waiting.splice(index, 1);
  }
}

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
