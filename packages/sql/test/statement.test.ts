import { tokenize } from "@conn/core/sql";
import { describe, expect, test } from "vitest";
import { mssql, mysql, postgres, sqlite } from "../src/dialect-facts.ts";
import { assertReads, statementKind } from "../src/statement.ts";

function kind(text: string, facts = sqlite): ReturnType<typeof statementKind> {
  return statementKind({ text, tokens: tokenize(text, facts) }, facts);
}

describe("a statement that reads", () => {
  test.each([
    "select 1",
    "  -- insert\n /* update */ SELECT 1;",
    "\uFEFFselect 1",
    "\u00A0select 1",
    "(select 1)",
    ";;select 1;;",
    "values (1)",
    "with a as (select 1) select * from a",
    "with recursive a(n) as (values (1) union all select n + 1 from a limit 5) select * from a",
    "select 'delete from t'",
    'select "update" from t',
    "select replace(a, 'x', 'y') from t",
    "select (replace(a, 'x', 'y')) from t",
    "explain delete from t",
    "explain query plan select 1",
    "pragma table_info(pets)",
    "pragma main.table_info(pets)",
    "pragma user_version",
    "pragma foreign_keys;",
  ])("%o", (text) => {
    expect(kind(text)).toMatchObject({ writes: false, count: 1 });
  });
});

test.each([
  "select /*!40001 sql_no_cache */ * from t",
  "select 1 /*!50000 + 1 */ /*M!100100 + 1 */",
  "show /*!50002 full */ tables",
])("MySQL's comments that are run hide nothing in %o", (text) => {
  expect(kind(text, mysql)).toMatchObject({ writes: false, count: 1 });
});

test.each([
  "/*!999999 select 1 */ delete from t",
  "/*!999999 select */ truncate t",
  "/*!999999 select ' */ delete from t /* ' */",
  "/*!999999 select */ /*!50000 delete from t where 1 in */ (select 1)",
  "with x as (select 1) /*!999999 select ' */ /*!50000 delete from t where 1 in */ (select 1) /*!999999 ' */",
  "select 1 /*!999999 ' */ /*!50000 into outfile 'x' */ -- '",
  "/*M!999999 select 1 */ drop table t",
])("MySQL's comments that are run may hide a write in %o", (text) => {
  expect(kind(text, mysql).writes).toBe(true);
});

describe("a statement that writes", () => {
  test.each([
    "insert into t values (1)",
    "/* select */ insert into t values (1)",
    "\uFEFF\u00A0;( delete from t",
    "replace into t values (1)",
    "with a as (select 1) insert into t select * from a",
    "with a as (select 1) delete from t",
    "with a as (select 1) update t set x = 1",
    "with a as (select 1) replace into t select * from a",
    "create table t (x)",
    "drop table t",
    "pragma user_version = 1",
    "pragma user_version(1)",
    "pragma main.journal_mode = delete",
    "pragma wal_checkpoint",
    "explain pragma user_version = 1",
    "vacuum into 'x'",
    "attach 'x' as y",
    "begin",
    "commit",
    "reindex",
    "analyze",
    "nonsense",
  ])("%o", (text) => {
    expect(kind(text).writes).toBe(true);
  });

  test.each([
    ["with d as (delete from t returning *) select * from d", postgres],
    ["explain analyze delete from t", postgres],
    ["explain (analyze, verbose) delete from t", postgres],
    ["select * into t from u", postgres],
    ["select * into t from u", mssql],
    ["copy t to program 'x'", postgres],
    ["do $$ begin delete from t; end $$", postgres],
    ["select 1 into outfile 'x'", mysql],
    ["/*!50000 delete from t */", mysql],
    ["/*M! delete from t */", mysql],
    ["call p()", mysql],
  ])("%o", (text, facts) => {
    expect(kind(text, facts).writes).toBe(true);
  });

  test("unlike one that another engine only explains", () => {
    expect(kind("explain select 1", postgres).writes).toBe(false);
    expect(kind("explain (analyze) select 1", postgres).writes).toBe(false);
    expect(kind("explain delete from t", postgres).writes).toBe(false);
  });
});

describe("statements are counted", () => {
  test.each([
    ["", 0],
    ["-- nothing\n;", 0],
    ["select 1; select 2", 2],
    ["select ';'", 1],
    ["select 1; -- ;", 1],
    [
      "create trigger a after insert on t begin insert into u values (1); select case when 1 then 2 end; end",
      1,
    ],
    ["create temp trigger a after insert on t begin select 1; end; select 1", 2],
  ])("%o", (text, count) => {
    expect(kind(text).count).toBe(count);
  });
});

describe("the body of a routine belongs to its statement", () => {
  const block = "begin select 1; begin select 2; end; select 3; end";
  test.each([
    [mysql, `create procedure p() ${block};`],
    [mysql, `create or replace definer = \`root\`@\`127.0.0.1\` procedure p() ${block}`],
    [mysql, `create definer=root@localhost function f() returns int ${block}`],
    [mysql, `create trigger t before insert on pets for each row ${block}`],
    [mysql, `alter event e do ${block}`],
    [postgres, "create or replace function f() returns int begin atomic select 1; select 2; end"],
    [postgres, "create rule r as on insert to pets do also (select 1; select 2)"],
    [mssql, "create or alter proc p as select 1; select 2"],
  ])("%#: %j", (facts, text) => {
    expect(kind(text, facts).count).toBe(1);
  });

  test("a table that is called so has none", () => {
    expect(kind("create table event (n int); drop table event", mysql).count).toBe(2);
    expect(kind("alter table rule add n int; drop table rule", postgres).count).toBe(2);
  });
});

test.each([
  ["selec 1", "Did you mean SELECT?"],
  ["delete from pets", "Use conn.execute"],
])("the refusal of %j hints at what to do", (text, hint) => {
  const source = { text, tokens: tokenize(text, postgres) };
  expect(() => assertReads(source, postgres)).toThrow(
    expect.objectContaining({ hint: expect.stringContaining(hint) as string }) as Error,
  );
});
