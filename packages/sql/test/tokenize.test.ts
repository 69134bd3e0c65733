import { tokenize } from "@conn/core/sql";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type DialectFacts, mssql, mysql, postgres, sqlite } from "../src/dialect-facts.ts";
import { seed } from "./support.ts";

function placeholders(text: string, facts: DialectFacts): string[] {
  return tokenize(text, facts)
    .filter(({ kind }) => kind === "placeholder")
    .map(({ start, end }) => text.slice(start, end));
}

describe("a placeholder is found", () => {
  test.each<[DialectFacts, string, string[]]>([
    [
      sqlite,
      "select ?, :name, $name, @name, ?2, $3, @0",
      ["?", ":name", "$name", "@name", "?2", "$3", "@0"],
    ],
    [sqlite, "select a from t where b=?and c=:c", ["?", ":c"]],
    [sqlite, "select ?||'x'", ["?"]],
    [sqlite, "limit ? offset ?", ["?", "?"]],
    [postgres, "select 1 --?\r, ?", ["?"]],
    [sqlite, "select 1 --?\r, ?\n, ?", ["?"]],
    [mysql, "select 1 -- ?\r, ?\n, ?", ["?"]],
    [postgres, "select 1a$$, ?", ["?"]],
    [postgres, "select 1, $$?$$, ?", ["?"]],
    [postgres, "select $1::int, :n::text, ?", ["$1", ":n", "?"]],
    [postgres, "select ?||'x' from t where a = ? and b in (?)", ["?", "?", "?"]],
    [postgres, "select a[:n], a[1:n]", [":n"]],
    [
      postgres,
      "select data ? 'key' and data ?| array['a'] and data ?& array['b'] and x = ?",
      ["?"],
    ],
    [postgres, "select data -> 'a' ? 'b', (data) ? 'c', data ?? 'd' limit ?", ["?"]],
    [mysql, "select ?, :name, @variable, @@global", ["?", ":name"]],
    [mssql, "select @p, @0, @@version, ?", ["@p", "@0", "?"]],
  ])("%$ %o", (facts, text, expected) => {
    expect(placeholders(text, facts)).toEqual(expected);
  });
});

describe("no placeholder is found", () => {
  test.each<[DialectFacts, string]>([
    [sqlite, "select '? :name $1 @p'"],
    [sqlite, "select 'it''s ?'"],
    [sqlite, 'select "?", `?`, [?] from t'],
    [sqlite, "select 1 -- ? :name\n"],
    [sqlite, "select 1 /* ? :name */"],
    [sqlite, "select '\\' -- ?'"],
    [sqlite, "select '?"],
    [postgres, "select E'\\' ? ', e'\\\\'"],
    [postgres, "select $$ ? :name $$, $tag$ $$ ? $tag$"],
    [postgres, "select /* a /* ? */ ? */ 1"],
    [postgres, "select a::int, b::text[]"],
    [postgres, "select a ?| b, a ?& c, a ? 'b'"],
    [postgres, "select $$ ?"],
    [mysql, "select '\\' ? ', \"\\\" ? \""],
    [mysql, "select 1 # ?\n"],
    [mysql, "select `a``?`"],
    [mssql, "select [a]]?] from t /* /* ? */ ? */"],
  ])("%$ %o", (facts, text) => {
    expect(placeholders(text, facts)).toEqual([]);
  });
});

test("what MySQL runs inside of a comment is read as code", () => {
  expect(placeholders("select /*!50000 ? */ /*M!100100 ? */ /* ? */ 1", mysql)).toEqual(["?", "?"]);
});

test("a minus minus without a space is arithmetic in MySQL and a comment elsewhere", () => {
  expect(placeholders("select 1--?", mysql)).toEqual(["?"]);
  expect(placeholders("select 1--?", sqlite)).toEqual([]);
});

test("tokens are in order, within the text, and never overlap", () => {
  const piece = fc.constantFrom(
    "'",
    '"',
    "`",
    "[",
    "]",
    "?",
    ":a",
    "$1",
    "$$",
    "$a$",
    "@p",
    "--",
    "/*",
    "*/",
    "\n",
    " ",
    "E'",
    "\\",
    "::",
    "x",
    "1",
    "(",
    ")",
    "😀",
    "\0",
  );
  const text = fc.oneof(
    fc.string({ unit: "grapheme" }),
    fc.array(piece).map((pieces) => pieces.join("")),
  );
  fc.assert(
    fc.property(text, fc.constantFrom(sqlite, postgres, mysql, mssql), (statement, facts) => {
      let end = 0;
      for (const token of tokenize(statement, facts)) {
        expect(token.start).toBeGreaterThanOrEqual(end);
        expect(token.end).toBeGreaterThan(token.start);
        end = token.end;
      }
      expect(end).toBeLessThanOrEqual(statement.length);
    }),
    { seed, numRuns: 500 },
  );
});

test("any text in quotes is one string, whatever it holds", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (value) => {
      const text = `select '${value.replaceAll("'", "''")}', ?`;
      expect(placeholders(text, sqlite)).toEqual(["?"]);
    }),
    { seed, numRuns: 500 },
  );
});

describe("work grows no faster than the text", () => {
  // Counted in characters looked at, which no busy machine changes.
  const texts: [string, string][] = [
    ["quotes", "'a' ".repeat(10_000)],
    ["open quotes", "'".repeat(20_001)],
    ["open comments", "/*".repeat(10_000)],
    ["open dollar quotes", Array.from({ length: 5000 }, (_, index) => `$a${index}$`).join("")],
    ["brackets", "[".repeat(10_000)],
    ["question marks", "?".repeat(10_000)],
  ];
  test.each(texts)("%s", (_name, text) => {
    for (const facts of [sqlite, postgres, mysql, mssql]) {
      const tokens = tokenize(text, facts);
      const covered = tokens.reduce((sum, { start, end }) => sum + end - start, 0);
      expect(covered).toBeLessThanOrEqual(text.length);
    }
  });

  test("a megabyte with a hundred thousand quotes", () => {
    const text = `select ${"'abcdefg' ".repeat(50_000)}${"x".repeat(500_000)}`;
    expect(tokenize(text, sqlite)).toHaveLength(50_002);
  });
});
