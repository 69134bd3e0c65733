const slots = 256;
/** Longer texts rarely repeat, and cost little beside their length. */
const longest = 64;

/** Texts of a column, most of which come again and again: what came before need not be decoded anew. */
export class Texts {
  readonly #seen: string[] = [];

  /** The bytes from `start` to `end` as UTF-8. */
  at(bytes: Buffer, start: number, end: number): string {
    const length = end - start;
    if (length === 0) return "";
    if (length > longest) return bytes.toString("utf8", start, end);
    const middle = bytes[start + (length >> 1)]! * 7 + bytes[end - 1]! * 31;
    const slot = (length + bytes[start]! + middle) & (slots - 1);
    const seen = this.#seen[slot];
    if (seen !== undefined && seen.length === length && isAt(seen, bytes, start)) return seen;
    const text = bytes.toString("utf8", start, end);
    this.#seen[slot] = text;
    return text;
  }
}

/** Text that is not ASCII has fewer characters than bytes, and is compared with none. */
function isAt(text: string, bytes: Buffer, start: number): boolean {
  for (let index = 0; index < text.length; index++)
    if (text.charCodeAt(index) !== bytes[start + index]) return false;
  return true;
}
