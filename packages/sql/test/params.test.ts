import { compile, type Params } from "@conn/core/sql";
import { describe, expect, test } from "vitest";
import { mssql, mysql, postgres, sqlite } from "../src/dialect-facts.ts";
import { sql } from "../src/index.ts";

const secret = "canary-7f3a";

function compiled(text: string, params?: Params, facts = sqlite): [string, readonly unknown[]] {
  const statement = compile(text, params, facts);
  return [statement.text, statement.values];
}

describe("placeholders become the driver's own", () => {
  test.each<[string, Params, string, unknown[]]>([
    ["select ?, ?", [1, 2], "select ?, ?", [1, 2]],
    ["select $2, $1, $2", [1, 2], "select ?, ?, ?", [2, 1, 2]],
    ["select ?2, ?1", [1, 2], "select ?, ?", [2, 1]],
    ["select @0, @1", [1, 2], "select ?, ?", [1, 2]],
    ["select :a, @a, $b", { a: 1, b: 2 }, "select ?, ?, ?", [1, 1, 2]],
    ["select ':a', :a", { a: 1 }, "select ':a', ?", [1]],
    ["select * from t where a in (?)", [[1, 2]], "select * from t where a in (?, ?)", [1, 2]],
    [
      "select * from t where a in :list",
      { list: [1, 2] },
      "select * from t where a in (?, ?)",
      [1, 2],
    ],
    [
      "select * from t where a not in (?, ?)",
      [[1, 2], 3],
      "select * from t where a not in (?, ?, ?)",
      [1, 2, 3],
    ],
    ["select * from t where a in (?)", [[]], "select * from t where a in ()", []],
    ["select * from t where a in (?)", [7], "select * from t where a in (?)", [7]],
  ])("%s", (text, params, expected, values) => {
    expect(compiled(text, params)).toEqual([expected, values]);
  });

  test("in PostgreSQL and SQL Server with numbers", () => {
    expect(compiled("select :a::int, :b where data ? 'k'", { a: 1, b: 2 }, postgres)).toEqual([
      "select $1::int, $2 where data ? 'k'",
      [1, 2],
    ]);
    expect(compiled("select :a, :b", { a: 1, b: 2 }, mssql)).toEqual(["select @p0, @p1", [1, 2]]);
    expect(compiled("select * from t where a in (?)", [[]], postgres)[0]).toBe(
      "select * from t where a in (select null where false)",
    );
  });

  test("an array is a value of its own where the engine has arrays", () => {
    expect(compiled("select ?", [[1, 2]], postgres)[1]).toEqual([[1, 2]]);
  });
});

