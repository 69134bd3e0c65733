const narrow = /^[\x20-\x7e\xa0-\u02ff]*$/;
// East Asian Wide and Fullwidth: https://www.unicode.org/reports/tr11/
const wide =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{1b2ff}\u{20000}-\u{3fffd}]/u;

// Both are costly to make, and most tables need neither.
let segmenter: Intl.Segmenter | undefined;
let emoji: RegExp | undefined;

/** Columns that the text takes in a terminal. The text has gone through `printable`. */
export function widthOf(text: string): number {
  if (narrow.test(text)) return text.length;
  let width = 0;
  for (const grapheme of graphemes(text)) width += graphemeWidth(grapheme);
  return width;
}

/** The text cut to `most` columns, with an ellipsis where something was cut off. */
export function clip(text: string, most: number): string {
  // Grapheme by grapheme is slow, and what lies far beyond the cut does not matter.
  const near = text.length > most * 16 ? text.slice(0, most * 16) : text;
  if (near === text && widthOf(text) <= most) return text;
  let [clipped, width] = ["", 0];
  for (const grapheme of graphemes(near)) {
    width += graphemeWidth(grapheme);
    if (width > most - 1) break;
    clipped += grapheme;
  }
  return `${clipped}…`;
}

/** The text filled up with spaces to `width` columns. */
export function pad(text: string, width: number, right = false): string {
  const spaces = " ".repeat(Math.max(0, width - widthOf(text)));
  return right ? spaces + text : text + spaces;
}

function* graphemes(text: string): Generator<string> {
  segmenter ??= new Intl.Segmenter(undefined, { granularity: "grapheme" });
  for (const { segment } of segmenter.segment(text)) yield segment;
}

function graphemeWidth(grapheme: string): number {
  emoji ??= new RegExp(String.raw`^\p{RGI_Emoji}$|\p{Emoji_Presentation}`, "v");
  return wide.test(grapheme) || emoji.test(grapheme) ? 2 : 1;
}
