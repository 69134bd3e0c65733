import type { Column, Core } from "./column.ts";
import { printable } from "./sanitize.ts";
import { isNumeric, textReader } from "./text.ts";
import { clip, pad, widthOf } from "./width.ts";

export interface PrintOptions {
  /** Columns of the terminal: its own width unless told, else 80. */
  readonly width?: number | undefined;
  /** Rows shown, the middle ones being left out: 20 unless told. */
  readonly rows?: number | undefined;
  /** Marks a null, in a terminal with colors. */
  readonly dim?: ((text: string) => string) | undefined;
}

/** A printed column: its name, then its shown cells; `undefined` stands for what was left out. */
interface Strip {
  readonly cells: readonly string[];
  readonly nulls: ReadonlySet<number>;
  readonly right: boolean;
  readonly width: number;
  /** A number or an instant cut short would be another one, so these keep their width. */
  readonly fixed: boolean;
}

/** A cell wider than this is clipped even where there is room. */
const widestCell = 60;
/** Below this many columns a cell says too little: rather leave a column out. */
const narrowestCell = 8;

/** The table as a box of lines that fits the terminal, followed by a line that counts rows and columns. */
export function printTable(core: Core, options: PrintOptions = {}): string {
  const width = Math.max(20, options.width ?? terminalWidth());
  const most = Math.max(2, Math.trunc(options.rows ?? 20));
  const shown = shownRows(core.length, most);
  const budget = fit(core, shown, width);
  const strips = budget.strips;
  const rule = (left: string, middle: string, right: string): string =>
    left + strips.map((strip) => "─".repeat(strip.width + 2)).join(middle) + right;
  const line = (index: number): string =>
    `│${strips
      .map((strip) => {
        const text = pad(clip(strip.cells[index]!, strip.width), strip.width, strip.right);
        return ` ${options.dim && strip.nulls.has(index) ? options.dim(text) : text} `;
      })
      .join("│")}│`;
  const lines: string[] = [];
  if (strips.length > 0) {
    lines.push(rule("┌", "┬", "┐"), line(0), rule("├", "┼", "┤"));
    for (let index = 1; index <= shown.length; index++) lines.push(line(index));
    lines.push(rule("└", "┴", "┘"));
  }
  lines.push(countLine(core, budget.left, width));
  return lines.join("\n");
}

/** `1,000 rows × 6 columns` */
export function sizeText({ length, columns }: Core): string {
  return `${counted(length, "row")} × ${counted(columns.length, "column")}`;
}

function terminalWidth(): number {
  const { process } = globalThis;
  return process?.stdout?.columns || 80;
}

/** Numbers of the rows to show; -1 is the gap in the middle. */
function shownRows(length: number, most: number): number[] {
  if (length <= most) return Array.from({ length }, (_, row) => row);
  const head = Math.ceil(most / 2);
  const tail = most - head;
  return [
    ...Array.from({ length: head }, (_, row) => row),
    -1,
    ...Array.from({ length: tail }, (_, row) => length - tail + row),
  ];
}

/** As many columns from both ends as fit at a readable width, and those left out of the middle. */
function fit(
  core: Core,
  shown: readonly number[],
  width: number,
): { strips: Strip[]; left: Column[] } {
  const { columns } = core;
  // A column takes three characters besides its cells, so more than these never fit.
  const possible = Math.min(columns.length, Math.ceil(width / 4));
  const strips = new Map<number, Strip>();
  const stripAt = (index: number): Strip => {
    const known = strips.get(index) ?? stripOf(columns[index]!, shown);
    strips.set(index, known);
    return known;
  };
  for (let count = possible; ; count--) {
    const head = Math.ceil(count / 2);
    const indexes = columns.map((_, index) => index);
    const left = columns.slice(head, columns.length - (count - head));
    const kept = [...indexes.slice(0, head), ...indexes.slice(columns.length - (count - head))].map(
      stripAt,
    );
    if (left.length > 0) kept.splice(head, 0, gap(shown.length));
    const taken = kept.reduce((sum, strip) => sum + 3 + (strip.fixed ? strip.width : 0), 1);
    const flexible = kept.filter((strip) => !strip.fixed).map((strip) => strip.width);
    const cap = fairCap(flexible, width - taken);
    if ((taken <= width && cap >= narrowestCell) || count <= 1) {
      const narrowed = kept.map((strip) => {
        const most = strip.fixed ? width - 4 : Math.max(1, cap);
        return { ...strip, width: Math.min(strip.width, most) };
      });
      return { strips: narrowed, left };
    }
  }
}

/** The largest width that, as a limit to all, makes their sum at most `available`. */
function fairCap(widths: readonly number[], available: number): number {
  let rest = available;
  const ascending = [...widths].sort((a, b) => a - b);
  for (const [index, width] of ascending.entries()) {
    const share = Math.floor(rest / (ascending.length - index));
    if (width > share) return share;
    rest -= width;
  }
  return Number.POSITIVE_INFINITY;
}

function stripOf(column: Column, shown: readonly number[]): Strip {
  const read = textReader(column);
  const nulls = new Set<number>();
  const cells = [shownText(column.name)];
  for (const row of shown) {
    const text = row < 0 ? "…" : read(row);
    if (text === null) nulls.add(cells.length);
    cells.push(shownText(column.type === "timestamp" ? briefInstant(text) : (text ?? "null")));
  }
  const fixed = isNumeric(column) || column.type === "timestamp";
  const [name = 0, ...widths] = cells.map(widthOf);
  const width = Math.min(widestCell, Math.max(1, fixed ? Math.min(name, 16) : name, ...widths));
  return { cells, nulls, right: isNumeric(column), width, fixed };
}

/** `2023-05-02 09:30:00Z`: without the letter between and the zeros behind. */
function briefInstant(text: string | null): string {
  return text?.replace("T", " ").replace(/\.000Z$/, "Z") ?? "null";
}

function gap(rows: number): Strip {
  return {
    cells: Array.from({ length: rows + 1 }, () => "…"),
    nulls: new Set(),
    right: false,
    width: 1,
    fixed: true,
  };
}

function shownText(text: string): string {
  // What lies beyond the widest cell is never seen; a cell may hold megabytes.
  return printable(text.length > 1000 ? `${text.slice(0, 1000)}…` : text);
}

function countLine(core: Core, left: readonly Column[], width: number): string {
  if (left.length === 0) return sizeText(core);
  const names = left.slice(0, 50).map(({ name }) => shownText(name));
  return clip(
    `${sizeText(core)}, ${counted(left.length, "more column")}: ${names.join(", ")}`,
    width,
  );
}

function counted(count: number, noun: string): string {
  return `${count.toLocaleString("en-US")} ${noun}${count === 1 ? "" : "s"}`;
}
