import { ConnError, Table } from "@conn/core";
import { noColumn } from "../absent.ts";
import { Breath } from "../breathe.ts";
import { limitOf } from "../limits.ts";
import type { FormatOptions } from "../options.ts";
import { namedColumns, testedColumns } from "../select.ts";
import type { ByteSource } from "../source.ts";
import { elementPieces, isBlank, linePieces } from "./elements.ts";
import { parseJson, type Place } from "./parse.ts";

/** Rows of a batch, about, where nothing is said. */
const batchRows = 65_536;

/** One value on each line: objects are rows, anything else is the row's `value`. */
export async function* readJsonLines(
  source: ByteSource,
  options: FormatOptions,
): AsyncGenerator<Table, void, undefined> {
  const depth = limitOf(options, "depth");
  const rows = new Rows(options);
  const breath = new Breath();
  for await (const { text, line } of linePieces(source, options)) {
    for (const value of parseLines(text, { file: source.name, line, depth })) rows.push(value);
    if (rows.full) yield rows.take();
    await breath.take(options.signal);
  }
  if (rows.due) yield rows.takeLast();
}

/** An array of rows, or one row; a file of lines that has the wrong name is read as what it is. */
export async function* readJsonRows(
  source: ByteSource,
  options: FormatOptions,
): AsyncGenerator<Table, void, undefined> {
  const depth = limitOf(options, "depth");
  const rows = new Rows(options);
  const breath = new Breath();
  for await (const { text, line, whole } of elementPieces(source, options)) {
    const place: Place = { file: source.name, line, depth };
    if (whole && isLines(text)) {
      for (const value of parseLines(text, place)) rows.push(value);
    } else if (whole) rows.push(parseJson(text, place));
    else for (const value of parseList(text, place)) rows.push(value);
    if (rows.full) yield rows.take();
    await breath.take(options.signal);
  }
  if (rows.due) yield rows.takeLast();
}

/** The engine's parser is quickest on many values at once; a mistake is then looked for line by line. */
function parseLines(text: string, place: Place): unknown[] {
  const lines = text.split("\n");
  const filled = lines.filter((line) => !isBlank(line));
  try {
    const values = parseJson(`[${filled.join(",")}]`, {
      ...place,
      depth: place.depth + 1,
    }) as unknown[];
    // Two values on a line would pass as two lines.
    if (values.length === filled.length) return values;
  } catch (error) {
    if (!(error instanceof ConnError)) throw error;
  }
  return lines.flatMap((line, index) =>
    isBlank(line) ? [] : [parseJson(line, { ...place, line: place.line + index })],
  );
}

function parseList(text: string, place: Place): unknown[] {
  return parseJson(`[${text}\n]`, place) as unknown[];
}

/** Whether the first line is a value of its own, and another follows. */
function isLines(text: string): boolean {
  const end = text.indexOf("\n");
  if (end < 0 || isBlank(text.slice(end))) return false;
  try {
    JSON.parse(text.slice(0, end));
    return true;
  } catch {
    return false;
  }
}

/** Collects values into tables. */
class Rows {
  readonly #options: FormatOptions;
  readonly #wanted: ReadonlySet<string> | undefined;
  readonly #tested: ReadonlySet<string>;
  readonly #batchSize: number;
  #rows: object[] = [];
  // A file may announce columns that later batches lack.
  #names = new Set<string>();
  #first = true;

  constructor(options: FormatOptions) {
    this.#options = options;
    this.#wanted = namedColumns(options);
    this.#tested = testedColumns(options);
    const { batchSize = batchRows } = options;
    // Objects take much more memory than columns, so even one table for all is made of several.
    this.#batchSize = Math.min(batchSize, batchRows);
  }

  push(value: unknown): void {
    const isRow = typeof value === "object" && value !== null && !Array.isArray(value);
    const row = isRow ? value : { value };
    for (const name in row) this.#names.add(name);
    this.#rows.push(row);
  }

  get full(): boolean {
    return this.#rows.length >= this.#batchSize;
  }

  /** Whether a table is to come: of what is left, or of nothing where there was nothing. */
  get due(): boolean {
    return this.#rows.length > 0 || this.#first;
  }

  /** What is left. Errors: `CONN_ARGUMENT` for a column that no row had. */
  takeLast(): Table {
    const missing = [...(this.#wanted ?? this.#tested)].find((name) => !this.#names.has(name));
    if (missing !== undefined && this.#names.size > 0) {
      const names = [...this.#names];
      if (!this.#options.columns?.includes(missing))
        throw noColumn(missing, names, `\`where\` names "${missing}", and no row has it.`);
      throw noColumn(missing, names);
    }
    return this.take();
  }

  take(): Table {
    const { types = {} } = this.#options;
    const names = [...this.#names].filter((name) => this.#wanted?.has(name) ?? true);
    // A later row may have what none had so far.
    for (const name of this.#wanted ?? this.#tested)
      if (!this.#names.has(name) && this.#rows.length > 0) names.push(name);
    const columns = names.map((name) => ({
      name,
      ...(Object.hasOwn(types, name) ? { type: types[name] } : {}),
    }));
    const table = Table.fromRows(this.#rows, { columns }) as Table;
    this.#rows = [];
    this.#first = false;
    return table;
  }
}
