import { ConnError } from "@conn/core";
import { type Source, type Token, tokenize } from "@conn/core/sql";
import { didYouMean } from "@conn/core/toolkit";
import type { DialectFacts } from "./dialect-facts.ts";
import { once, type Reading } from "./once.ts";
import { pragmaWrites } from "./pragma.ts";

/** What the words of a statement tell before anything is sent. */
export interface StatementKind {
  /** The first word, in upper case: `SELECT`, `INSERT`; empty where there is none. */
  readonly verb: string;
  /** Statements in the text, separated by semicolons. */
  readonly count: number;
  /** Whether it may change something, as far as words can tell. */
  readonly writes: boolean;
  /** The word that does the writing, such as the `DELETE` of `WITH … DELETE`; else the verb. */
  readonly writer: string;
}

/**
 * Reads a statement's kind past comments, parentheses, byte order marks and common table
 * expressions. A convenience that catches mistakes, and no security boundary.
 */
export const statementKind: Reading<StatementKind> = once((source, facts) => {
  const kind = kindOf(source, facts);
  if (!facts.executableComments || !executable.test(source.text)) return kind;
  return mayHideWrite(source, kind, facts) ? { ...kind, writes: true, writer: hidden } : kind;
});

const executable = /\/\*M?!/;
const hidden = "in a comment that some servers run";

/**
 * Which comments are run depends on the server and its version, so that what a statement does may show in
 * none of two readings: what such comments are taken for must not matter.
 */
function mayHideWrite(
  source: Source,
  { verb, writes }: StatementKind,
  facts: DialectFacts,
): boolean {
  const { text } = source;
  const comments = { ...facts, executableComments: false };
  const without = { text, tokens: tokenize(text, comments) };
  const begins = firstWord(source)?.start !== firstWord(without)?.start;
  const others = verb === "WITH" || /\binto\b/i.test(text);
  return !writes && (begins || others || kindOf(without, comments).writes);
}

function kindOf({ text, tokens }: Source, facts: DialectFacts): StatementKind {
  const reader: Reader = {
    text,
    tokens,
    word: (index) => wordAt(text, tokens[index]),
    sign: (index) => signAt(text, tokens[index]),
  };
  let first = 0;
  while (reader.sign(first) === ";" || reader.sign(first) === "(") first++;
  const verb = reader.word(first);
  const count = countStatements(reader, facts);
  const writer = writesFrom(reader, first, facts);
  return { verb, count, writes: count > 1 || writer !== undefined, writer: writer ?? verb };
}

/** The first word of a statement in upper case, past comments and parentheses; empty where there is none. */
export function verbOf(source: Source): string {
  return wordAt(source.text, firstWord(source));
}

