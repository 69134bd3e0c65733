import { cellReader, type Column, type Core, isValid } from "./column.ts";
import { printable } from "./sanitize.ts";

export interface CSVOptions {
  /** `,` unless told. */
  readonly delimiter?: string | undefined;
  /** Whether the first line holds the names: true unless told. */
  readonly header?: boolean | undefined;
  /**
   * `"raw"`, the default, writes every text as it is. `"escape"` puts an apostrophe before text that a
   * spreadsheet would run as a formula (`=`, `+`, `-`, `@`, tab, return at its start): for files that people open.
   */
  readonly formulas?: "raw" | "escape" | undefined;
}

/**
 * CSV by RFC 4180, with CRLF. Null is an empty field and the empty text is `""`, so that the two stay apart;
 * in a table of one column both are `""`, for readers skip empty lines.
 */
export function toCSV(core: Core, options: CSVOptions = {}): string {
  const { delimiter = ",", header = true, formulas = "raw" } = options;
  const quoted = (text: string): string =>
    text === "" || text.includes(delimiter) || /["\r\n]|^\s|\s$|^\ufeff/.test(text)
      ? `"${text.replaceAll('"', '""')}"`
      : text;
  const safe = (text: string): string =>
    formulas === "escape" && /^[=+\-@\t\r＝＋－＠]/.test(text) ? `'${text}` : text;
  const empty = core.columns.length === 1 ? '""' : "";
  const fields = core.columns.map((column) => {
    const read = textReader(column);
    const number = isNumeric(column);
    return (row: number): string => {
      const text = read(row);
      if (text === null) return empty;
      return quoted(number ? text : safe(text));
    };
  });
  const lines = header ? [core.columns.map(({ name }) => quoted(safe(name))).join(delimiter)] : [];
  for (let row = 0; row < core.length; row++)
    lines.push(fields.map((field) => field(row)).join(delimiter));
  return lines.map((line) => `${line}\r\n`).join("");
}

/** A GitHub-flavored Markdown table; pipes, backslashes, line breaks and tags in the data stay data. */
export function toMarkdown(core: Core): string {
  const readers = core.columns.map(textReader);
  let text = markdownLine(core.columns.map(({ name }) => markdownCell(name)));
  text += markdownLine(core.columns.map((column) => (isNumeric(column) ? "---:" : "---")));
  for (let row = 0; row < core.length; row++)
    text += markdownLine(readers.map((read) => markdownCell(read(row) ?? "")));
  return text;
}

/** Whether a column's cells are set flush right. */
export function isNumeric({ type }: Column): boolean {
  return type === "integer" || type === "float" || type === "decimal";
}

/**
 * A function from the row's number to text that says exactly what the cell holds: ISO 8601 for instants, down to
 * the microsecond; base64 for bytes, JSON for nested values; null for null.
 */
export function textReader({ type, storage }: Column): (row: number) => string | null {
  if (storage.kind === "instant") {
    return (row) => (isValid(storage.valid, row) ? instantText(storage.data[row]!) : null);
  }
  const read = cellReader(storage);
  return (row) => {
    const value = read(row);
    return value === null
      ? null
      : type === "json" && typeof value === "string"
        ? JSON.stringify(value)
        : cellText(value);
  };
}

/** Milliseconds since 1970 as ISO 8601, with six digits of a second where there are microseconds. */
export function instantText(ms: number): string {
  const date = new Date(ms);
  if (Number.isNaN(date.getTime())) return "Invalid Date";
  const micros = Math.round((ms - Math.floor(ms)) * 1000);
  if (micros === 0) return date.toISOString();
  const [whole, rest] =
    micros === 1000 ? [new Date(Math.floor(ms) + 1), 0] : [new Date(Math.floor(ms)), micros];
  return rest === 0
    ? whole.toISOString()
    : whole.toISOString().replace("Z", `${String(rest).padStart(3, "0")}Z`);
}

function cellText(value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value === "number") return Object.is(value, -0) ? "-0" : String(value);
  if (typeof value === "bigint" || typeof value === "boolean") return String(value);
  if (value instanceof Date) return instantText(value.getTime());
  if (value instanceof Uint8Array) return toBase64(value);
  return JSON.stringify(jsonValue(value));
}

/** The value as JSON can say it: bigint as decimal text, bytes as base64, maps as lists of pairs, sets as lists. */
export function jsonValue(value: unknown): unknown {
  if (typeof value === "bigint") return String(value);
  if (typeof value !== "object" || value === null || value instanceof Date) return value;
  if (value instanceof Uint8Array) return toBase64(value);
  if (value instanceof Map || value instanceof Set) return [...value].map(jsonValue);
  if (Array.isArray(value)) return value.map(jsonValue);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, jsonValue(item)]));
}

function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}

function markdownLine(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |\n`;
}

function markdownCell(text: string): string {
  return text
    .split(/\r\n|\r|\n/)
    .map((line) =>
      printable(line)
        .replace(/[\\|`*[]/g, String.raw`\$&`)
        .replaceAll("&", "&amp;")
        .replaceAll("<", "&lt;"),
    )
    .join("<br>");
}
