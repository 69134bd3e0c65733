import { ConnError } from "@conn/core";
import type { DialectFacts } from "./dialect-facts.ts";
import type { Source } from "./params.ts";
import { verbOf } from "./statement.ts";

/**
 * Refuses calls of functions that do harm from inside a transaction that only reads: that stop other
 * sessions, reach files or other servers, hold locks, or change settings.
 *
 * @throws CONN_READ_ONLY
 */
export function assertHarmless(source: Source, facts: DialectFacts): void {
  for (const name of functionsIn(source)) {
    if (!facts.harmful.test(name)) continue;
    throw new ConnError(
      "CONN_READ_ONLY",
      `A read-only session does not call ${name.slice(0, 60)}, which does more than read.`,
      { hint: "Use a session that writes: conn.session()." },
    );
  }
}

/** Whether a statement may leave settings, temporary tables or locks on its connection, for the next user to meet. */
export function leavesTraces(source: Source, facts: DialectFacts): boolean {
  const { text, tokens } = source;
  const verb = verbOf(source);
  if (!plainVerbs.has(verb)) return true;
  if (verb === "CREATE")
    return tokens.some(
      ({ kind, start, end }) => kind === "word" && /^temp(orary)?$/i.test(text.slice(start, end)),
    );
  for (const name of functionsIn(source)) if (facts.lasting.test(name)) return true;
  // MySQL's way to set a variable in the middle of a SELECT.
  return text.includes(":=");
}

/** What is over when it is over. */
const plainVerbs: ReadonlySet<string> = new Set([
  "SELECT",
  "VALUES",
  "WITH",
  "TABLE",
  "SHOW",
  "EXPLAIN",
  "DESCRIBE",
  "DESC",
  "INSERT",
  "UPDATE",
  "DELETE",
  "MERGE",
  "REPLACE",
  "CREATE",
  "ALTER",
  "DROP",
  "TRUNCATE",
  "GRANT",
  "REVOKE",
  "ANALYZE",
  "COMMENT",
]);

/** The names before an opening parenthesis, in lower case and without quotes. */
function* functionsIn({ text, tokens }: Source): Generator<string> {
  for (const [index, token] of tokens.entries()) {
    if (token.kind !== "word" && token.kind !== "identifier") continue;
    const next = tokens[index + 1];
    const name = text.slice(token.start, token.end).replaceAll(/^["`[]|["`\]]$/g, "");
    // `U&"…"` writes a name in escapes: no honest reader needs it.
    if (/^u$/i.test(name) && next && text.startsWith('&"', next.start)) yield "u&";
    if (next && text[next.start] === "(") yield name.toLowerCase();
  }
}
