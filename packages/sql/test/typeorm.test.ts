import { createRequire } from "node:module";
import { compile, type Params, type Statement } from "@conn/core/sql";
import { DataSource } from "typeorm";
import { describe, expect, onTestFinished, test } from "vitest";
import { sqlite } from "../src/dialect-facts.ts";
import type { EngineSessionOptions } from "../src/engine.ts";
import { TypeormEngine } from "../src/typeorm/engine.ts";
import { oracleErrors, sapErrors, spannerErrors } from "../src/typeorm/errors.ts";
import { oracle, sap, spanner } from "../src/typeorm/kinds.ts";
import { engines, urlOf } from "./servers/engines.ts";
import { freePort } from "./servers/server.ts";
import { configOf, connect, failure } from "./support.ts";

describe("settings of databases that TypeORM opens", () => {
  test.each([
    [
      oracle,
      { url: "oracle+oracledb://barbara:cat@db.example.com/PETS" },
      {
        type: "oracle",
        username: "barbara",
        password: "cat",
        connectString:
          "(DESCRIPTION=(ADDRESS=(PROTOCOL=TCPS)(HOST=db.example.com)(PORT=2484))(CONNECT_DATA=(SERVICE_NAME=PETS))(SECURITY=(SSL_SERVER_DN_MATCH=ON)))",
      },
    ],
    [
      oracle,
      { url: "oracle://localhost:1600/?service_name=PETS" },
      {
        connectString:
          "(DESCRIPTION=(ADDRESS=(PROTOCOL=TCP)(HOST=localhost)(PORT=1600))(CONNECT_DATA=(SERVICE_NAME=PETS)))",
      },
    ],
    [
      sap,
      { url: "hana://barbara:cat@db.example.com:39015/PETS" },
      {
        type: "sap",
        host: "db.example.com",
        port: 39_015,
        username: "barbara",
        database: "PETS",
        encrypt: true,
        sslValidateCertificate: true,
      },
    ],
    [sap, { dialect: "sap", host: "localhost", database: "PETS" }, { encrypt: false, port: 443 }],
    [
      spanner,
      { url: "spanner:///projects/pets/instances/one/databases/owners" },
      { type: "spanner", projectId: "pets", instanceId: "one", databaseId: "owners" },
    ],
    [
      spanner,
      {
        dialect: "spanner",
        database: "projects/pets/instances/one/databases/owners",
        username: "reader@pets.example.com",
        password: "-----BEGIN PRIVATE KEY-----",
      },
      {
        credentials: {
          client_email: "reader@pets.example.com",
          private_key: "-----BEGIN PRIVATE KEY-----",
        },
      },
    ],
  ])("%# become TypeORM's", async (kind, settings, options) => {
    expect(await kind.options(await configOf(settings), "pet_db")).toMatchObject(options);
  });

  test.each([
    [oracle, { url: "oracle://db/PETS?colour=blue" }],
    [oracle, { url: "oracle://db/PETS)(x=1" }],
    [spanner, { dialect: "spanner", database: "pets" }],
    [sap, { url: "hana://db/PETS?colour=blue" }],
  ])("%# are refused where they mean nothing", async (kind, settings) => {
    const config = await configOf(settings);
    expect(await failure(kind.options(config, "pet_db"))).toMatchObject({ code: "CONN_CONFIG" });
  });

  test.each([
    ["hana://localhost:1/PETS", "@sap/hana-client"],
    ["spanner:///projects/a/instances/b/databases/c", "@google-cloud/spanner"],
  ])("%s names the package that is missing", async (url, name) => {
    expect(await failure((await connect({ url })).client())).toMatchObject({
      code: "CONN_PACKAGE_MISSING",
      hint: expect.stringContaining(name) as string,
    });
  });
});

describe("Oracle's own driver", () => {
  const handedOver: unknown = createRequire(import.meta.url)("oracledb");

  test.each([
    ["found", undefined],
    ["handed over", handedOver],
  ])("%s, says where nobody listens", async (_how, driver) => {
    const port = await freePort();
    const conn = await connect({
      url: `oracle://barbara:cat@127.0.0.1:${port}/PETS`,
      ...(driver === undefined ? {} : { driver }),
    });
    const error = await failure(conn.query("select 1 from dual"));
    expect(error).toMatchObject({ code: "CONN_OPEN" });
    expect(error.message).toContain(String(port));
    expect(JSON.stringify(error)).not.toContain("cat");
  });
});

test("CockroachDB is opened by TypeORM's driver for it, on PostgreSQL's wire", async () => {
  const postgres = new URL(urlOf(engines.find(({ name }) => name === "postgres")!));
  const conn = await connect({ url: `cockroachdb:${postgres.href.slice("postgres:".length)}` });
  // PostgreSQL does not know what TypeORM's driver for CockroachDB sets on each connection.
  expect((await failure(conn.client())).message).toContain(
    "enable_experimental_alter_column_type_general",
  );
});

