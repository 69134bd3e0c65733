import type { Params } from "../capabilities.ts";
import { ConnError } from "../errors.ts";
import type { SqlDialect } from "./dialect.ts";
import { type Fragment, isFragment } from "./fragment.ts";
import { type Token, tokenize } from "./tokenize.ts";
import { checkValue } from "./values.ts";

/** A statement in the form that the driver takes. */
export interface Statement {
  readonly text: string;
  readonly values: readonly unknown[];
  /** The tokens of the statement as the caller wrote it, and that text. */
  readonly source: Source;
}

/** A text and its tokens; the same object for the same short text, so that what is worked out of it can be kept with it. */
export interface Source {
  readonly text: string;
  readonly tokens: readonly Token[];
}

/**
 * Puts each value at its placeholder, and placeholders into the driver's form. `?` takes values in
 * order, `$1`, `?1` and `@0` by number, `:name`, `$name` and `@name` by name, as far as the dialect
 * has them; an array fills `IN (…)`.
 *
 * @throws CONN_PARAMS where placeholders and values do not fit; the message never shows a value.
 */
export function compile(
  statement: string | Fragment,
  params: Params | undefined,
  facts: SqlDialect,
): Statement {
  if (isFragment(statement)) return compileFragment(statement, params, facts);
  if (typeof statement !== "string") {
    throw new ConnError(
      "CONN_ARGUMENT",
      `A statement is text, not ${statement === null ? "null" : typeof statement}.`,
      {
        hint: 'Pass SQL: conn.query("select * from pets").',
      },
    );
  }
  const parsed = parsedOf(checkText(statement), facts);
  return write(parsed, matchParams(statement, parsed.placeholders, params, facts), facts);
}

function compileFragment(
  fragment: Fragment,
  params: Params | undefined,
  facts: SqlDialect,
): Statement {
  if (params !== undefined) {
    throw new ConnError("CONN_PARAMS", "A template holds its own values and takes no `params`.", {
      hint: "Write each value in the template: sql`… where owner = ${owner}`.",
    });
  }
  let text = "";
  const at = new Map<number, unknown>();
  for (const part of fragment.parts) {
    if (typeof part === "string") text += part;
    else if (part.kind === "identifier")
      text += part.names.map((name) => quoteIdentifier(name, facts)).join(".");
    else {
      at.set(text.length, part.value);
      text += "?";
    }
  }
  const parsed = parse(checkText(text), facts, new Set(at.keys()));
  const { placeholders } = parsed;
  const starts = new Set(placeholders.map((token) => token.start));
  const values: Bound[] = [];
  for (const [start, value] of at) {
    const label = `\${…} number ${values.length + 1}`;
    if (!starts.has(start)) {
      throw new ConnError(
        "CONN_PARAMS",
        `${label} of the template stands inside a string, a name or a comment.`,
        {
          hint: "Take the quotes away: a value is never pasted into the text. Names go through sql.identifier(name).",
        },
      );
    }
    values.push({ label, value });
  }
  const foreign = placeholders.find((token) => !at.has(token.start));
  if (foreign) {
    throw new ConnError(
      "CONN_PARAMS",
      `The template has the placeholder ${text.slice(foreign.start, foreign.end)} beside its own values.`,
      {
        hint: "Write the value in its place: ${value}.",
      },
    );
  }
  return write(parsed, values, facts);
}

/** A name in the engine's quotes, whatever is in it. */
export function quoteIdentifier(name: string, facts: SqlDialect): string {
  if (Buffer.byteLength(name) > facts.maxIdentifier) {
    throw new ConnError(
      "CONN_PARAMS",
      `A name has ${Buffer.byteLength(name)} bytes; ${facts.title} takes ${facts.maxIdentifier} at most.`,
      {
        hint: "Longer names are cut without a word by some engines, and then mean another table.",
      },
    );
  }
  const open = facts.identifierQuotes[0]!;
  return open + name.replaceAll(open, open + open) + open;
}

interface Bound {
  readonly label: string;
  readonly value: unknown;
}

/** The value of each placeholder, in the order of the text. */
function matchParams(
  text: string,
  placeholders: readonly Token[],
  params: Params | undefined,
  facts: SqlDialect,
): Bound[] {
  if (placeholders.length === 0 && params === undefined) return [];
  const style = placeholders[0]?.refers![0];
  if (placeholders.some((token) => token.refers![0] !== style)) {
    throw misfit(
      `The statement mixes placeholders by order, number and name: ${shown(text, placeholders)}.`,
      "Use one kind throughout.",
    );
  }
  if (params !== undefined && (typeof params !== "object" || params === null)) {
    throw misfit(
      `\`params\` is ${params === null ? "null" : `a ${typeof params}`}.`,
      "Pass an array for `?`, or an object for `:name`.",
    );
  }
  if (style === "name") return matchNames(text, placeholders, params);
  return matchPositions(text, placeholders, params, facts);
}

