import { ConnError } from "../errors.ts";
import { loneSurrogate } from "./values.ts";

/** A name that the compiler quotes in the engine's own way. */
export interface Identifier {
  readonly kind: "identifier";
  readonly names: readonly string[];
}

export interface Value {
  readonly kind: "value";
  readonly value: unknown;
}

/** A statement, or a part of one, as written with the `sql` tag: text, values and names kept apart. */
export interface Fragment {
  readonly parts: readonly (string | Value | Identifier)[];
}

/** What a tag has besides being one. */
export interface SqlHelpers {
  /**
   * A table's or a column's name, quoted for the engine: `sql.identifier("main", "pets")`.
   *
   * @throws CONN_PARAMS for an empty name, or one with a NUL or half a surrogate pair in it.
   */
  identifier(...names: readonly string[]): Fragment;
  /** Fragments and values one after the other, with a separator between. Default: `, `. */
  join(items: readonly unknown[], separator?: Fragment): Fragment;
}

/** Its templates keep text and values apart: `` sql`select * from pets where owner = ${owner}` ``. */
export interface SqlTag extends SqlHelpers {
  (strings: TemplateStringsArray, ...values: readonly unknown[]): Fragment;
}

// Fragments of two copies of this package, in one application, fit into each other.
const brand = Symbol.for("@conn/sql/fragment");

export class SqlFragment implements Fragment {
  readonly parts: Fragment["parts"];

  constructor(parts: Fragment["parts"]) {
    this.parts = parts;
    Object.defineProperty(this, brand, { value: true });
  }
}

export function isFragment(value: unknown): value is Fragment {
  return typeof value === "object" && value !== null && brand in value;
}

/** A part of a statement, for use in another: `` sql`where owner = ${owner}` ``. It runs nothing by itself. */
export const sql: SqlTag = Object.assign(
  (strings: TemplateStringsArray, ...values: readonly unknown[]): Fragment =>
    new SqlFragment(partsOf(strings, values)),
  { identifier, join },
);

function identifier(...names: readonly string[]): Fragment {
  if (names.length === 0) throw badName("has no name");
  for (const name of names) {
    if (typeof name !== "string")
      throw badName(`got ${name === null ? "null" : `a ${typeof name}`}`);
    if (name === "") throw badName("got an empty name");
    if (name.includes("\0")) throw badName("got a name with a NUL character in it");
    if (loneSurrogate.test(name)) throw badName("got a name with half a surrogate pair in it");
  }
  return new SqlFragment([{ kind: "identifier", names: [...names] }]);
}

function join(items: readonly unknown[], separator: Fragment = new SqlFragment([", "])): Fragment {
  return new SqlFragment(
    items.flatMap((item, index) =>
      index === 0 ? partsFor(item) : [...separator.parts, ...partsFor(item)],
    ),
  );
}

/** The parts of a template, fragments among its values taken in. */
export function partsOf(
  strings: TemplateStringsArray,
  values: readonly unknown[],
): Fragment["parts"] {
  // Called as a function, the text would be taken for trusted, with whatever was pasted into it.
  if (!Array.isArray(strings) || !Array.isArray((strings as { raw?: unknown }).raw)) {
    throw new ConnError(
      "CONN_ARGUMENT",
      "`sql` was called as a function; it is a tag for template literals.",
      {
        hint: "Write sql`select … where owner = ${owner}`, or for text made at run time: conn.query(text, { params: [owner] }).",
      },
    );
  }
  return strings.flatMap((text, index) =>
    index < values.length ? [text, ...partsFor(values[index])] : [text],
  );
}

function partsFor(value: unknown): Fragment["parts"] {
  return isFragment(value) ? value.parts : [{ kind: "value", value }];
}

function badName(what: string): ConnError {
  return new ConnError("CONN_PARAMS", `sql.identifier ${what}.`, {
    hint: 'Pass the name of a table or column as it is in the database: sql.identifier("pet_owners").',
  });
}
