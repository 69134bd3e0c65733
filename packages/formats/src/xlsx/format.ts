import { ConnError, type Table, TableBuilder } from "@conn/core";
import { didYouMean, importOptional } from "@conn/core/toolkit";
import type { Format } from "../format.ts";
import { limitOf, overLimit } from "../limits.ts";
import { collect } from "../open.ts";
import type { FormatOptions } from "../options.ts";
import { withPairs } from "./references.ts";
import { zipEntries } from "./zip.ts";

/** What is used of read-excel-file. */
interface Reader {
  default(file: ArrayBuffer): Promise<{ readonly sheet: string; readonly data: Cell[][] }[]>;
}

type Cell = string | number | boolean | Date | null;

/** Excel's workbooks since 2007, one sheet of them. */
export const xlsx: Format = {
  name: "xlsx",
  extensions: ["xlsx", "xlsm"],
  contentTypes: ["application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"],
  // A zip archive, and in its first entries what only such workbooks have.
  matches: (head) => {
    const text = Buffer.from(head).toString("latin1");
    return (
      text.startsWith("PK\u0003\u0004") && /\[Content_Types\]\.xml|xl\/workbook\.xml/.test(text)
    );
  },
  async *read(source, options) {
    const bytes = await collect(source.name, source.stream(options.signal), options);
    const limit = Math.min(limitOf(options, "decompressedSize"), 2 ** 32);
    const entries = zipEntries(bytes);
    if (entries === undefined) throw unreadable(source.name);
    if (entries.reduce((total, { size }) => total + size, 0) > limit)
      throw overLimit(source.name, "decompressedSize", limit, "Its archive holds too many bytes");
    const cells = await readCells(source.name, withPairs(bytes, entries), options);
    yield tableOf(source.name, cells, options);
  },
};

async function readCells(
  file: string,
  bytes: Uint8Array,
  { sheet = 1 }: FormatOptions,
): Promise<Cell[][]> {
  const name = "read-excel-file/universal";
  const reader = await importOptional(async () => (await import(name)) as Reader, {
    packageName: "read-excel-file",
    needed: "An Excel workbook",
  });
  let sheets: Awaited<ReturnType<Reader["default"]>>;
  try {
    // A copy: a Buffer's own memory may hold other things as well, and its `slice` does not copy.
    sheets = await reader.default(new Uint8Array(bytes).buffer);
  } catch (cause) {
    throw unreadable(file, cause);
  }
  const found =
    typeof sheet === "number" ? sheets[sheet - 1] : sheets.find((each) => each.sheet === sheet);
  if (found) return found.data;
  const names = sheets.map((each) => each.sheet);
  const near = didYouMean(String(sheet), names);
  throw new ConnError("CONN_ARGUMENT", `${file} has no sheet ${JSON.stringify(sheet)}.`, {
    hint: near ? `Did you mean "${near}"?` : `Its sheets: ${names.join(", ")}.`,
  });
}

function tableOf(file: string, rows: readonly Cell[][], options: FormatOptions): Table {
  const { header = true } = options;
  const width = rows.reduce((widest, { length }) => Math.max(widest, length), 0);
  const columns = limitOf(options, "columns");
  if (width > columns) throw overLimit(file, "columns", columns, "Its sheet has too many columns");
  const body = header ? rows.slice(1) : rows;
  const specs = Array.from({ length: width }, (_, index) => {
    const title = header ? (rows[0]?.[index] ?? null) : null;
    return { name: title === null ? `column_${index + 1}` : textOf(title), ...typeOf(body, index) };
  });
  const builder = new TableBuilder(specs);
  const chunks = specs.map(({ type }, index) =>
    body.map((row) => {
      const cell = row[index] ?? null;
      return type && cell ? textOf(cell, type) : cell;
    }),
  );
  builder.appendColumns(chunks, body.length);
  return builder.finish();
}

type DayType = "date" | "time" | "datetime";

/**
 * Excel knows no time zone, so that its times are none of UTC; a day without a time is a date, and a time
 * without a day, which Excel keeps as a fraction of its day 0, is a time.
 */
function typeOf(rows: readonly Cell[][], index: number): { readonly type?: DayType } {
  const types = new Set<DayType>();
  for (const row of rows) {
    const cell = row[index] ?? null;
    if (cell === null) continue;
    if (!(cell instanceof Date)) return {};
    if (Math.floor(cell.getTime() / day) === dayZero) types.add("time");
    else types.add(cell.getTime() % day === 0 ? "date" : "datetime");
  }
  const [type] = types;
  return type === undefined ? {} : { type: types.size === 1 ? type : "datetime" };
}

const day = 86_400_000;
const dayZero = Date.UTC(1899, 11, 30) / day;
const march = Date.UTC(1900, 2, 1);

function textOf(cell: Exclude<Cell, null>, type: DayType = "date"): string {
  if (!(cell instanceof Date)) return String(cell);
  const time = cell.getTime();
  // Excel has a 29th of February 1900, and counts what comes before it from a day later than the library does.
  const early = time < march && Math.floor(time / day) > dayZero;
  const text = new Date(early ? time + day : time)
    .toISOString()
    .slice(0, -1)
    .replace(/\.000$/, "");
  if (type === "datetime") return text;
  return type === "date" ? text.slice(0, 10) : text.slice(11);
}

function unreadable(file: string, cause?: unknown): ConnError {
  return new ConnError("CONN_FORMAT", `${file} is no whole Excel workbook.`, {
    cause,
    hint: "Open it in Excel and save it again as .xlsx, without a password.",
  });
}
