import type { SqlDialect } from "./dialect.ts";

export type TokenKind = "word" | "string" | "identifier" | "number" | "placeholder" | "operator";

/** A part of a statement that means something; comments and white space make no tokens. */
export interface Token {
  readonly kind: TokenKind;
  /** Offsets into the statement's text; `end` is the first character after. */
  readonly start: number;
  readonly end: number;
  /** `["name", "owner"]` for `:owner`, `["number", 0]` for `$1` and `@0`, `["next"]` for `?`. */
  readonly refers?: Reference;
}

export type Reference = readonly ["next"] | readonly ["number", number] | readonly ["name", string];

/**
 * Splits a statement into tokens in one pass, in time linear to its length: every construct that is
 * left open reaches to the end of the text, so that no part is read again and again.
 *
 * @param forced Offsets at which a `?` is a placeholder whatever stands around it.
 */
export function tokenize(text: string, facts: SqlDialect, forced?: ReadonlySet<number>): Token[] {
  const tokens: Token[] = [];
  const length = text.length;
  let brackets = 0;
  let at = 0;
  while (at < length) {
    const code = text.charCodeAt(at);
    if (isSpace(code)) {
      at++;
      continue;
    }
    const comment = commentEnd(text, at, code, facts);
    if (comment > at) {
      at = comment;
      continue;
    }
    const token = readToken(text, at, code, facts, {
      previous: tokens.at(-1),
      inBrackets: brackets > 0,
      forced: forced?.has(at) ?? false,
    });
    const opens = code === 0x5b || (code === 0x7b && facts.structs);
    if (opens && token.kind === "operator") brackets++;
    else if ((code === 0x5d || (code === 0x7d && facts.structs)) && brackets > 0) brackets--;
    tokens.push(token);
    at = token.end;
  }
  return tokens;
}

interface Surroundings {
  readonly previous: Token | undefined;
  readonly inBrackets: boolean;
  readonly forced: boolean;
}

function readToken(
  text: string,
  start: number,
  code: number,
  facts: SqlDialect,
  around: Surroundings,
): Token {
  if (isNameStart(code)) return readWord(text, start, code, facts);
  if (isDigit(code)) return { kind: "number", start, end: numberEnd(text, start) };
  const character = text[start]!;
  if (facts.identifierQuotes.includes(character)) {
    return {
      kind: "identifier",
      start,
      end: quotedEnd(text, start + 1, character === "[" ? "]" : character, false),
    };
  }
  if (character === "'" || character === '"') {
    return {
      kind: "string",
      start,
      end: quotedEnd(text, start + 1, character, facts.backslashEscapes),
    };
  }
  return (
    readPlaceholder(text, start, character, facts, around) ??
    readDollarQuote(text, start, character, facts) ??
    readOperator(text, start)
  );
}

function readWord(text: string, start: number, code: number, facts: SqlDialect): Token {
  if (facts.escapeStrings && (code | 0x20) === 0x65 && text[start + 1] === "'") {
    return { kind: "string", start, end: quotedEnd(text, start + 2, "'", true) };
  }
  return { kind: "word", start, end: skipWhile(text, start + 1, isWordPart) };
}

function readPlaceholder(
  text: string,
  start: number,
  character: string,
  facts: SqlDialect,
  around: Surroundings,
): Token | undefined {
  const next = text.charCodeAt(start + 1);
  switch (character) {
    case "?":
      if (around.forced) return { kind: "placeholder", start, end: start + 1, refers: ["next"] };
      if (facts.jsonOperators && isJsonOperator(text, start, around)) {
        // `??` is how JDBC writes the operator `?`, and drivers read it so.
        const end = start + (text[start + 1] === "?" || isJsonPair(text, start) ? 2 : 1);
        return { kind: "operator", start, end };
      }
      if (isDigit(next)) return numbered(text, start, 1);
      return { kind: "placeholder", start, end: start + 1, refers: ["next"] };
    case ":":
      // `::int` is a cast, and `[1:n]` a slice.
      if (text[start + 1] === ":") return { kind: "operator", start, end: start + 2 };
      if (!isNameStart(next) || (around.inBrackets && isOperand(text, around.previous)))
        return undefined;
      return named(text, start);
    case "$":
      if (facts.dollarNumbers && isDigit(next)) return numbered(text, start, 1);
      if (!facts.dollarNames || !isNameStart(next)) return undefined;
      return facts.dollarQuotes && opensDollarQuote(text, start) ? undefined : named(text, start);
    case "@":
      if (!facts.atNames) return undefined;
      if (text[start + 1] === "@")
        return { kind: "word", start, end: skipWhile(text, start + 2, isWordPart) };
      if (isDigit(next)) return numbered(text, start, 0);
      return isNameStart(next) ? named(text, start) : undefined;
    default:
      return undefined;
  }
}

