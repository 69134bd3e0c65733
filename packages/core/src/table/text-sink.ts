import type { Storage } from "./column.ts";
import type { Sink } from "./sink.ts";
import { TextDictionary } from "./text-dictionary.ts";
import type { ColumnType } from "./types.ts";

/** Texts that are kept as they come, before there are enough of them to repay a dictionary. */
const few = 64;

/** Text: a dictionary where there are many and they repeat, else the strings themselves. */
export class TextSink implements Sink {
  readonly type: ColumnType;
  length = 0;
  nulls = 0;
  #plain: (string | null)[] = [];
  #dictionary: TextDictionary | undefined;

  constructor(type: ColumnType) {
    this.type = type;
  }

  add(value: unknown): boolean {
    let text: string | null;
    if (typeof value === "string") text = value;
    else if (value === null || value === undefined) {
      text = null;
      this.nulls++;
    } else if (
      this.type === "decimal" &&
      (typeof value === "number" || typeof value === "bigint")
    ) {
      text = Object.is(value, -0) ? "-0" : String(value);
    } else return false;
    if (this.length === few) this.#encode();
    if (!this.#dictionary?.add(text)) this.#addPlain(text);
    this.length++;
    return true;
  }

  get(row: number): unknown {
    return this.#dictionary ? this.#dictionary.get(row) : this.#plain[row];
  }

  finish(): Storage {
    return this.#dictionary?.finish() ?? { kind: "plain", data: this.#plain };
  }

  #encode(): void {
    this.#dictionary = new TextDictionary();
    for (const text of this.#plain) this.#dictionary.add(text);
    this.#plain = [];
  }

  #addPlain(text: string | null): void {
    if (this.#dictionary) this.#plain = this.#dictionary.texts();
    this.#dictionary = undefined;
    this.#plain.push(text);
  }
}
