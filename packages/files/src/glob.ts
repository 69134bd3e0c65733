import { ConnError } from "@conn/core";

const magic = /[*?[{]/;

/** A pattern of paths: `*` and `?` within a name, `**` for folders at any depth, `[abc]`, `{csv,parquet}`. */
export interface Glob {
  /** What the name of every match starts with. */
  readonly prefix: string;
  /** Whether a match may lie in a folder below. */
  readonly deep: boolean;
  matches(path: string): boolean;
}

/** Whether a path is a pattern. A character of a pattern is meant itself in brackets: `[*]`. */
export function isGlob(path: string): boolean {
  return magic.test(path);
}

/** A pattern as the folder before its first choice, and the rest. */
export function splitGlob(pattern: string): { readonly folder: string; readonly rest: string } {
  const at = pattern.search(magic);
  const cut = pattern.lastIndexOf("/", at < 0 ? pattern.length : at) + 1;
  return { folder: pattern.slice(0, cut), rest: pattern.slice(cut) };
}

/** @throws CONN_ARGUMENT for a pattern that is not closed, or has too many choices. */
export function compileGlob(pattern: string): Glob {
  const patterns = expand(pattern).map((each) => each.split("/").map(compileSegment));
  const at = pattern.search(magic);
  const deep = pattern.includes("/") || pattern === "**";
  return {
    prefix: at < 0 ? pattern : pattern.slice(0, at),
    deep,
    matches: (path) => {
      const segments = path.split("/");
      return patterns.some((each) => matchPath(each, segments));
    },
  };
}

type Token = string | { readonly any: "one" | "many" } | { readonly set: CharacterSet };
type Segment = "**" | readonly Token[];

interface CharacterSet {
  readonly negated: boolean;
  readonly ranges: readonly (readonly [from: string, to: string])[];
}

const maxChoices = 256;

/** `{a,b}` as the patterns that it stands for. */
function expand(pattern: string): string[] {
  let results = [""];
  let at = 0;
  while (at < pattern.length) {
    const char = pattern[at]!;
    let choices = [char];
    let end = at + 1;
    if (char === "[") {
      end = closing(pattern, at, "]") + 1;
      choices = [pattern.slice(at, end)];
    } else if (char === "{") {
      end = closing(pattern, at, "}") + 1;
      choices = pattern.slice(at + 1, end - 1).split(",");
      if (choices.some((choice) => choice.includes("{")))
        throw invalid(pattern, "has braces in braces");
    }
    if (results.length * choices.length > maxChoices)
      throw invalid(pattern, `stands for more than ${maxChoices} patterns`);
    results = results.flatMap((start) => choices.map((choice) => start + choice));
    at = end;
  }
  return results;
}

function closing(pattern: string, start: number, char: string): number {
  // A bracket right after the opening one is meant itself: `[]]`.
  const from =
    char === "]"
      ? start + (/^\[!?\]/.exec(pattern.slice(start, start + 3))?.[0].length ?? 1)
      : start;
  const end = pattern.indexOf(char, from);
  if (end < 0) throw invalid(pattern, `has a ${pattern[start]} without its end`);
  return end;
}

function compileSegment(segment: string): Segment {
  if (segment === "**") return "**";
  const tokens: Token[] = [];
  for (let at = 0; at < segment.length; at++) {
    const char = segment[at]!;
    if (char === "*") {
      if (tokens.at(-1) !== many) tokens.push(many);
    } else if (char === "?") {
      tokens.push({ any: "one" });
    } else if (char === "[") {
      const end = closing(segment, at, "]");
      tokens.push({ set: compileSet(segment.slice(at + 1, end)) });
      at = end;
    } else {
      const point = String.fromCodePoint(segment.codePointAt(at)!);
      tokens.push(point);
      at += point.length - 1;
    }
  }
  return tokens;
}

const many: Token = { any: "many" };

function compileSet(text: string): CharacterSet {
  const negated = text.startsWith("!");
  const characters = Array.from(negated ? text.slice(1) : text);
  const ranges: [string, string][] = [];
  for (let at = 0; at < characters.length; at++) {
    const from = characters[at]!;
    const isRange = characters[at + 1] === "-" && at + 2 < characters.length;
    ranges.push([from, isRange ? characters[at + 2]! : from]);
    if (isRange) at += 2;
  }
  return { negated, ranges };
}

/** Takes at most the product of both lengths, as a walk that goes back to the last star alone does. */
function matchPath(pattern: readonly Segment[], path: readonly string[]): boolean {
  return walk(
    pattern,
    path,
    (segment) => segment === "**",
    (segment, name) => matchName(segment as readonly Token[], Array.from(name)),
  );
}

function matchName(pattern: readonly Token[], name: readonly string[]): boolean {
  return walk(pattern, name, (token) => token === many, matchCharacter);
}

function matchCharacter(token: Token, char: string): boolean {
  if (typeof token === "string") return token === char;
  if ("any" in token) return true;
  const { negated, ranges } = token.set;
  return negated !== ranges.some(([from, to]) => from <= char && char <= to);
}

function walk<P, T>(
  pattern: readonly P[],
  text: readonly T[],
  isStar: (part: P) => boolean,
  fits: (part: P, item: T) => boolean,
): boolean {
  let [at, item, star, mark] = [0, 0, -1, 0];
  while (item < text.length) {
    if (at < pattern.length && isStar(pattern[at]!)) {
      star = at++;
      mark = item;
    } else if (at < pattern.length && fits(pattern[at]!, text[item]!)) {
      at++;
      item++;
    } else if (star >= 0) {
      at = star + 1;
      item = ++mark;
    } else {
      return false;
    }
  }
  while (at < pattern.length && isStar(pattern[at]!)) at++;
  return at === pattern.length;
}

function invalid(pattern: string, why: string): ConnError {
  return new ConnError(
    "CONN_ARGUMENT",
    `The pattern ${JSON.stringify(pattern.slice(0, 120))} ${why}.`,
    {
      hint: "Put a character that is meant itself in brackets: [{], [*].",
    },
  );
}
