import type { Statement } from "./split.ts";
import type { Token } from "./tokenize.ts";

/** What of a statement only the running server knows. */
export interface ServerState {
  /** The value of `@@spid` and the like, and of functions without arguments, as a literal. */
  readonly variable: (name: string) => string | undefined;
  /** What stands for a view of the server's own, such as `sys.dm_exec_sessions`. */
  readonly view: (name: string) => string | undefined;
  readonly isTemporary: (name: string) => boolean;
}

/**
 * A statement as DuckDB writes it; a table with an identity column needs two. It covers what tests run:
 * plain SELECT, INSERT, UPDATE and DELETE with TOP, OUTPUT and OFFSET, tables with identity columns,
 * temporary tables, and some functions.
 */
export function translate(statement: Statement, state: ServerState): string[] {
  const [first, second] = statement.map(wordOf);
  if (first === "CREATE" && second === "TABLE") return createTable(statement, state);
  if (first === "DROP" && second === "TABLE") return dropTable(statement, state);
  return [write(limited(returning(statement)), state)];
}

export function wordOf(token: Token | undefined): string {
  return token?.kind === "word" ? token.text.toUpperCase() : "";
}

/** The name of the sequence behind an identity column, which outlives the server as the table does. */
export function sequenceOf(table: string): string {
  return `identity_${table.replaceAll(/\W/g, "_").toLowerCase()}`;
}

function createTable(statement: Statement, state: ServerState): string[] {
  const { name, end } = tableName(statement, 2);
  const temporary = name.startsWith("#");
  const body: Token[] = [];
  let identity = false;
  let depth = 0;
  // Where a column's definition has its type: behind its name.
  let place = 0;
  for (let index = end; index < statement.length; index++) {
    const token = statement[index]!;
    if (token.text === "(" && ++depth === 1) {
      place = 0;
      body.push(token);
      continue;
    }
    if (token.text === ")") depth--;
    if (token.text === "," && depth === 1) {
      place = 0;
      body.push(token);
      continue;
    }
    place++;
    if (wordOf(token) === "IDENTITY") {
      identity = true;
      body.push(raw(`default nextval('${sequenceOf(name)}')`));
      if (statement[index + 1]?.text === "(") index = closing(statement, index + 1);
      continue;
    }
    if (place === 2 && depth === 1) {
      const type = readType(statement, index);
      body.push(raw(type.text));
      index = type.end - 1;
      continue;
    }
    // DuckDB has no order of keys, and no name for a default.
    if (/^(CLUSTERED|NONCLUSTERED|ASC|DESC)$/.test(wordOf(token))) continue;
    body.push(token);
  }
  const create = `create ${temporary ? "temp " : ""}table ${quote(name)} ${write(body, state)}`;
  return identity ? [`create or replace sequence ${sequenceOf(name)}`, create] : [create];
}

function dropTable(statement: Statement, state: ServerState): string[] {
  const name = statement.findLast((token) => token.kind === "word" || token.kind === "identifier");
  return [
    write(statement, state),
    `drop sequence if exists ${sequenceOf(name === undefined ? "" : nameOf(name))}`,
  ];
}

function tableName(statement: Statement, from: number): { name: string; end: number } {
  let end = from;
  while (statement[end + 1]?.text === ".") end += 2;
  return { name: nameOf(statement[end]!), end: end + 1 };
}

function nameOf(token: Token): string {
  return token.kind === "identifier" ? token.text.slice(1, -1).replaceAll('""', '"') : token.text;
}