function matchNames(
  text: string,
  placeholders: readonly Token[],
  params: Params | undefined,
): Bound[] {
  if (params === undefined || Array.isArray(params)) {
    const what = params === undefined ? "no `params` were given" : "`params` is an array";
    throw misfit(
      `The statement has placeholders with names (${shown(text, placeholders)}), but ${what}.`,
      `Pass an object: query(sql, { params: { ${nameOf(placeholders[0]!)}: … } }), or execute(sql, { ${nameOf(placeholders[0]!)}: … }).`,
    );
  }
  const named = params as Readonly<Record<string, unknown>>;
  const used = new Set<string>();
  const bound = placeholders.map((token): Bound => {
    const name = nameOf(token);
    // Own members alone: `:constructor` and `:__proto__` must not find what every object inherits.
    if (!Object.hasOwn(named, name)) {
      throw misfit(
        `No value for ${text.slice(token.start, token.end)}.`,
        `\`params\` has ${list(Object.keys(named))}.`,
      );
    }
    used.add(name);
    return { label: text.slice(token.start, token.end), value: named[name] };
  });
  const surplus = Object.keys(named).filter((name) => !used.has(name));
  if (surplus.length > 0) {
    throw misfit(
      `\`params\` has ${list(surplus)}, which the statement does not use.`,
      `Its placeholders are ${shown(text, placeholders)}.`,
    );
  }
  return bound;
}

function matchPositions(
  text: string,
  placeholders: readonly Token[],
  params: Params | undefined,
  facts: SqlDialect,
): Bound[] {
  if (params !== undefined && !Array.isArray(params)) {
    const keys = Object.keys(params);
    if (placeholders.length === 0 && keys.length === 0) return [];
    throw misfit(
      placeholders.length === 0
        ? `\`params\` has ${list(keys)}, but the statement has no placeholder.`
        : `The statement has placeholders without names (${shown(text, placeholders)}), but \`params\` is an object.`,
      placeholders.length === 0
        ? "Write :name where a value belongs, without quotes around it."
        : "Pass an array, or write :name in the statement.",
    );
  }
  const given = (params ?? []) as readonly unknown[];
  let next = 0;
  let count = 0;
  const bound = placeholders.map((token): Bound => {
    const index = token.refers![0] === "number" ? token.refers![1] : next++;
    count = Math.max(count, index + 1);
    if (index < 0)
      throw misfit(
        `${text.slice(token.start, token.end)} is no placeholder: numbers start at 1.`,
        "Write $1 for the first value.",
      );
    const label =
      token.refers![0] === "number" ? text.slice(token.start, token.end) : `? number ${index + 1}`;
    return { label, value: given[index] };
  });
  if (count !== given.length) {
    const numbers = facts.dollarNumbers ? ", or $1 where one value is used twice" : "";
    throw misfit(
      `The statement takes ${count} value${count === 1 ? "" : "s"} and got ${given.length}.`,
      count > 0 || given.length === 0
        ? params === undefined
          ? "Pass an array: query(sql, { params: […] }), or execute(sql, […])."
          : `Pass one value for each placeholder${numbers}.`
        : "Write ? where a value belongs, without quotes around it.",
    );
  }
  return bound;
}

function write(parsed: Parsed, bound: readonly Bound[], facts: SqlDialect): Statement {
  const { source } = parsed;
  if (bound.length === 0) return { text: source.text, values: [], source };
  const values: unknown[] = [];
  const next = (label: string, value: unknown): string => {
    if (value === null && facts.nullInText) return "NULL";
    values.push(checkValue(value, label, facts));
    return facts.placeholder(values.length - 1);
  };
  const single = bound.every(
    ({ value }) => !Array.isArray(value) && !(value === null && facts.nullInText),
  );
  let text = single ? parsed.written : undefined;
  if (text === undefined) {
    text = place(parsed, bound, next, facts);
    if (single) parsed.written = text;
  } else for (const { label, value } of bound) next(label, value);
  if (values.length > facts.maxParameters) {
    throw misfit(
      `The statement has ${values.length} values; ${facts.title} takes ${facts.maxParameters} at most.`,
      "Send them in several statements, within one session.",
    );
  }
  return { text, values, source };
}