// better-sqlite3 asks for Node 22.
describe.skipIf(Number.parseInt(process.versions.node, 10) < 22)("an engine of TypeORM's", () => {
  async function open(): Promise<{ engine: TypeormEngine; wrote: () => number }> {
    const dataSource = new DataSource({ type: "better-sqlite3", database: ":memory:" });
    await dataSource.initialize();
    let writes = 0;
    const catalog =
      'select \'main\' as "schema", m.name as "table", \'table\' as kind, c.name as "column", c.type as type, not c."notnull" as nullable from sqlite_master m, pragma_table_info(m.name) c order by m.name, c.cid';
    const engine = new TypeormEngine(dataSource, sqlite, { ping: "select 1", catalog }, () => {
      writes++;
    });
    onTestFinished(() => engine.close());
    await engine.execute(statement("create table pets (name text not null, age integer)"));
    return { engine, wrote: () => writes };
  }

  const statement = (text: string, params?: Params): Statement => compile(text, params, sqlite);
  const session: EngineSessionOptions = {
    readOnly: false,
    signal: new AbortController().signal,
    holder: "a test",
  };

  test("reads, writes and lists", async () => {
    const { engine, wrote } = await open();
    await engine.ping();
    await engine.execute(
      statement("insert into pets values (:name, :age)", { name: "rex", age: 3 }),
    );
    await engine.execute(statement("insert into pets values (?, ?)", ["tom", null]));
    expect(wrote()).toBe(3);
    const all = statement("select name, age from pets order by name");
    expect((await engine.query(all, {})).rows()).toEqual([
      { name: "rex", age: 3 },
      { name: "tom", age: null },
    ]);
    const cut = await engine.query(all, { maxRows: 1 });
    expect([cut.length, cut.meta.truncated]).toEqual([1, true]);
    expect(await engine.browse(["main", "pets"])).toEqual([
      { name: "name", kind: "column", path: ["main", "pets", "name"] },
      { name: "age", kind: "column", path: ["main", "pets", "age"] },
    ]);
    expect(await failure(engine.query(statement("delete from pets"), {}))).toMatchObject({
      code: "CONN_READ_ONLY",
    });
    expect(await failure(engine.execute(statement("begin")))).toMatchObject({
      code: "CONN_UNSUPPORTED",
    });
    const stopped = AbortSignal.abort();
    expect(await failure(engine.query(all, { signal: stopped }))).toMatchObject({
      code: "CONN_ABORTED",
    });
  });

  test("keeps a session's transactions apart, one after the other", async () => {
    const { engine } = await open();
    const count = statement("select count(*) as n from pets");
    const inner = await engine.session(session);
    await inner.execute(statement("insert into pets values ('rex', 3)"));
    await inner.commit();
    await inner.manager.query("insert into pets values ('lost', 0)").catch(() => {});
    await inner.execute(statement("insert into pets values ('tom', 4)"));
    expect((await inner.query(count, {})).at(0)).toMatchObject({ n: 3 });
    await inner.rollback();
    await inner.end();
    expect(await failure(inner.query(count, {}))).toMatchObject({ code: "CONN_CLOSED" });
    expect((await engine.query(count, {})).at(0)).toMatchObject({ n: 2 });
    expect(await failure(engine.session({ ...session, readOnly: true }))).toMatchObject({
      code: "CONN_UNSUPPORTED",
    });
  });
});

test("errors of those databases are told apart", () => {
  const of = (code: string | number, message = "no"): Error =>
    Object.assign(new Error(message), { code });
  const cases = [
    [oracleErrors, "ORA-01017", "CONN_AUTH"],
    [oracleErrors, "NJS-503", "CONN_OPEN"],
    [oracleErrors, "ORA-12514", "CONN_OPEN"],
    [oracleErrors, "ORA-03113", "CONN_LOST"],
    [oracleErrors, "ORA-00942", "CONN_QUERY"],
    [sapErrors, 10, "CONN_AUTH"],
    [sapErrors, -10_709, "CONN_OPEN"],
    [sapErrors, 259, "CONN_QUERY"],
    [spannerErrors, 16, "CONN_AUTH"],
    [spannerErrors, 3, "CONN_QUERY"],
  ] as const;
  for (const [errors, code, expected] of cases)
    expect(errors.connCode(errors.code(of(code))!), String(code)).toBe(expected);
  expect(oracleErrors.mayPassAgain(of("ORA-00060"))).toBe(true);
  expect(oracleErrors.lost(of("ORA-03113"))).toBe(true);
  expect(oracleErrors.lost(of("ECONNRESET"))).toBe(true);
  expect(spannerErrors.mayPassAgain(of(10))).toBe(true);
});