function numbered(text: string, start: number, first: 0 | 1): Token {
  const end = skipWhile(text, start + 1, isDigit);
  return {
    kind: "placeholder",
    start,
    end,
    refers: ["number", Number(text.slice(start + 1, end)) - first],
  };
}

function named(text: string, start: number): Token {
  const end = skipWhile(text, start + 1, isPlaceholderPart);
  return { kind: "placeholder", start, end, refers: ["name", text.slice(start + 1, end)] };
}

/** In PostgreSQL a `?` after an operand asks whether a JSON value has a key; elsewhere it waits for a value. */
function isJsonOperator(text: string, start: number, around: Surroundings): boolean {
  if (text[start + 1] === "?") return true;
  return (
    isOperand(text, around.previous) ||
    (isJsonPair(text, start) &&
      around.previous !== undefined &&
      around.previous.kind !== "operator")
  );
}

/** `?|` and `?&`, but not the `?` of `? || 'x'` written without a space. */
function isJsonPair(text: string, start: number): boolean {
  const next = text[start + 1];
  return (next === "|" && text[start + 2] !== "|") || next === "&";
}

function isOperand(text: string, token: Token | undefined): boolean {
  if (!token) return false;
  switch (token.kind) {
    case "word":
      return !beforeExpressions.has(text.slice(token.start, token.end).toLowerCase());
    case "operator": {
      const last = text[token.end - 1];
      return last === ")" || last === "]";
    }
    case "string":
    case "identifier":
    case "number":
    case "placeholder":
      return true;
    default:
      return token.kind satisfies never;
  }
}

/** Key words that a value may follow. After any other word a `?` is PostgreSQL's operator. */
const beforeExpressions: ReadonlySet<string> = new Set(
  (
    "all and any array as asc between by case check collate default desc distinct else end escape except exists " +
    "fetch filter first for from group having ilike in intersect interval is isnull lateral like limit next not " +
    "notnull offset on only or order over partition returning row select set similar some symmetric then to union " +
    "using values when where with"
  ).split(" "),
);

function readDollarQuote(
  text: string,
  start: number,
  character: string,
  facts: SqlDialect,
): Token | undefined {
  if (character !== "$" || !facts.dollarQuotes) return undefined;
  const tagEnd = dollarTagEnd(text, start);
  if (text[tagEnd] !== "$") return undefined;
  const tag = text.slice(start, tagEnd + 1);
  const close = text.indexOf(tag, tagEnd + 1);
  return { kind: "string", start, end: close === -1 ? text.length : close + tag.length };
}

/** A name that begins right behind the digits goes on through `$`: in `1a$$` no dollar quote opens. */
function numberEnd(text: string, start: number): number {
  const end = skipWhile(text, start + 1, isNumberPart);
  return /[^\d.]/.test(text.slice(start, end)) ? skipWhile(text, end, isWordPart) : end;
}

function opensDollarQuote(text: string, start: number): boolean {
  return text[dollarTagEnd(text, start)] === "$";
}

function dollarTagEnd(text: string, start: number): number {
  return isNameStart(text.charCodeAt(start + 1))
    ? skipWhile(text, start + 2, isPlaceholderPart)
    : start + 1;
}

