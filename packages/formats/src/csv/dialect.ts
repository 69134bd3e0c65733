import { type Dialect, scan } from "./scan.ts";

const delimiters = [",", ";", "\t", "|"];

/** Records that are compared. */
const sampled = 100;

/**
 * The delimiter that parts the first lines into the same number of cells most often, more cells before fewer;
 * a comma, or what is given, where none does.
 */
export function detectDelimiter(
  head: Buffer,
  quote: number,
  complete: boolean,
  otherwise = 44,
): number {
  let best = { delimiter: otherwise, score: 0 };
  for (const candidate of delimiters) {
    const dialect: Dialect = { delimiter: candidate.charCodeAt(0), quote };
    const score = scoreOf(head, dialect, complete);
    if (score > best.score) best = { delimiter: dialect.delimiter, score };
  }
  return best.delimiter;
}

/** The share of lines as wide as the first, and the cells of a line as the tie's end. */
function scoreOf(head: Buffer, dialect: Dialect, complete: boolean): number {
  const copy = Buffer.alloc(head.length + 1);
  head.copy(copy);
  let at = 0;
  let width = 0;
  let same = 0;
  let all = 0;
  while (at < head.length && all < sampled) {
    const options = { dialect, width: 0, final: complete, fill: false, maxRows: 1 };
    const { width: cells, rows, end } = scan(copy, at, head.length, options);
    if (rows === 0) break;
    width ||= cells;
    all++;
    if (cells === width) same++;
    at = end;
  }
  return width < 2 ? 0 : same / all + width / 1e6;
}
