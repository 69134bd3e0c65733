import { type Source, tokenize } from "@conn/core/sql";
import { describe, expect, test } from "vitest";
import { type DialectFacts, mysql, postgres } from "../src/dialect-facts.ts";
import { assertHarmless, assertKeepsSession, leavesTraces } from "../src/guard.ts";

function sourceOf(text: string, facts: DialectFacts): Source {
  return { text, tokens: tokenize(text, facts) };
}

/** What the servers read as `load_file` and `pg_read_file` under settings that are not the usual ones. */
const hidden: readonly [string, DialectFacts, string][] = [
  ["NO_BACKSLASH_ESCAPES", mysql, String.raw`select '\', load_file('/etc/hostname'), '\'`],
  ["ANSI_QUOTES", mysql, `select "load_file"('/etc/hostname')`],
  ["both", mysql, String.raw`select '\', "load_file"('/etc/hostname'), '\'`],
  ["NO_BACKSLASH_ESCAPES", mysql, String.raw`select 1, '\' into outfile '/tmp/pets' -- '`],
  [
    "standard_conforming_strings off",
    postgres,
    String.raw`select 'a\'' , pg_read_file('/etc/hostname'), ''`,
  ],
];

test.each(hidden)(
  "a tool's statement is refused that a server with %s would take otherwise",
  (_, facts, text) => {
    expect(() => assertHarmless(sourceOf(text, facts), facts)).toThrow(
      expect.objectContaining({ code: "CONN_READ_ONLY" }) as Error,
    );
  },
);

test.each([
  [mysql, String.raw`select 'it\'s', "a \" b", 'sleep' from pets where name like 'a\_%'`],
  [mysql, "select load_files, `sleep` from pets"],
  [postgres, String.raw`select 'C:\', "pg_sleep", 'it''s' from pets`],
])("what is harmless in every reading passes", (facts, text) => {
  assertHarmless(sourceOf(text, facts), facts);
});

describe("a statement leaves traces on its connection", () => {
  test.each([
    [postgres, 'create table "pg_temp".pets (n int)'],
    [postgres, String.raw`create table U&"pg\005ftemp".pets (n int)`],
    [postgres, "explain analyze create temp table pets as select 1"],
    [postgres, "create table pets as select set_config('app.owner', 'jerry', false)"],
    [mysql, "create table pets as select get_lock('pets', 1)"],
    [mysql, "create /*!32302 temporary */ table pets (n int)"],
  ])("%#: %j", (facts, text) => {
    expect(leavesTraces(sourceOf(text, facts), facts)).toBe(true);
  });

  test.each([
    [postgres, "create table pets (n int)"],
    [postgres, "insert into pets values (1)"],
    [mysql, "create procedure p() begin select n into @x from pets; end"],
  ])("and this one does not: %#", (facts, text) => {
    expect(leavesTraces(sourceOf(text, facts), facts)).toBe(false);
  });
});

describe("a session's texts travel as UTF-8", () => {
  test.each([
    [mysql, "set names latin1"],
    [mysql, "set character set 'cp1251'"],
    [mysql, "set @@session.character_set_client = binary"],
    [postgres, "set client_encoding to latin1"],
    [postgres, "set names 'SJIS'"],
  ])("%#: %j is refused", (facts, text) => {
    expect(() => assertKeepsSession(sourceOf(text, facts), facts)).toThrow(
      expect.objectContaining({ code: "CONN_UNSUPPORTED" }) as Error,
    );
  });

  test.each([
    [mysql, "set names utf8mb4 collate utf8mb4_bin"],
    [mysql, "set character_set_results = latin1"],
    [postgres, "set client_encoding to 'UTF8'"],
    [postgres, "set session characteristics as transaction read only"],
    [postgres, "set local work_mem = '9MB'"],
  ])("%#: %j passes", (facts, text) => {
    assertKeepsSession(sourceOf(text, facts), facts);
  });
});