/** `OUTPUT inserted.id VALUES …` becomes `VALUES … RETURNING id`. */
function returning(statement: Statement): Statement {
  if (!/^(INSERT|UPDATE|DELETE)$/.test(wordOf(statement[0]))) return statement;
  const start = statement.findIndex((token) => wordOf(token) === "OUTPUT");
  if (start < 0) return statement;
  let end = start + 1;
  while (
    end < statement.length &&
    !/^(VALUES|SELECT|DEFAULT|FROM|WHERE)$/.test(wordOf(statement[end]))
  )
    end++;
  const list = statement
    .slice(start + 1, end)
    .filter(
      (token, index, all) =>
        !(
          /^(INSERTED|DELETED)$/i.test(nameOf(token)) ||
          (token.text === "." && /^(INSERTED|DELETED)$/i.test(nameOf(all[index - 1]!)))
        ),
    );
  return [...statement.slice(0, start), ...statement.slice(end), raw("returning"), ...list];
}

/** `SELECT TOP (n) …` becomes `SELECT … LIMIT n`, up to where the SELECT ends. */
function limited(statement: Statement): Statement {
  const start = statement.findIndex(
    (token, index) =>
      wordOf(token) === "TOP" &&
      /^(SELECT|DISTINCT|ALL|DELETE)$/.test(wordOf(statement[index - 1])),
  );
  if (start < 0) return statement;
  const inParentheses = statement[start + 1]?.text === "(";
  const end = inParentheses ? closing(statement, start + 1) + 1 : start + 2;
  const count = statement.slice(start + 1, end);
  let depth = 0;
  let last = end;
  for (; last < statement.length; last++) {
    if (statement[last]!.text === "(") depth++;
    if (statement[last]!.text === ")" && --depth < 0) break;
  }
  const rest = [
    ...statement.slice(0, start),
    ...statement.slice(end, last),
    raw("limit"),
    ...count,
    ...statement.slice(last),
  ];
  return limited(rest);
}

/** The index of the parenthesis that closes the one at an index. */
function closing(statement: Statement, open: number): number {
  let depth = 0;
  for (let index = open; index < statement.length; index++) {
    if (statement[index]!.text === "(") depth++;
    if (statement[index]!.text === ")" && --depth === 0) return index;
  }
  return statement.length;
}

const hints = /^(NOLOCK|UPDLOCK|ROWLOCK|HOLDLOCK|TABLOCKX?|XLOCK|READPAST|READCOMMITTED)$/;

function write(statement: Statement, state: ServerState): string {
  const parts: string[] = [];
  const casts: boolean[] = [];
  for (let index = 0; index < statement.length; index++) {
    const token = statement[index]!;
    const word = wordOf(token);
    const next = statement[index + 1];
    if (token.text === "(") casts.push(/^(CAST|TRY_CAST)$/.test(wordOf(statement[index - 1])));
    if (token.text === ")") casts.pop();
    if (word === "AS" && casts.at(-1)) {
      const type = readType(statement, index + 1);
      parts.push("as", type.text);
      index = type.end - 1;
      continue;
    }
    if (word === "CONVERT" && next?.text === "(") {
      const end = closing(statement, index + 1);
      const type = readType(statement, index + 2);
      parts.push(`cast(${write(statement.slice(type.end + 1, end), state)} as ${type.text})`);
      index = end;
      continue;
    }
    if (word === "WITH" && next?.text === "(" && hints.test(wordOf(statement[index + 2]))) {
      index = closing(statement, index + 1);
      continue;
    }
    const replaced = replaceName(statement, index, state);
    if (replaced) {
      parts.push(replaced.text);
      index = replaced.end - 1;
      continue;
    }
    const beside = [statement[index - 1], next];
    if (token.text === "+" && beside.some((each) => each?.kind === "string")) parts.push("||");
    else parts.push(textOf(token));
  }
  return parts.join(" ");
}

interface Replaced {
  readonly text: string;
  /** The index after what it stands for. */
  readonly end: number;
}