function firstWord({ text, tokens }: Source): Token | undefined {
  return tokens.find((token) => !/^[;(]/.test(signAt(text, token)));
}

/**
 * Refuses what must not go through `query`: a statement that writes, none at all, or several.
 *
 * @throws CONN_READ_ONLY, CONN_QUERY.
 */
export function assertReads(source: Source, facts: DialectFacts): StatementKind {
  const kind = assertOne(source, facts);
  if (kind.writes) throw writesError(kind.writer);
  return kind;
}

/** Refuses several statements in one text, and none: a driver runs the first and drops the rest without a word. */
export function assertOne(source: Source, facts: DialectFacts): StatementKind {
  const kind = statementKind(source, facts);
  if (kind.count === 0)
    throw new ConnError("CONN_QUERY", "The statement is empty.", {
      hint: 'Pass SQL: "select * from pets".',
    });
  if (kind.count > 1) {
    throw new ConnError("CONN_QUERY", `The text holds ${kind.count} statements; a call runs one.`, {
      hint: "Run them one after the other; within `await using session = await conn.session()` they belong together.",
    });
  }
  return kind;
}

export function writesError(verb: string): ConnError {
  const meant = didYouMean(verb, readingVerbs);
  return new ConnError(
    "CONN_READ_ONLY",
    `query() only reads, and this statement writes (${verb || "unknown"}).`,
    {
      hint:
        meant === undefined
          ? "Use conn.execute(sql, params): it commits, and returns rows too where the statement has them."
          : `Did you mean ${meant}?`,
    },
  );
}

export interface Reader {
  readonly text: string;
  readonly tokens: readonly Token[];
  /** The word at an index in upper case, or an empty text. */
  readonly word: (index: number) => string;
  readonly sign: (index: number) => string;
}

/**
 * The words that begin T-SQL's statements, but for SELECT and those that need a semicolon before them.
 * All are reserved: https://learn.microsoft.com/en-us/sql/t-sql/language-elements/reserved-keywords-transact-sql
 */
const tsqlStatements =
  /^(ADD|ALTER|BACKUP|BEGIN|BREAK|BULK|CHECKPOINT|CLOSE|COMMIT|CONTINUE|CREATE|DBCC|DEALLOCATE|DECLARE|DELETE|DENY|DISK|DROP|DUMP|EXEC|EXECUTE|FETCH|GOTO|GRANT|IF|INSERT|KILL|LOAD|MERGE|OPEN|PRINT|RAISERROR|READTEXT|RECONFIGURE|RESTORE|RETURN|REVERT|REVOKE|ROLLBACK|SAVE|SET|SETUSER|SHUTDOWN|TRUNCATE|UPDATE|UPDATETEXT|USE|WAITFOR|WHILE|WRITETEXT)$/;

const readingVerbs: ReadonlySet<string> = new Set([
  "SELECT",
  "VALUES",
  "WITH",
  "SHOW",
  "DESCRIBE",
  "DESC",
  "TABLE",
]);

/** The word that writes, or undefined. */
function writesFrom(reader: Reader, first: number, facts: DialectFacts): string | undefined {
  const verb = reader.word(first);
  // Whatever else a batch of T-SQL begins with is a statement that may write, or a procedure's name.
  if (facts.adjacentStatements && verb !== "SELECT" && verb !== "WITH") return verb;
  if (verb === "EXPLAIN") return explainWrites(reader, first, facts) ? verb : undefined;
  if (verb === "PRAGMA") return pragmaWrites(reader, first) ? verb : undefined;
  if (!readingVerbs.has(verb)) return verb;
  for (let index = first; index < reader.tokens.length; index++) {
    if (startsWrite(reader, index) || (facts.adjacentStatements && startsStatement(reader, index)))
      return reader.word(index);
  }
  return undefined;
}

/** Whether a part that writes begins here: after a parenthesis, as common table expressions have it, or SELECT … INTO. */
function startsWrite({ word, sign }: Reader, index: number): boolean {
  const begins = sign(index - 1) === "(" || sign(index - 1) === ")";
  switch (word(index)) {
    case "REPLACE":
      // A function and a column may be called so.
      return begins && word(index + 1) === "INTO";
    case "INSERT":
    case "MERGE":
      // `INSERT OR REPLACE INTO` and T-SQL's `INSERT t` are meant; `insert(…)` is a function.
      // T-SQL hints at ways to join: `option (merge join)`.
      return begins && sign(index + 1) !== "(" && !/^(JOIN|UNION)$/.test(word(index + 1));
    case "DELETE":
    case "UPDATE":
      return begins;
    case "INTO":
      return true;
    default:
      return false;
  }
}

/** A number as T-SQL ends it; letters right behind it are a word of their own, as in `1delete`. */
const plainNumber = /^(0x[\da-f]*|\d+(\.\d*)?(e\d*)?)$/i;

/** Whether T-SQL may begin another statement here, which needs no semicolon before it. */
function startsStatement({ text, tokens, word, sign }: Reader, index: number): boolean {
  const { kind, start, end } = tokens[index]!;
  if (kind === "number") return !plainNumber.test(text.slice(start, end));
  // `{call name}` runs a procedure.
  if (word(index) === "CALL") return /^[{=]$/.test(sign(index - 1));
  // Letters of another width or style may mean the same to the server.
  if (!tsqlStatements.test(word(index).normalize("NFKC").toUpperCase())) return false;
  switch (word(index)) {
    case "FETCH":
      return !/^ROWS?$/.test(word(index - 1));
    case "MERGE":
      return !/^(JOIN|UNION)$/.test(word(index + 1));
    case "USE":
      return !/^[(,]$/.test(sign(index - 1)) || !/^(HINT|PLAN)$/.test(word(index + 1));
    default:
      return true;
  }
}

function explainWrites(reader: Reader, first: number, facts: DialectFacts): boolean {
  let index = first + 1;
  let runs = false;
  if (reader.sign(index) === "(") {
    for (; index < reader.tokens.length && reader.sign(index) !== ")"; index++)
      runs ||= reader.word(index) === "ANALYZE";
    index++;
  }
  while (/^(ANALYZE|ANALYSE|VERBOSE|QUERY|PLAN|EXTENDED|FORMAT)$/.test(reader.word(index))) {
    runs ||= reader.word(index).startsWith("ANALY");
    index += reader.word(index) === "FORMAT" && reader.sign(index + 1) === "=" ? 3 : 1;
  }
  // A PRAGMA may take effect while it is compiled, so under EXPLAIN too.
  if (reader.word(index) === "PRAGMA") return pragmaWrites(reader, index);
  return runs && !facts.explainNeverRuns && writesFrom(reader, index, facts) !== undefined;
}

function countStatements(reader: Reader, facts: DialectFacts): number {
  let count = 0;
  let start = -1;
  for (let index = 0; index < reader.tokens.length; index++) {
    if (reader.sign(index) !== ";") {
      if (start === -1) {
        start = index;
        count++;
      }
    } else if (start !== -1 && (!hasBody(reader, start) || endsBody(reader, index, facts))) {
      start = -1;
    }
  }
  return count;
}

/** A routine's or a trigger's body holds semicolons of its own. */
function hasBody({ tokens, word }: Reader, start: number): boolean {
  const words = tokens.slice(start, start + 12).flatMap((_, index) => word(start + index) || []);
  return routine.test(words.join(" "));
}

const routine =
  /^(CREATE|ALTER)( OR (REPLACE|ALTER))?( DEFINER( \w+){0,2}?)?( (TEMP|TEMPORARY|AGGREGATE|CONSTRAINT))? (PROC|PROCEDURE|FUNCTION|TRIGGER|EVENT|PACKAGE|RULE)\b/;

/** In SQLite the END of the one block that there is. A server takes all of the text as the body, or refuses it. */
function endsBody({ word, sign }: Reader, index: number, { name }: DialectFacts): boolean {
  return name === "sqlite" && word(index - 1) === "END" && sign(index - 2) === ";";
}

function wordAt(text: string, token: Token | undefined): string {
  return token?.kind === "word" ? text.slice(token.start, token.end).toUpperCase() : "";
}

function signAt(text: string, token: Token | undefined): string {
  return token?.kind === "operator" ? text.slice(token.start, token.end) : "";
}
