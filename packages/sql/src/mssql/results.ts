import type { Table, TableMeta } from "@conn/core";
import type { ColumnPlan } from "../columns.ts";
import { RowCollector } from "../row-collector.ts";
import type { ColumnMetadata, Request } from "./driver.ts";
import { planColumn } from "./types.ts";

/** What is told of a request while it runs. */
export interface Listeners {
  readonly onRequest?: (request: Request) => void;
  readonly onColumns: (columns: readonly ColumnMetadata[]) => void;
  readonly onRow: (cells: unknown[]) => void;
  readonly onCount?: (count: number) => void;
}

/** One of the results of a statement, as it arrives. */
export class ResultSet {
  readonly #name: string;
  /** FOR JSON and FOR XML give one long text, in as many rows as it takes. */
  readonly #parts: string[] | undefined;
  readonly #rows: RowCollector;

  constructor(columns: readonly ColumnMetadata[], maxRows?: number) {
    const plans = columns.map(planColumn);
    const form = plans.length === 1 && /^(JSON|XML)_F52E2B61-/.exec(plans[0]!.spec.name)?.[1];
    this.#name = form ? form.toLowerCase() : "";
    this.#parts = form ? [] : undefined;
    this.#rows = form
      ? new RowCollector([{ spec: { name: this.#name, type: "string" } }])
      : new RowCollector(plans, maxRows);
  }

  /** Takes a row, and tells how many there are. */
  add(cells: readonly unknown[]): number {
    if (this.#parts) this.#parts.push(String(cells[0]));
    else this.#rows.add(cells);
    return this.#rows.length;
  }

  finish(meta: Partial<TableMeta>): Table {
    if (this.#parts && this.#parts.length > 0) this.#rows.add([this.#parts.join("")]);
    return this.#rows.finish(meta);
  }
}

/** Takes rows in, and lets the server pause where they are not taken out. */
export class Batches implements Listeners {
  ended = false;
  readonly #size: number;
  readonly #full: RowCollector[] = [];
  #filling: RowCollector | undefined;
  #plans: readonly ColumnPlan[] = [];
  #request: Request | undefined;
  #wake = (): void => {};

  constructor(size: number) {
    this.#size = size;
  }

  onRequest(request: Request): void {
    this.#request = request;
  }

  onColumns(columns: readonly ColumnMetadata[]): void {
    this.#plans = columns.map(planColumn);
  }

  onRow(cells: unknown[]): void {
    this.#filling ??= new RowCollector(this.#plans);
    this.#filling.add(cells);
    if (this.#filling.length < this.#size) return;
    this.#full.push(this.#filling);
    this.#filling = undefined;
    this.#request?.pause();
    this.#wake();
  }

  end(): void {
    this.ended = true;
    this.#wake();
  }

  /** Resolves when a batch is full, or nothing more comes. */
  ready(): Promise<void> {
    if (this.ended || this.#full.length > 0) return Promise.resolve();
    this.#request?.resume();
    return new Promise((resolve) => (this.#wake = resolve));
  }

  take(): RowCollector | undefined {
    const full = this.#full.shift();
    if (full || !this.ended) return full;
    const rest = this.#filling;
    this.#filling = undefined;
    return rest;
  }
}
