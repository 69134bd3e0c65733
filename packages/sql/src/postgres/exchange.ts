import type { ColumnPlan } from "../columns.ts";
import { RowCollector } from "../row-collector.ts";
import { bindValue } from "./bind.ts";
import type { Named } from "./prepared.ts";
import { type Field, planField } from "./types.ts";

/** What a statement gave. */
export interface Answer {
  readonly rowCount: number;
  readonly rows: RowCollector;
}

export interface Sent {
  readonly text: string;
  readonly values?: readonly unknown[] | undefined;
  /** Rows that are kept; further ones are counted alone. Default: all. */
  readonly most?: number | undefined;
  /** What the server keeps it as; without it, for this once. */
  readonly named?: Named | undefined;
  /** Names that the server may forget. */
  readonly closing?: readonly string[] | undefined;
}

/** The parts of pg's connection that send a statement. */
interface Outgoing {
  readonly stream: { cork(): void; uncork(): void };
  parse(message: { readonly name: string; readonly text: string }): void;
  bind(message: {
    readonly statement: string;
    readonly values: readonly (string | Buffer | null)[];
  }): void;
  describe(message: { readonly type: "P"; readonly name: string }): void;
  execute(message: object): void;
  close(message: { readonly type: "S"; readonly name: string }): void;
  sync(): void;
  sendCopyFail(reason: string): void;
}

/**
 * One statement over the extended protocol, in the form in which pg's clients take what is not a query
 * of their own: it is never more than one statement, no value is part of it, and the cells of its rows
 * go from the protocol's messages to the columns, without objects between.
 */
export class Exchange {
  readonly #sent: Sent;
  readonly #resolve: (answer: Answer) => void;
  readonly #reject: (error: Error) => void;
  #rows: RowCollector | undefined;
  #plans: readonly ColumnPlan[] | undefined;
  #rowCount = 0;
  #failure: Error | undefined;

  constructor(sent: Sent, resolve: (answer: Answer) => void, reject: (error: Error) => void) {
    this.#sent = sent;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  submit(connection: Outgoing): void {
    const { text, values = [], named, closing = [] } = this.#sent;
    const { name = "", plans } = named ?? {};
    // One packet for the messages.
    connection.stream.cork();
    try {
      for (const each of closing) connection.close({ type: "S", name: each });
      if (!plans) connection.parse({ name, text });
      connection.bind({ statement: name, values: values.map(bindValue) });
      if (!plans) connection.describe({ type: "P", name: "" });
      connection.execute({});
      connection.sync();
    } finally {
      connection.stream.uncork();
    }
    // While the server is at work already.
    if (plans) this.#rows = new RowCollector(plans, this.#sent.most);
  }

  handleRowDescription({ fields }: { readonly fields: readonly Field[] }): void {
    this.#plans = fields.map(planField);
    this.#rows = new RowCollector(this.#plans, this.#sent.most);
  }

  handleDataRow({ fields }: { readonly fields: readonly (string | null)[] }): void {
    // Thrown in here, it would end the process.
    try {
      this.#rows!.add(fields);
    } catch (error) {
      this.#failure ??= error as Error;
    }
  }

  handleCommandComplete({ text }: { readonly text: string }): void {
    // `INSERT 0 2`, `SELECT 3`, `CREATE TABLE`.
    this.#rowCount = Number(/\d+$/.exec(text)?.[0] ?? 0);
  }

  handleReadyForQuery(): void {
    // From now on the server knows the name.
    if (this.#sent.named) this.#sent.named.plans ??= this.#plans;
    if (this.#failure) this.#reject(this.#failure);
    else this.#resolve({ rowCount: this.#rowCount, rows: this.#rows ?? new RowCollector([]) });
  }

  /** The server goes on to the end of the exchange by itself, and the client is ready after it. */
  handleError(error: Error): void {
    this.#reject(error);
  }

  handleEmptyQuery(): void {}

  handleCopyInResponse(connection: Outgoing): void {
    connection.sendCopyFail("There is nothing to copy.");
  }

  handleCopyData(): void {}
}
