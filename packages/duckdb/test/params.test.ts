import { describe, expect, it } from "vitest";
import { sql } from "../src/index.ts";
import { open } from "./support.ts";

describe("placeholders", () => {
  it.each<[string, readonly unknown[] | Record<string, unknown>, unknown]>([
    ["select ? as cell", ["fish"], "fish"],
    ["select $2 || $1 as cell", ["b", "a"], "ab"],
    ["select :owner as cell", { owner: "jerry" }, "jerry"],
    ["select $owner || $owner as cell", { owner: "jo" }, "jojo"],
    ["select count(*) as cell from range(10) t(i) where i in (:ids)", { ids: [1, 2, 30] }, 2],
    ["select count(*) as cell from range(10) t(i) where i in ?", [[1, 2]], 2],
    ["select count(*) as cell from range(10) t(i) where i in (?)", [[]], 0],
    ["select count(*) as cell from range(10) t(i) where i not in (?)", [[]], 10],
    ["select list_contains(?, 'cat') as cell", [["cat", "fish"]], true],
    ["select len(?) as cell", [[]], 0],
    ["select list_sum(?) as cell", [[1, 2.5]], 3.5],
    ["select ?::json ->> 'pet' as cell", [{ pet: "puppy" }], "puppy"],
    ["select ? + 1 as cell", [2 ** 40], 2 ** 40 + 1],
    ["select ? as cell", [2n ** 62n], 2n ** 62n],
    ["select typeof(?) as cell", [1.5], "DOUBLE"],
    ["select ? is null as cell", [null], true],
    ["select '?' || ':a' || $$ :b $$ || $x$ ? $x$ as cell -- :c", [], "?:a :b  ? "],
    ["select 1::int + [4, 5, 6][1:2][2] as cell", [], 6],
    ["select {'pet':owner}['pet'] as cell from (select 'fish' as owner)", [], "fish"],
    ["select '; drop table pets;--' = ? as cell", ["; drop table pets;--"], true],
  ])("takes %s", async (statement, params, expected) => {
    await using conn = await open();
    const table = await conn.query(statement, { params });
    expect(table.rows()[0]!["cell"]).toEqual(expected);
  });

  it.each<[string, string, readonly unknown[] | Record<string, unknown> | undefined]>([
    ["a missing value", "select :owner", {}],
    ["no values at all", "select ?", undefined],
    ["a surplus value", "select ?", [1, 2]],
    ["a surplus name", "select :a", { a: 1, b: 2 }],
    ["undefined", "select ?", [undefined]],
    ["NaN", "select ?", [NaN]],
    ["a Symbol", "select ?", [Symbol("pet")]],
    ["a function", "select ?", [() => 1]],
    ["an invalid Date", "select ?", [new Date(NaN)]],
    ["a bigint beyond 64 bits", "select ?", [2n ** 64n]],
    ["a name that every object has", "select :constructor", {}],
    ["a list of several kinds", "select ?", [[1, "two"]]],
    ["a NUL in the statement", "select 'a\0b'", undefined],
    ["half a surrogate pair", "select ?", ["\ud800"]],
  ])("refuses %s", async (_, statement, params) => {
    await using conn = await open();
    await expect(conn.query(statement, params ? { params } : {})).rejects.toMatchObject({
      code: "CONN_PARAMS",
    });
  });

  it("copies values at the call", async () => {
    await using conn = await open();
    const params = ["fish"];
    const answer = conn.query("select ? as pet", { params });
    params[0] = "shark";
    expect((await answer).rows()).toEqual([{ pet: "fish" }]);
  });
});

describe("templates", () => {
  it("keep values, names and fragments apart from the text", async () => {
    await using conn = await open();
    await conn.execute('create table "pet ""owners""" (owner text, pet text)');
    const table = sql.identifier('pet "owners"');
    await conn.execute(sql`insert into ${table} values (${"jerry"}, ${"fish'; --"})`);
    const owners = ["jerry", "barbara"];
    const where = sql`where owner in (${owners})`;
    expect((await conn.sql<{ pet: string }>`select pet from ${table} ${where}`).rows()).toEqual([
      { pet: "fish'; --" },
    ]);
  });

  it("are refused as functions, and where a value stands in quotes", async () => {
    await using conn = await open();
    const tag = conn.sql as unknown as (text: string) => unknown;
    expect(() => tag("select 1")).toThrow(expect.objectContaining({ code: "CONN_ARGUMENT" }));
    await expect(conn.sql`select '${"fish"}'`).rejects.toMatchObject({ code: "CONN_PARAMS" });
  });
});

describe("a result's schema", () => {
  const schema = {
    "~standard": {
      version: 1 as const,
      vendor: "test",
      validate: (value: unknown) => {
        const { pet } = value as { pet: unknown };
        return typeof pet === "string"
          ? { value: { pet: pet.toUpperCase() } }
          : { issues: [{ message: "is no text", path: ["pet"] }] };
      },
    },
  };

  it("types and checks each row", async () => {
    await using conn = await open();
    const pets = await conn.query("select 'fish' as pet", { schema });
    expect(pets.rows()).toEqual([{ pet: "FISH" }]);
    await expect(conn.query("select 1 as pet", { schema })).rejects.toMatchObject({
      code: "CONN_ROW_INVALID",
      message: expect.stringContaining("row 1, column pet") as string,
    });
  });
});
