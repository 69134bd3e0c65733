import { connection } from "@conn/core";
import { expect, test } from "vitest";
import { SQLConnection } from "../src/index.ts";
import { temporaryFile } from "./support.ts";

test("a table that changed under an open reader comes back under its own names", async () => {
  const url = `sqlite:///${await temporaryFile("schema.db")}`;
  await using conn = await connection("schema", { type: SQLConnection, config: { url } });
  await conn.execute("create table pets (a int, b text)");
  await conn.query("select * from pets");
  await conn.execute("drop table pets");
  await conn.execute("create table pets (b text, a int)");
  await conn.execute("insert into pets values ('fish', 5)");
  expect((await conn.query("select * from pets")).rows()).toEqual([{ b: "fish", a: 5 }]);
  await conn.execute("alter table pets add column c int default 7");
  expect((await conn.query("select * from pets")).rows()).toEqual([{ b: "fish", a: 5, c: 7 }]);
});