function replaceName(
  statement: Statement,
  index: number,
  state: ServerState,
): Replaced | undefined {
  const token = statement[index]!;
  const word = wordOf(token);
  const next = statement[index + 1]?.text;
  const afterDot = statement[index - 1]?.text === ".";
  if (word.startsWith("@@")) return { text: state.variable(word) ?? "null", end: index + 1 };
  if (word === "SYS" && next === ".") {
    const view = state.view(wordOf(statement[index + 2]).toLowerCase());
    if (view !== undefined) return { text: view, end: index + 3 };
  }
  // The text of a running statement, by its handle.
  if (word === "CROSS" && wordOf(statement[index + 1]) === "APPLY") {
    const end = closing(statement, index + 5) + 1;
    const alias = wordOf(statement[end]) === "AS" ? statement[end + 1] : statement[end];
    const handle = statement
      .slice(index + 6, end - 1)
      .map(textOf)
      .join("");
    const view = state.view(wordOf(statement[index + 4]).toLowerCase());
    if (view !== undefined && alias)
      return {
        text: `join ${view} as ${alias.text} on ${alias.text}.sql_handle = ${handle}`,
        end: wordOf(statement[end]) === "AS" ? end + 2 : end + 1,
      };
  }
  if (next !== "(" || afterDot) return undefined;
  const end = closing(statement, index + 1) + 1;
  const empty = end === index + 3;
  if (word === "GENERATE_SERIES") {
    const values = write(statement.slice(index + 2, end - 1), state);
    return { text: `(select generate_series as value from generate_series(${values}))`, end };
  }
  if (word === "OBJECT_ID") {
    const [name] = statement.slice(index + 2, end - 1);
    const [, table = ""] = /([^.']*)'$/.exec(name?.text ?? "") ?? [];
    if (table.startsWith("#")) return { text: state.isTemporary(table) ? "1" : "null", end };
    const found = `select table_oid from duckdb_tables() where table_name = '${table}'`;
    return { text: `(${found})`, end };
  }
  const literal = empty ? state.variable(`${word}()`) : undefined;
  if (literal !== undefined) return { text: literal, end };
  const renamed = functions[word];
  return renamed === undefined ? undefined : { text: renamed, end: index + 1 };
}

/** Functions that DuckDB knows by other names. */
const functions: Readonly<Record<string, string>> = {
  COUNT_BIG: "count",
  ISNULL: "ifnull",
  LEN: "length",
  DATALENGTH: "octet_length",
  NEWID: "uuid",
};

/** Types that DuckDB knows by other names; those of texts and bytes have no bound there. */
const types: Readonly<Record<string, string>> = {
  BIT: "boolean",
  TINYINT: "utinyint",
  FLOAT: "double",
  REAL: "float",
  MONEY: "decimal(19, 4)",
  SMALLMONEY: "decimal(10, 4)",
  DATETIME: "timestamp",
  DATETIME2: "timestamp",
  SMALLDATETIME: "timestamp",
  DATETIMEOFFSET: "timestamptz",
  TIME: "time",
  UNIQUEIDENTIFIER: "uuid",
  CHAR: "varchar",
  NCHAR: "varchar",
  VARCHAR: "varchar",
  NVARCHAR: "varchar",
  TEXT: "varchar",
  NTEXT: "varchar",
  XML: "varchar",
  SYSNAME: "varchar",
  BINARY: "blob",
  VARBINARY: "blob",
  IMAGE: "blob",
};

function readType(statement: Statement, index: number): Replaced {
  const token = statement[index]!;
  const word = token.kind === "identifier" ? nameOf(token).toUpperCase() : wordOf(token);
  const sized = statement[index + 1]?.text === "(";
  const end = sized ? closing(statement, index + 1) + 1 : index + 1;
  const known = types[word];
  if (known !== undefined) return { text: known, end };
  const size = statement.slice(index + 1, end).map(({ text }) => text);
  return { text: [token.text, ...size].join(""), end };
}

function textOf(token: Token): string {
  if (token.kind === "parameter") return `$p_${token.text.slice(1).toLowerCase()}`;
  const bare = token.kind === "word" && !token.text.startsWith("#") && !reserved.test(token.text);
  return token.kind !== "word" || bare ? token.text : quote(token.text);
}

/** Names that only DuckDB keeps for itself. */
const reserved = /^(at|limit|qualify|using)$/i;

function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function raw(text: string): Token {
  return { kind: "raw", text };
}
