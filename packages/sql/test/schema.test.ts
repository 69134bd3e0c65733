import * as v from "valibot";
import { expect, expectTypeOf, test } from "vitest";
import type { Table } from "@conn/core";
import { connect, failure } from "./support.ts";

const rows = "select 1 as id, 'rex' as name union all select 2, 'tom' order by id";

test("rows that fit a schema are typed by it, and keep their table", async () => {
  const conn = await connect();
  const table = await conn.query(rows, { schema: v.object({ id: v.number(), name: v.string() }) });
  expectTypeOf(table).toEqualTypeOf<Table<{ id: number; name: string }>>();
  expect(table.columns.map(({ type }) => type)).toEqual(["integer", "string"]);
  expect(table.at(1)).toEqual({ id: 2, name: "tom" });
});

test("a schema that changes rows makes the table of what it gives", async () => {
  const conn = await connect();
  const schema = v.object({
    id: v.pipe(v.number(), v.transform(String)),
    name: v.pipe(v.string(), v.toUpperCase()),
  });
  const table = await conn.query(rows, { schema });
  expect(table.rows()).toEqual([
    { id: "1", name: "REX" },
    { id: "2", name: "TOM" },
  ]);
  // What is cached is what the database gave, so that another schema starts from there.
  expect((await conn.query(rows)).at(0)).toEqual({ id: 1, name: "rex" });
});

test("rows that do not fit are named by row and column", async () => {
  const conn = await connect();
  const error = await failure(
    conn.query(rows, {
      schema: v.object({ id: v.pipe(v.number(), v.maxValue(1)), name: v.string() }),
    }),
  );
  expect(error).toMatchObject({ code: "CONN_ROW_INVALID" });
  expect(error.message).toContain("row 2, column id");
});

test("a session checks rows too", async () => {
  const conn = await connect();
  await using session = await conn.session();
  const call = session.query(rows, { schema: v.object({ id: v.string(), name: v.string() }) });
  expect(await failure(call)).toMatchObject({ code: "CONN_ROW_INVALID" });
});

test("a template of a connection is a statement, a fragment of others, and no function", async () => {
  const conn = await connect();
  const part = conn.sql`select ${1} as one`;
  expect((await conn.sql<{ one: number }>`select one + ${1} as two from (${part})`).at(0)).toEqual({
    two: 2,
  });
  expect((await conn.execute(conn.sql`create table pets (name text)`)).rowCount).toBe(0);
  expect(() => conn.sql("select 1" as never)).toThrow(/tag for template literals/);
});