/** The text with what `next` writes for each value. */
function place(
  { source, placeholders }: Parsed,
  bound: readonly Bound[],
  next: (label: string, value: unknown) => string,
  facts: SqlDialect,
): string {
  const lists = bound.some(({ value }) => Array.isArray(value)) ? placesInLists(source) : undefined;
  let text = "";
  let from = 0;
  placeholders.forEach((token, index) => {
    const { label, value } = bound[index]!;
    const list = Array.isArray(value) ? lists?.get(token) : undefined;
    text += source.text.slice(from, token.start);
    text += list
      ? writeList(value as readonly unknown[], label, list, next, facts)
      : next(label, value);
    from = token.end;
  });
  return text + source.text.slice(from);
}

type ListPlace = "bare" | "alone" | "beside";

function writeList(
  items: readonly unknown[],
  label: string,
  place: ListPlace,
  next: (label: string, value: unknown) => string,
  facts: SqlDialect,
): string {
  if (items.length === 0 && place === "beside") {
    throw misfit(
      `${label} is an empty array beside other values of \`IN (…)\`.`,
      "Put all values into one array.",
    );
  }
  const text =
    items.length === 0
      ? facts.emptyList
      : Array.from(items, (item, index) => next(`${label}, item ${index + 1}`, item)).join(", ");
  return place === "bare" ? `(${text})` : text;
}

/** The placeholders that stand for the values of an `IN`: after the word itself, or inside its parentheses. */
function placesInLists({ text, tokens }: Source): Map<Token, ListPlace> {
  const places = new Map<Token, ListPlace>();
  const open: boolean[] = [];
  tokens.forEach((token, index) => {
    const previous = tokens[index - 1];
    const afterIn =
      previous?.kind === "word" && text.slice(previous.start, previous.end).toLowerCase() === "in";
    if (token.kind === "placeholder") {
      if (afterIn) places.set(token, "bare");
      else if (open.at(-1))
        places.set(token, isAlone(text, previous, tokens[index + 1]) ? "alone" : "beside");
    } else if (token.kind === "operator") {
      if (text[token.start] === "(") open.push(afterIn);
      else if (text[token.start] === ")") open.pop();
    }
  });
  return places;
}

function isAlone(text: string, previous: Token | undefined, next: Token | undefined): boolean {
  return (
    previous !== undefined &&
    text[previous.start] === "(" &&
    next !== undefined &&
    text[next.start] === ")"
  );
}

/** What is known of a statement before its values are. */
interface Parsed {
  readonly source: Source;
  readonly placeholders: readonly Token[];
  /** As the driver takes it with one value at each placeholder. */
  written?: string;
}

const remembered = new WeakMap<SqlDialect, Map<string, Parsed>>();

/** The last few hundred short statements are remembered. */
function parsedOf(text: string, facts: SqlDialect): Parsed {
  let known = remembered.get(facts);
  if (!known) remembered.set(facts, (known = new Map()));
  let parsed = known.get(text);
  if (!parsed) {
    parsed = parse(text, facts);
    if (text.length <= 10_000) {
      if (known.size >= 500) known.delete(known.keys().next().value!);
      known.set(text, parsed);
    }
  }
  return parsed;
}

/** @param at Where the placeholders stand; default: where the text has them. */
function parse(text: string, facts: SqlDialect, at?: ReadonlySet<number>): Parsed {
  const tokens = tokenize(text, facts, at);
  const placeholders = tokens.filter((token) => token.kind === "placeholder");
  return { source: { text, tokens }, placeholders };
}

function checkText(text: string): string {
  // Drivers hand C strings to the engine: what follows a NUL would be dropped without a word.
  if (text.includes("\0"))
    throw misfit(
      "The statement has a NUL character in it.",
      "Remove it; the engine would not read what follows.",
    );
  return text;
}

function nameOf(token: Token): string {
  return token.refers![1] as string;
}

function shown(text: string, placeholders: readonly Token[]): string {
  return list([...new Set(placeholders.map((token) => text.slice(token.start, token.end)))]);
}

function list(names: readonly string[]): string {
  if (names.length === 0) return "nothing";
  const some = names
    .slice(0, 10)
    .map((name) => name.slice(0, 64).replaceAll(/\p{Cc}/gu, "\u{fffd}"));
  return some.join(", ") + (names.length > 10 ? ` and ${names.length - 10} more` : "");
}

function misfit(message: string, hint: string): ConnError {
  return new ConnError("CONN_PARAMS", message, { hint });
}
