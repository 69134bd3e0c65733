// Controls, formats (bidi overrides, joiners), separators, halves of pairs, and all that draws nothing.
const hidden = String.raw`[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]`;
const suspicious = new RegExp(String.raw`${hidden}|^\p{M}|\p{M}{5}`, "u");

/** Marks on one letter that are drawn; a longer pile covers the lines around it. */
const marks = 4;

// An emoji of several code points is one alternative, because joiners are harmless inside it.
// The pattern is large, so it is made when the first text needs it.
let parts: RegExp | undefined;

/**
 * The text with everything that a terminal would obey or hide made visible: control characters, escape
 * sequences, line breaks, bidi overrides and zero-width characters as `\n`, `\x1b` or `\u{202e}`, long piles of
 * combining marks cut. Text of a server, a file or a user goes through it before it is shown. Linear in time.
 */
export function printable(text: string): string {
  if (!suspicious.test(text)) return text;
  parts ??= new RegExp(
    String.raw`(\p{RGI_Emoji})|(${hidden})|(^\p{M}+|\p{M}{${marks + 1},})`,
    "gv",
  );
  return text.replace(parts, (part, emoji?: string, control?: string, _pile?: string, at = 0) => {
    if (emoji !== undefined) return emoji;
    if (control !== undefined) return escape(control);
    const drawn = Array.from(part);
    const first = at === 0 ? "\u25cc" : "";
    return first + drawn.slice(0, marks).join("") + (drawn.length > marks ? "…" : "");
  });
}

/** The same for a text of several lines, which keeps its line breaks. */
export function printableLines(text: string): string {
  return suspicious.test(text) ? text.split("\n").map(printable).join("\n") : text;
}

const short: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

function escape(character: string): string {
  const code = character.codePointAt(0)!;
  const hexadecimal = code.toString(16);
  if (code < 0x100) return short[character] ?? `\\x${hexadecimal.padStart(2, "0")}`;
  return code < 0x1_0000 ? `\\u${hexadecimal.padStart(4, "0")}` : `\\u{${hexadecimal}}`;
}
