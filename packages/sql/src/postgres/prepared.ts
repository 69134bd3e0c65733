import { randomUUID } from "node:crypto";
import type { ColumnPlan } from "../columns.ts";

/** A statement that the server keeps under a name, parsed and, after a few executions, planned. */
export interface Named {
  readonly name: string;
  /** Those of its result, once the server has it; before that it is still to be parsed. */
  plans: readonly ColumnPlan[] | undefined;
}

/** Statements that are remembered of a client: few enough for the server, which keeps each until it is closed. */
const most = 256;
/** Longer texts are seldom sent twice: lists of values, mostly. */
const longest = 10_000;

/** Behind a pooler another process's names are on the same servers. */
const prefix = `conn_${randomUUID().replaceAll("-", "")}`;
let names = 0;

/**
 * The statements of one client. One that comes again is named, so that the server need not parse it a
 * third time. Names are never used twice, in this process or any other: behind a pooler another client's
 * statement would answer.
 */
export class PreparedStatements {
  /** By text, the last used last; undefined for one that was sent once, null for one that stays nameless. */
  readonly #known = new Map<string, Named | undefined | null>();
  #closing: string[] = [];

  /** What to send a text as; undefined for without a name. */
  named(text: string): Named | undefined {
    if (text.length > longest) return undefined;
    const seen = this.#known.has(text);
    const known = this.#known.get(text);
    if (seen) this.#known.delete(text);
    else if (this.#known.size === most) this.#evict();
    const named =
      seen && known === undefined ? { name: `${prefix}_${++names}`, plans: undefined } : known;
    this.#known.set(text, named);
    return named ?? undefined;
  }

  /** Sends this text without a name from now on: what the server has under its name is of no use. */
  unname(text: string): void {
    this.#close(this.#known.get(text));
    this.#known.set(text, null);
  }

  /** Names that the server may forget, to be told to it with the next statement. */
  takeClosing(): readonly string[] {
    if (this.#closing.length === 0) return none;
    const closing = this.#closing;
    this.#closing = [];
    return closing;
  }

  #evict(): void {
    const [[text, oldest] = [""]] = this.#known;
    this.#known.delete(text);
    this.#close(oldest);
  }

  #close(named: Named | undefined | null): void {
    if (named) this.#closing.push(named.name);
  }
}

const none: readonly string[] = [];
