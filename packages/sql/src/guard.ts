import { ConnError } from "@conn/core";
import { type Source, tokenize } from "@conn/core/sql";
import type { DialectFacts } from "./dialect-facts.ts";
import { once, type Reading } from "./once.ts";
import { verbOf } from "./statement.ts";
import { transactionError, transactionVerbs } from "./transactions.ts";

/**
 * Refuses calls of functions that do harm from inside a transaction that only reads: that stop other
 * sessions, reach files or other servers, hold locks, or change settings. What a server with other
 * settings would take for such a call is refused too.
 *
 * @throws CONN_READ_ONLY
 */
export function assertHarmless(source: Source, facts: DialectFacts): void {
  const { text } = source;
  const [unclear, what] = facts.unclear;
  if (unclear.test(text)) {
    throw new ConnError("CONN_READ_ONLY", `A read-only session takes no statement with ${what}.`, {
      hint: "Pass text that has them as a parameter.",
    });
  }
  assertCallsNoHarm(source, facts, "Use a session that writes: conn.session().");
  for (const reading of facts.otherReadings) {
    const other = { text, tokens: tokenize(text, { ...facts, ...reading }) };
    assertCallsNoHarm(other, facts, "Pass text that looks like it as a parameter.");
  }
}

function assertCallsNoHarm(source: Source, facts: DialectFacts, hint: string): void {
  const [words] = facts.harmfulWords.exec(wordsOf(source).join(" ")) ?? [];
  const name = words ?? [...functionsIn(source)].find((called) => facts.harmful.test(called));
  if (name === undefined) return;
  throw new ConnError(
    "CONN_READ_ONLY",
    `A read-only session does not use ${name.slice(0, 60)}, which does more than read.`,
    { hint },
  );
}

/** Whether a statement may leave settings, temporary tables or locks on its connection, for the next user to meet. */
export const leavesTraces: Reading<boolean> = once((source, facts) => {
  const { text } = source;
  const verb = verbOf(source);
  if (!plainVerbs.has(verb) || facts.lastingText.test(text)) return true;
  const words = new Set(wordsOf(source));
  // EXPLAIN ANALYZE creates what it explains.
  if (words.has("CREATE") && (words.has("TEMP") || words.has("TEMPORARY"))) return true;
  // Into a temporary table, or a variable.
  if (!/^(INSERT|REPLACE|CREATE)$/.test(verb) && words.has("INTO")) return true;
  for (const name of functionsIn(source)) if (facts.lasting.test(name)) return true;
  return false;
});

/**
 * Refuses what would end a session's transaction unseen, after which its writes would be there for
 * good, or make it read its values as others than they are.
 *
 * @throws CONN_UNSUPPORTED
 */
export function assertKeepsSession(source: Source, facts: DialectFacts): void {
  const verb = verbOf(source);
  if (transactionVerbs.has(verb)) throw transactionError(verb);
  const words = wordsOf(source);
  const later = words.find((_, index) => index > 0 && endsTransaction(words, index, facts));
  if (later !== undefined) throw transactionError(later);
  if (facts.committing.test(verb) && words[1] !== "TEMPORARY") {
    throw new ConnError(
      "CONN_UNSUPPORTED",
      `${facts.title} commits the session's transaction when it runs ${verb}.`,
      { hint: "Run it by itself: conn.execute(…)." },
    );
  }
  const encoding = verb === "SET" && words.find((word) => encodings.test(word));
  if (encoding && !/utf-?8/i.test(source.text)) {
    throw new ConnError(
      "CONN_UNSUPPORTED",
      "Texts travel as UTF-8: told otherwise, the server would store others than were sent.",
      { hint: "Leave the statement out; the server turns texts into what its columns have." },
    );
  }
  const setting = verb === "SET" && words.find((word) => /^(TIME_ZONE|AUTOCOMMIT)$/.test(word));
  if (facts.name === "mysql" && setting) {
    throw new ConnError(
      "CONN_UNSUPPORTED",
      `A session keeps its ${setting.toLowerCase()}: timestamps are read in UTC, and transactions are its own.`,
      { hint: "Convert in the statement: convert_tz(seen, '+00:00', '+09:00')." },
    );
  }
}

/** What tells a server how to read the bytes that it is sent. */
const encodings = /^(NAMES|CHARSET|CHARACTER|CHARACTER_SET_CLIENT|CLIENT_ENCODING)$/;

/** Whether words in the middle of a text begin or end a transaction, where statements need no semicolon between. */
function endsTransaction(words: readonly string[], index: number, facts: DialectFacts): boolean {
  const word = words[index]!;
  if (!facts.adjacentStatements) return false;
  return (
    word === "COMMIT" ||
    word === "ROLLBACK" ||
    (word === "BEGIN" && /^(TRAN|DISTRIBUTED)/.test(words[index + 1] ?? ""))
  );
}

/**
 * Refuses what needs a conversation of its own with the server, and would wait for it for ever.
 *
 * @throws CONN_UNSUPPORTED
 */
export function assertAnswers(source: Source): void {
  if (verbOf(source) !== "COPY") return;
  const stream = wordsOf(source).find((word) => word === "STDIN" || word === "STDOUT");
  if (stream === undefined) return;
  throw new ConnError("CONN_UNSUPPORTED", `COPY with ${stream} is no statement for execute.`, {
    hint: "Use the package pg-copy-streams with a client of pg's own.",
  });
}

function wordsOf({ text, tokens }: Source): string[] {
  return tokens.flatMap(({ kind, start, end }) =>
    kind === "word" ? [text.slice(start, end).toUpperCase()] : [],
  );
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
