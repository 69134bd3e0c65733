import mysql2 from "mysql2";
import { expect, onTestFinished, test } from "vitest";
import { mysql } from "../src/dialect-facts.ts";
import { type Mysql, MysqlWire } from "../src/mysql/wire.ts";
import { compile } from "@conn/core/sql";
import { engines, urlOf } from "./servers/engines.ts";
import { connect, failure } from "./support.ts";

const url = urlOf(engines.find(({ name }) => name === "mariadb")!);
const most = 2n ** 64n - 1n;

test("takes integers of all 64 bits that BIGINT UNSIGNED has", async () => {
  const conn = await connect({ url });
  await conn.execute("create or replace table chips (chip bigint unsigned)");
  onTestFinished(async () => void (await conn.execute("drop table chips")));
  const chips = [most, 2n ** 63n, 2n ** 63n - 1n];
  for (const chip of chips) await conn.execute("insert into chips values (?)", [chip]);
  const read = await conn.query("select chip from chips where chip in (?)", { params: [chips] });
  expect([...read.column("chip")]).toEqual(chips);
  const sum = await conn.query("select ? - 1 as n", { params: [most] });
  expect(sum.at(0)).toEqual({ n: most - 1n });
  for (const chip of [most + 1n, -(2n ** 63n) - 1n]) {
    const refused = await failure(conn.query("select ?", { params: [chip] }));
    expect(refused).toMatchObject({ code: "CONN_PARAMS" });
  }
});

test("takes them through a driver that has no integers", async () => {
  const { hostname, port } = new URL(url);
  const options = { host: hostname, port: Number(port), user: "root", database: "pets" };
  const before = { createPool: mysql2.createPool, createConnection: mysql2.createConnection };
  const settings = { poolSize: 1, idleTimeout: 10, statementTimeout: undefined };
  const wire = new MysqlWire(before as Mysql, options, settings);
  onTestFinished(() => wire.close());
  const client = await wire.take();
  await wire.execute(
    client,
    compile("create or replace temporary table chips (chip bigint unsigned)", [], mysql),
  );
  await wire.execute(client, compile("insert into chips values (?)", [most], mysql));
  const asked = compile(
    "select cast(chip as char) as chip from chips where chip = ?",
    [most],
    mysql,
  );
  expect((await wire.query(client, asked, {})).rows()).toEqual([{ chip: String(most) }]);
  wire.give(client, false);
});

test("tells ids beyond 2^63 as they are, and negative ones that a statement names", async () => {
  const conn = await connect({ url });
  const made = "id bigint unsigned auto_increment primary key, name text";
  await conn.execute(
    `create or replace table unsigned_ids (${made}) auto_increment = ${2n ** 63n}`,
  );
  await conn.execute(`create or replace table signed_ids (${made.replace("unsigned", "")})`);
  onTestFinished(async () => void (await conn.execute("drop table unsigned_ids, signed_ids")));
  const idOf = async (statement: string, params: unknown[] = []): Promise<unknown> =>
    (await conn.execute(statement, params)).lastId;
  expect(await idOf("insert into unsigned_ids (name) values ('jerry')")).toBe(2n ** 63n);
  expect(await idOf("insert into unsigned_ids values (?, 'alex')", [most - 1n])).toBe(most - 1n);
  expect(await idOf("insert into signed_ids values (-7, 'jerry')")).toBe(-7);
  expect(await idOf("insert into signed_ids values (?, 'alex')", [-8n])).toBe(-8);
  expect(await idOf("insert into signed_ids (name) values ('barbara')")).toBe(1);
});