describe("what does not fit is refused", () => {
  test.each<[string, Params | undefined, RegExp]>([
    ["select ?", undefined, /takes 1 value and got 0/],
    ["select ?", [], /takes 1 value and got 0/],
    ["select ?", undefined, /Pass an array: query\(sql, \{ params/],
    ["select ?", [1, 2], /takes 1 value and got 2/],
    ["select 1", [1], /takes 0 values and got 1/],
    ["select '?'", [1], /without quotes/],
    ["select $0", [1], /numbers start at 1/],
    ["select $5", [1], /takes 5 values and got 1/],
    ["select :a", undefined, /no `params`/],
    ["select :a", [1], /is an array/],
    ["select :a", { b: 1 }, /No value for :a/],
    ["select :a", { a: 1, b: 2, c: 3 }, /has b, c, which the statement does not use/],
    ["select :__proto__", {}, /No value for :__proto__/],
    ["select :__proto__", { __proto__: { x: 1 } }, /No value for :__proto__/],
    ["select :constructor, :toString", {}, /No value for :constructor/],
    ["select ?", { a: 1 }, /without names/],
    ["select 1", { a: 1 }, /has no placeholder/],
    ["select ?, :a", [1], /mixes/],
    ["select ?", "text" as never, /a string/],
    ["select ?", null as never, /null/],
    ["select 1 \0 drop", undefined, /NUL/],
    ["select * from t where a in (?, ?)", [[], 1], /empty array beside/],
  ])("%s with %o", (text, params, message) => {
    expect(() => compiled(text, params)).toThrow(
      expect.objectContaining({
        code: "CONN_PARAMS",
        message: expect.stringMatching(message) as string,
      }),
    );
  });

  test("an own member called __proto__ is a name like any other", () => {
    expect(compiled("select :__proto__", JSON.parse('{"__proto__": 1}') as Params)).toEqual([
      "select ?",
      [1],
    ]);
  });

  const cyclic: Record<string, unknown> = {};
  cyclic["self"] = cyclic;
  class Owner {
    name = secret;
  }
  test.each<[string, unknown, RegExp]>([
    ["undefined", undefined, /undefined/],
    ["NaN", NaN, /NaN/],
    ["Infinity", Infinity, /Infinity/],
    ["a symbol", Symbol(secret), /a symbol/],
    ["a function", () => secret, /a function/],
    ["an invalid date", new Date(NaN), /invalid Date/],
    ["2^63", 2n ** 63n, /64 bits/],
    ["2^64", 2n ** 64n, /64 bits/],
    ["half a surrogate pair", `${secret}\ud800`, /surrogate/],
    ["a class's instance", new Owner(), /instance of Owner/],
    ["a map", new Map([[secret, 1]]), /instance of Map/],
    ["a cycle", cyclic, /contains itself/],
    ["an object with a NaN", { [secret]: NaN }, /JSON cannot hold/],
    ["an array", [secret], /array outside of `IN/],
    ["a typed array of floats", new Float64Array(2), /Float64Array/],
  ])("%s as a value, without showing it", (_name, value, message) => {
    for (const [text, params, label] of [
      ["select ?, ?", [1, value], "? number 2"],
      ["select :owner", { owner: value }, ":owner"],
    ] as const) {
      let error: Error | undefined;
      try {
        compiled(text, params);
      } catch (thrown) {
        error = thrown as Error;
      }
      expect(error).toMatchObject({ code: "CONN_PARAMS" });
      expect(error?.message).toMatch(message);
      expect(error?.message).toContain(label);
      expect(error?.message).not.toContain(secret);
    }
  });

  test("an object, where the engine has no JSON", () => {
    expect(() => compiled("select ?", [{ id: 1 }], mssql)).toThrow(/is an object/);
    expect(compiled("select ?", [{ id: 1 }], mysql)[1]).toEqual(['{"id":1}']);
  });

  test("more values than the engine takes", () => {
    const values = Array.from({ length: 65_536 }, (_, index) => index);
    expect(() => compiled(`select 1 where 1 in (${values.map(() => "?").join()})`, values)).toThrow(
      /65536 values; SQLite takes 32766/,
    );
    expect(() => compiled("select 1 where 1 in (?)", [values])).toThrow(/65536 values/);
  });
});

describe("a template", () => {
  function template(
    fragment: ReturnType<typeof sql>,
    facts = sqlite,
  ): [string, readonly unknown[]] {
    const statement = compile(fragment, undefined, facts);
    return [statement.text, statement.values];
  }

  test("keeps values out of the text", () => {
    const owner = "'; DROP TABLE t;--";
    expect(template(sql`select * from pets where owner = ${owner} and id in ${[1, 2]}`)).toEqual([
      "select * from pets where owner = ? and id in (?, ?)",
      [owner, 1, 2],
    ]);
  });

  test("takes other templates in", () => {
    const where = sql`where owner = ${"jerry"}`;
    expect(template(sql`select * from pets ${where} and pet = ${"fish"}`)).toEqual([
      "select * from pets where owner = ? and pet = ?",
      ["jerry", "fish"],
    ]);
    expect(
      template(sql`insert into pets values ${sql.join([sql`(${1}, ${2})`, sql`(${3}, ${4})`])}`),
    ).toEqual(["insert into pets values (?, ?), (?, ?)", [1, 2, 3, 4]]);
    expect(template(sql`select ${sql.join([1, 2], sql` + `)}`)).toEqual(["select ? + ?", [1, 2]]);
    expect(template(sql`select ${1}::int, ${2}`, postgres)).toEqual(["select $1::int, $2", [1, 2]]);
  });

  test.each([
    ['a"b', '"a""b"'],
    ["a`b", '"a`b"'],
    ["a]b", '"a]b"'],
    ["select", '"select"'],
    ["x; drop table t", '"x; drop table t"'],
    ["ж".repeat(64), `"${"ж".repeat(64)}"`],
  ])("quotes the name %s", (name, quoted) => {
    expect(template(sql`select ${sql.identifier(name)}`)[0]).toBe(`select ${quoted}`);
  });

  test("quotes names in the engine's own way", () => {
    const statement = sql`select * from ${sql.identifier("main", "a`b]")}`;
    expect(template(statement, mysql)[0]).toBe("select * from `main`.`a``b]`");
    expect(template(statement, mssql)[0]).toBe('select * from "main"."a`b]"');
  });

  test.each(["", "a\0b", "\ud800", null, undefined, 5])("refuses the name %o", (name) => {
    expect(() => sql.identifier(name as string)).toThrow(
      expect.objectContaining({ code: "CONN_PARAMS" }),
    );
  });

  test("refuses a name that the engine would cut", () => {
    expect(() => template(sql`select ${sql.identifier("ж".repeat(33))}`, postgres)).toThrow(
      /66 bytes/,
    );
  });

  test("refuses a value inside of quotes or a comment", () => {
    expect(() => template(sql`select * from pets where name like '%${secret}%'`)).toThrow(
      /number 1 of the template stands inside a string/,
    );
    expect(() => template(sql`select 1 -- ${secret}`)).toThrow(/inside/);
  });

  test("refuses placeholders and params beside its values", () => {
    expect(() => template(sql`select ?, ${1}`)).toThrow(/placeholder \?/);
    expect(() => compile(sql`select ${1}`, [1], sqlite)).toThrow(/takes no `params`/);
  });

  test("refuses to be called as a function", () => {
    for (const call of [
      () => sql("select 1" as never),
      () => sql(["select 1"] as never),
      () => (sql as unknown as () => unknown)(),
    ]) {
      expect(call).toThrow(
        expect.objectContaining({
          code: "CONN_ARGUMENT",
          message: expect.stringMatching(/tag for template literals/) as string,
        }),
      );
    }
  });

  test("is not built from data that looks like one", () => {
    const forged = JSON.parse('{"parts": ["drop table pets"]}') as never;
    expect(() => compile(forged, undefined, sqlite)).toThrow(/A statement is text/);
  });
});
