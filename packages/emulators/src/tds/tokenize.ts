/** A part of a statement; names in brackets and strings are already as DuckDB writes them. */
export interface Token {
  readonly kind: "word" | "identifier" | "string" | "number" | "parameter" | "sign" | "raw";
  readonly text: string;
}

/**
 * The tokens of T-SQL, without comments. Tests write short and honest statements: nothing is done here
 * against long or evil ones.
 */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  for (let at = 0; at < text.length;) {
    const rest = text.slice(at);
    const comment = /^(?:\s+|--[^\n]*)+/.exec(rest)?.[0] ?? blockComment(rest);
    if (comment !== "") {
      at += comment.length;
      continue;
    }
    const { token, length } = readToken(rest);
    tokens.push(token);
    at += length;
  }
  return tokens;
}

function readToken(rest: string): { readonly token: Token; readonly length: number } {
  for (const [pattern, read] of patterns) {
    const found = pattern.exec(rest)?.[0];
    if (found !== undefined) return { token: read(found), length: found.length };
  }
  return { token: { kind: "sign", text: rest[0]! }, length: 1 };
}

const patterns: readonly (readonly [RegExp, (found: string) => Token])[] = [
  [/^N?'(?:[^']|'')*'/i, (found) => ({ kind: "string", text: found.replace(/^N/i, "") })],
  [/^"(?:[^"]|"")*"/, (found) => ({ kind: "identifier", text: found })],
  [
    /^\[(?:[^\]]|\]\])*\]/,
    (found) => ({
      kind: "identifier",
      text: `"${found.slice(1, -1).replaceAll("]]", "]").replaceAll('"', '""')}"`,
    }),
  ],
  [/^0x[\da-f]*/i, (found) => ({ kind: "raw", text: `from_hex('${found.slice(2)}')` })],
  [/^\d[\w.]*/, (found) => ({ kind: "number", text: found })],
  [/^@@\w+/, (found) => ({ kind: "word", text: found })],
  [/^@[\w$]+/, (found) => ({ kind: "parameter", text: found })],
  [/^[\p{L}_#][\p{L}\p{N}_$#@]*/u, (found) => ({ kind: "word", text: found })],
  [/^(?:<>|!=|<=|>=|::)/, (found) => ({ kind: "sign", text: found })],
];

/** Comments inside of comments count. */
function blockComment(rest: string): string {
  if (!rest.startsWith("/*")) return "";
  let depth = 0;
  for (let at = 0; at < rest.length; at++) {
    const pair = rest.slice(at, at + 2);
    if (pair === "/*") depth++;
    else if (pair === "*/" && --depth === 0) return rest.slice(0, at + 2);
    if (pair === "/*" || pair === "*/") at++;
  }
  return rest;
}
