import { type } from "arktype";
import * as v from "valibot";
import { describe, expect, expectTypeOf, test } from "vitest";
import { z } from "zod";
import { Table } from "../src/table.ts";

const pets = Table.fromRows([
  { owner: "jerry", age: 2 },
  { owner: "barbara", age: null },
  { owner: "alex", age: 1 },
]);

describe("rows that fit a schema become rows of its type", () => {
  test("zod, with a transformation", async () => {
    const schema = z.object({
      owner: z.string().transform((name) => name.length),
      age: z.number().nullable(),
    });
    const table = await pets.validate(schema);
    expectTypeOf(table.rows()).toEqualTypeOf<{ owner: number; age: number | null }[]>();
    expect(table.rows()[0]).toEqual({ owner: 5, age: 2 });
    expect(table.columns.map((column) => column.type)).toEqual(["integer", "integer"]);
  });

  test("valibot", async () => {
    const table = await pets.validate(v.object({ owner: v.string(), age: v.nullable(v.number()) }));
    expect(table.rows()).toEqual(pets.rows());
  });

  test("arktype", async () => {
    const table = await pets.validate(type({ owner: "string", age: "number | null" }));
    expect(table.rows()).toEqual(pets.rows());
  });

  test("a schema that answers later", async () => {
    const schema = z.object({
      owner: z.string().refine(async (name) => Promise.resolve(name !== "")),
    });
    expect((await pets.validate(schema)).rows()).toEqual(pets.select("owner").rows());
  });

  test("meta and declared types stay, and an empty table keeps its columns", async () => {
    const table = Table.fromArrays([["1.50"]], [{ name: "price", type: "decimal", scale: 2 }], {
      ms: 7,
    });
    const schema = z.object({ price: z.string() });
    const valid = await table.validate(schema);
    expect([valid.columns, valid.meta]).toEqual([table.columns, table.meta]);
    expect((await table.head(0).validate(schema)).columns).toEqual(table.head(0).columns);
  });
});

test.each([
  ["zod", z.object({ owner: z.string(), age: z.number() })],
  ["valibot", v.object({ owner: v.string(), age: v.number() })],
  ["arktype", type({ owner: "string", age: "number" })],
])("a row that does not fit is named with its column (%s)", async (_, schema) => {
  await expect(pets.validate(schema)).rejects.toMatchObject({
    code: "CONN_ROW_INVALID",
    message: expect.stringContaining('row 2, column "age": ') as string,
    problems: [{ path: "2.age" }],
  });
});

test("of many problems ten are told", async () => {
  const table = Table.fromRows(Array.from({ length: 1000 }, () => ({ "a\u001b[2J": 1 })));
  const error: unknown = await table
    .validate(z.object({ "a\u001b[2J": z.string() }))
    .catch((error: unknown) => error);
  expect(error).toMatchObject({ problems: { length: 10 } });
  expect(String(error)).not.toContain("\u001b");
  expect(String(error)).toContain(String.raw`row 10, column "a\x1b[2J"`);
});