function readOperator(text: string, start: number): Token {
  // An astral character is one token, so that no slice cuts a surrogate pair.
  return { kind: "operator", start, end: start + (text.codePointAt(start)! > 0xffff ? 2 : 1) };
}

/** The offset after a comment that starts here, or `at` where none does. */
function commentEnd(text: string, at: number, code: number, facts: SqlDialect): number {
  if (code === 0x2d && text[at + 1] === "-") {
    const after = text.charCodeAt(at + 2);
    if (!facts.hashComments || Number.isNaN(after) || after <= 0x20)
      return facts.returnEndsComments
        ? Math.min(text.length, skipWhile(text, at + 2, isInLine) + 1)
        : lineEnd(text, at + 2);
  }
  if (code === 0x23 && facts.hashComments) return lineEnd(text, at + 1);
  if (code === 0x2f && text[at + 1] === "*") {
    const executable = facts.executableComments ? executableStart(text, at) : at;
    return executable > at ? executable : blockEnd(text, at + 2, facts.nestedComments);
  }
  // What closes an executable comment; its content was read as the code that it is.
  if (code === 0x2a && text[at + 1] === "/" && facts.executableComments) return at + 2;
  return at;
}

/** The offset after the opening of `/*!50000 …` and MariaDB's `/*M!100100 …`, whose content the server runs. */
function executableStart(text: string, at: number): number {
  const mark = text[at + 2] === "M" ? at + 3 : at + 2;
  return text[mark] === "!" ? skipWhile(text, mark + 1, isDigit) : at;
}

function lineEnd(text: string, from: number): number {
  const end = text.indexOf("\n", from);
  return end === -1 ? text.length : end + 1;
}

function blockEnd(text: string, from: number, nested: boolean): number {
  if (!nested) {
    const end = text.indexOf("*/", from);
    return end === -1 ? text.length : end + 2;
  }
  let depth = 1;
  let at = from;
  while (at < text.length) {
    const star = text.charCodeAt(at);
    if (star === 0x2a && text[at + 1] === "/") {
      at += 2;
      if (--depth === 0) return at;
    } else if (star === 0x2f && text[at + 1] === "*") {
      at += 2;
      depth++;
    } else {
      at++;
    }
  }
  return at;
}

/** The offset after the closing quote; a doubled quote stands for itself. */
function quotedEnd(text: string, from: number, quote: string, backslashes: boolean): number {
  const closing = quote.charCodeAt(0);
  for (let at = from; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x5c && backslashes) at++;
    else if (code === closing) {
      // SQL Server doubles `]]`; SQLite ends a bracketed identifier at the first, where `]]` is an error anyway.
      if (text.charCodeAt(at + 1) !== closing) return at + 1;
      at++;
    }
  }
  return text.length;
}

function skipWhile(text: string, from: number, test: (code: number) => boolean): number {
  let at = from;
  while (at < text.length && test(text.charCodeAt(at))) at++;
  return at;
}

/** White space of SQL, and what a paste from a web page or an editor brings: byte order marks, no-break spaces. */
function isSpace(code: number): boolean {
  if (code < 0x80) return code <= 0x20;
  return (
    code === 0xa0 ||
    code === 0xfeff ||
    code === 0x3000 ||
    code === 0x202f ||
    code === 0x205f ||
    (code >= 0x2000 && code <= 0x200b) ||
    code === 0x2028 ||
    code === 0x2029
  );
}

function isInLine(code: number): boolean {
  return code !== 0x0a && code !== 0x0d;
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

function isLetter(code: number): boolean {
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x7a;
}

function isNameStart(code: number): boolean {
  return isLetter(code) || code === 0x5f || (code >= 0x80 && !isSpace(code));
}

function isPlaceholderPart(code: number): boolean {
  return isNameStart(code) || isDigit(code);
}

function isWordPart(code: number): boolean {
  return isPlaceholderPart(code) || code === 0x24;
}

function isNumberPart(code: number): boolean {
  return isPlaceholderPart(code) || code === 0x2e;
}
