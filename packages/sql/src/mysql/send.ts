import { EventEmitter } from "node:events";
import type { Statement } from "@conn/core/sql";
import type { FieldPacket, PoolConnection, ResultSetHeader } from "mysql2";
import type { ColumnPlan } from "../columns.ts";
import { RowCollector } from "../row-collector.ts";
import { verbOf } from "../statement.ts";
import { plansFor } from "./plans.ts";
import { type Packet, TextRows, waysOf } from "./text-rows.ts";
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
    const answering = new Answering(text, prepared, waitingFor(client), resolve, reject);
    const options = { sql: text, values: values as never, rowsAsArray: true };
    const command: Command = prepared ? client.execute(options) : client.query(options);
    command[answeringOf] = answering;
    command.emit = emit;
    if (!prepared) command.row = firstRow;
  });
}

const answeringOf = Symbol("conn.answering");

/** A command of mysql2's, with what it leaves out of its types. */
type Command = ReturnType<PoolConnection["query"]> & {
  [answeringOf]?: Answering;
  /** Takes a packet that is a row, or the end of them; gives what takes the next one. */
  row?: (this: Command, packet: Packet, connection: unknown) => unknown;
  _rowParser?: { next(packet: Packet): unknown };
  readonly _resultIndex?: number;
};

/**
 * Takes the place of a command's own `emit`: an emitter's way to one listener would cost a twentieth of
 * reading many rows. One function for all commands: one for each, with what it holds, would outlive the
 * engine's quick collections.
 */
function emit(this: Command, event: string, first?: unknown, second?: unknown): boolean {
  const answering = this[answeringOf]!;
  if (event === "result") {
    answering.take(first as unknown[] | ResultSetHeader | undefined, second as number | undefined);
    return true;
  }
  if (event === "fields") answering.begin(first as readonly Field[] | undefined);
  else if (event === "error") answering.fail(first as Error);
  else if (event === "end") answering.end();
  // An error that nobody listens to would be thrown.
  if (this.listenerCount(event) === 0) return true;
  return EventEmitter.prototype.emit.call(this, event, first, second);
}

/**
 * Takes the place of a query's own `row` for its first row, and puts our reader in the place of the
 * driver's. A version of the driver that does not ask for it gives us its own rows.
 */
function firstRow(this: Command, packet: Packet, connection: unknown): unknown {
  const answering = this[answeringOf]!;
  if (this._resultIndex === 0 && answering.readsPackets) this._rowParser = answering;
  const { row } = Object.getPrototypeOf(this) as Required<Command>;
  return row.call(this, packet, connection);
}

/** What arrives of one answer. */
class Answering {
  readonly #text: string;
  readonly #prepared: boolean;
  readonly #waiting: Answering[];
  readonly #resolve: (answer: Answer) => void;
  readonly #reject: (error: Error) => void;
  #fields: readonly Field[] = [];
  #rows: RowCollector | undefined;
  #packets: TextRows | undefined;
  #header: ResultSetHeader | undefined;
  #failure: Error | undefined;

  constructor(
    text: string,
    prepared: boolean,
    waiting: Answering[],
    resolve: (answer: Answer) => void,
    reject: (error: Error) => void,
  ) {
    this.#text = text;
    this.#prepared = prepared;
    this.#waiting = waiting;
    this.#resolve = resolve;
    this.#reject = reject;
    waiting.push(this);
  }

  begin(fields: readonly Field[] | undefined): void {
    if (!fields || this.#rows) return;
    this.#fields = fields;
    const plans = plansFor(this.#text, fields);
    const ways = this.#prepared ? undefined : waysOf(fields);
    this.#packets = ways && new TextRows(ways, () => this.#rows!.addBatch());
    this.#rows = new RowCollector(plans, Infinity, this.#packets);
  }

  get readsPackets(): boolean {
    return this.#packets !== undefined;
  }

  /** A row that the driver did not read; it gets nothing for it. */
  next(packet: Packet): void {
    if (this.#failure) return;
    // Thrown in here, it would end the process.
    try {
      this.#packets!.add(packet);
    } catch (error) {
      this.#failure = error as Error;
    }
  }

  take(result: unknown[] | ResultSetHeader | undefined, index = 0): void {
    if (result === undefined || this.#failure) return;
    try {
      if (!Array.isArray(result)) this.#header = result;
      else if (index === 0) this.#rows?.add(result);
    } catch (error) {
      this.#failure = error as Error;
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
