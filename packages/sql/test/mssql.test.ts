import { createRequire } from "node:module";
import { tokenize } from "@conn/core/sql";
import { type TdsOptions, type TdsServer, startTds } from "@conn/emulators/tds";
import { describe, expect, onTestFinished, test } from "vitest";
import { connect as connectTedious } from "../src/mssql/connect.ts";
import { needsNewerNode, type Tedious } from "../src/mssql/driver.ts";
import { mssqlErrors } from "../src/mssql/errors.ts";
import { connectionSettings } from "../src/mssql/settings.ts";
import { mssql } from "../src/dialect-facts.ts";
import { statementKind } from "../src/statement.ts";
import { engines, urlOf } from "./servers/engines.ts";
import { configOf, connect, failure } from "./support.ts";

const engine = engines.find(({ name }) => name === "mssql");

async function start(options: TdsOptions = {}): Promise<TdsServer> {
  const server = await startTds(options);
  onTestFinished(() => server.stop());
  return server;
}

let tables = 0;

describe.skipIf(!engine)("SQL Server", () => {
  const url = engine ? urlOf(engine) : "";
  const open = (settings: object = {}): ReturnType<typeof connect> => connect({ url, ...settings });

  test("is found by every way to write where it is", async () => {
    const { hostname, port, username, password, pathname } = new URL(url);
    const at = `${username}:${password}@${hostname}:${port}${pathname}`;
    const parts = { host: hostname, port: Number(port), username, password, database: "pets" };
    for (const settings of [
      { url: `mssql://${at}` },
      { url: `sqlserver://${at}` },
      { url: `mssql+pymssql://${at}?charset=utf8` },
      { url: `mssql+pyodbc://${at}?driver=ODBC+Driver+18+for+SQL+Server&Encrypt=no` },
      { dialect: "mssql", ...parts },
      { dialect: "sqlserver", ...parts },
    ])
      expect((await (await connect(settings)).query("select db_name() as name")).at(0)).toEqual({
        name: "pets",
      });
  });

  test("logs in with any password, and says what is wrong with another", async () => {
    const password = "p@ss:/#%? \"'\\é";
    const server = await start({ password });
    expect((await (await connect({ url: server.url })).query("select 1 as one")).length).toBe(1);
    const parts = { dialect: "mssql", host: "127.0.0.1", port: server.port, username: "sa" };
    const wrong = await failure((await connect({ ...parts, password: "cat" })).client());
    expect(wrong).toMatchObject({
      code: "CONN_AUTH",
      hint: expect.stringContaining("`password`") as string,
    });
    expect(wrong.message).toContain("Login failed for user 'sa'");
    const lost = await connect({ ...parts, password, database: "dragons" });
    expect(await failure(lost.client())).toMatchObject({
      code: "CONN_OPEN",
      message: expect.stringContaining('Cannot open database "dragons"') as string,
      hint: expect.stringContaining("create database") as string,
    });
  });

  test("gives the server no password where TLS was asked for and it has none", async () => {
    const server = await start();
    const conn = await connect({ url: server.url, ssl: true });
    expect(await failure(conn.client())).toMatchObject({
      code: "CONN_OPEN",
      hint: expect.stringContaining("ssl = false") as string,
    });
    // Release 19 of the driver would go on without.
    const tedious = createRequire(import.meta.url)("tedious-19") as Tedious;
    const settings = await connectionSettings(await configOf({ url: server.url, ssl: true }), "");
    expect((await failure(connectTedious(tedious, settings))).message).toMatch(/encryption/);
    expect(server.logins).toEqual([]);
  });

  test("says what to do where the server takes nobody without TLS", async () => {
    const server = await start({ tls: "required" });
    expect(await failure((await connect({ url: server.url })).client())).toMatchObject({
      code: "CONN_OPEN",
      hint: expect.stringContaining("ssl = true") as string,
    });
    expect(server.logins).toEqual([]);
    const ssl = { ca: server.certificate };
    const conn = await connect({ url: server.url, ssl });
    expect((await conn.query("select 1 as one")).at(0)).toEqual({ one: 1 });
    const trusting = `${server.url}?encrypt=yes&trustServerCertificate=yes`;
    expect((await (await connect({ url: trusting })).query("select 1 as one")).length).toBe(1);
  });

  test("tells the id that a row was given, and returns what OUTPUT names", async () => {
    const conn = await open();
    const table = `owners_${process.pid}_${++tables}`;
    await conn.execute(`create table ${table} (id int identity primary key, name nvarchar(40))`);
    onTestFinished(async () => void (await (await open()).execute(`drop table ${table}`)));
    const insert = `insert into ${table} (name) values (:name)`;
    expect(await conn.execute(insert, { name: "jerry" })).toMatchObject({
      rowCount: 1,
      lastId: 1,
    });
    expect(
      await conn.execute(`insert into ${table} (name) values ('alex') -- and no more`),
    ).toMatchObject({ rowCount: 1, lastId: 2 });
    const returned = await conn.execute(
      `insert into ${table} (name) output inserted.id, inserted.name values (?), (?)`,
      ["barbara", null],
    );
    expect(returned.rows.rows()).toEqual([
      { id: 3, name: "barbara" },
      { id: 4, name: null },
    ]);
    expect(returned.rowCount).toBe(2);
    expect((await conn.execute(`update ${table} set name = 'x' where id > 2`)).lastId).toBe(
      undefined,
    );
  });

  test("stores null in columns of every type", async () => {
    const conn = await open();
    const table = `owners_${process.pid}_${++tables}`;
    const types = "int bigint bit float date datetime2 varbinary(10) uniqueidentifier money xml";
    const columns = types.split(" ").map((type, index) => `c${index} ${type}`);
    await conn.execute(`create table ${table} (${columns.join(", ")})`);
    onTestFinished(async () => void (await (await open()).execute(`drop table ${table}`)));
    const nulls = columns.map(() => null);
    await conn.execute(`insert into ${table} values (${nulls.map(() => "?").join(", ")})`, nulls);
    expect(Object.values((await conn.query(`select * from ${table}`)).at(0)!)).toEqual(nulls);
  });

  test("takes values of every kind, and as many as the server does", async () => {
    const conn = await open();
    const values = [
      1,
      -0.5,
      2 ** 40,
      1e300,
      9_007_199_254_740_993n,
      true,
      "ñ".repeat(5000),
      Uint8Array.of(0, 255),
      new Date("2024-02-29T23:30:00.123Z"),
    ];
    const marks = values.map((_, index) => `? as c${index}`).join(", ");
    expect(Object.values((await conn.query(`select ${marks}`, { params: values })).at(0)!)).toEqual(
      [...values.slice(0, -1), "2024-02-29T23:30:00.123"],
    );
    const many = Array.from({ length: 2098 }, (_, index) => index);
    const text = "select 'yes' as found where 2097 in (:many)";
    expect((await conn.query(text, { params: { many } })).at(0)).toEqual({ found: "yes" });
    expect(await failure(conn.query(text, { params: { many: [...many, 1] } }))).toMatchObject({
      code: "CONN_PARAMS",
      message: expect.stringContaining("2098") as string,
    });
    expect((await conn.query("select @0 as a, @1 as b", { params: [1, 2] })).at(0)).toEqual({
      a: 1,
      b: 2,
    });
    expect((await conn.query("select @p0 as a", { params: { p0: 3 } })).at(0)).toEqual({ a: 3 });
  });

  test("reads its types as tables have them", async () => {
    const conn = await open();
    const table =
      await conn.query(`select cast(255 as tinyint) as tiny, cast(-1 as smallint) as small,
      cast(0.5 as real) as half, cast('12.5' as decimal(5, 2)) as price,
      cast('6F9619FF-8B86-D011-B42D-00C04FC964FF' as uniqueidentifier) as id,
      cast('04:05:06.789' as time) as at, cast('2024-02-29 04:05:06.789' as datetime2) as fed,
      cast(0 as bit) as good, cast(null as xml) as note, count(*)`);
    expect(table.at(0)).toEqual({
      tiny: 255,
      small: -1,
      half: 0.5,
      price: "12.50",
      id: "6f9619ff-8b86-d011-b42d-00c04fc964ff",
      at: "04:05:06.789",
      fed: "2024-02-29T04:05:06.789",
      good: false,
      note: null,
      [table.columns.at(-1)!.name]: 1,
    });
    expect(table.columns.map(({ type }) => type).slice(0, 8)).toEqual(
      "integer integer float decimal uuid time datetime boolean".split(" "),
    );
  });

  test("puts the parts of FOR JSON together", async () => {
    const conn = await open();
    const name = "[JSON_F52E2B61-18A1-11d1-B105-00805F49916B]";
    const table = await conn.query(
      `select '[{"pet":' as ${name} union all select '"cat"}]' order by 1 desc`,
    );
    expect(table.rows()).toEqual([{ json: '[{"pet":"cat"}]' }]);
  });

  test("stops a result early, and keeps the connection", async () => {
    const conn = await open({ poolSize: 1 });
    const id = async (): Promise<unknown> =>
      (await conn.query("select @@spid as id", { ttl: 0 })).at(0);
    const before = await id();
    const numbers = "select value as i from generate_series(1, 1000000)";
    expect((await conn.query(numbers, { maxRows: 3 })).length).toBe(3);
    for await (const batch of conn.stream(numbers, { batchSize: 10 })) {
      expect(batch.length).toBe(10);
      break;
    }
    expect(await id()).toEqual(before);
  });

  test("shares its connections with TypeORM, and forgets the isolation of its transactions", async () => {
    const conn = await open({ poolSize: 1 });
    const manager = await conn.manager();
    const ids = new Set<number>();
    const [own] = (await conn.query<{ id: number }>("select @@spid as id", { ttl: 0 })).rows();
    ids.add(own!.id);
    for (const { id } of await manager.query<{ id: number }[]>("select @@spid as id")) ids.add(id);
    await manager.transaction("SERIALIZABLE", async (inner) => {
      for (const { id } of await inner.query<{ id: number }[]>("select @@spid as id")) ids.add(id);
      await inner.query("set lock_timeout 5");
    });
    expect(ids.size).toBe(1);
    expect((await conn.query("select @@lock_timeout as wait", { ttl: 0 })).at(0)).toEqual({
      wait: -1,
    });
  });

  test("a transaction that a statement leaves open is refused, and one that it ends is noticed", async () => {
    const conn = await open({ poolSize: 1 });
    // A real server says so as well, and leaves it open all the same.
    expect((await failure(conn.execute("exec ('begin transaction')"))).code).toMatch(
      /CONN_UNSUPPORTED|CONN_QUERY/,
    );
    expect((await conn.query("select @@trancount as n", { ttl: 0 })).at(0)).toEqual({ n: 0 });
    await using session = await conn.session();
    for (const text of ["select 1 commit", "insert into x values (1) rollback"])
      expect(await failure(session.execute(text))).toMatchObject({ code: "CONN_UNSUPPORTED" });
    await session.execute("exec ('commit')").catch(() => {});
    expect(await failure(session.query("select 1 as one"))).toMatchObject({ code: "CONN_QUERY" });
    expect(await failure(session.manager.query("select 1 as one"))).toMatchObject({
      message: expect.stringContaining("rolled the session's transaction back") as string,
    });
    expect(await failure(session.commit())).toMatchObject({ code: "CONN_QUERY" });
    await session.rollback();
    expect((await session.query("select @@trancount as n")).at(0)).toEqual({ n: 1 });
  });

  test("a read-only session keeps nothing, even of what went unseen", async () => {
    const conn = await open();
    const table = `owners_${process.pid}_${++tables}`;
    await conn.execute(`create table ${table} (n int)`);
    onTestFinished(async () => void (await (await open()).execute(`drop table ${table}`)));
    await using session = await conn.session({ readOnly: true });
    await session.query(`select n from ${table} order by n offset 0 rows fetch next 1 rows only`);
    const allowed = ["select [delete], 'exec' as x from (select 1 as [delete]) as t"];
    for (const text of allowed) expect((await session.query(text)).length).toBe(1);
    await session.commit();
    expect(await failure(session.execute("select 1 as one"))).toMatchObject({
      code: "CONN_READ_ONLY",
    });
  });
});

describe("a statement of T-SQL that only reads", () => {
  test.each([
    "select case when a = 1 then 2 else 3 end from t",
    "select a from t order by a offset 1 rows fetch next 2 rows only",
    "select * from a inner merge join b on 1 = 1 option (merge join, use hint ('x'))",
    'select [update], t.[set], "delete" from t',
    "with x as (select 1 as a) select * from x",
    "select 'delete from pets' as a /* drop table pets */ -- exec",
    "select 1e5, 0xff, 1.5, .5, 1., -2",
    "select a from t for json path, without_array_wrapper",
    "select replace(a, 'x', 'y'), left(a, 1), iif(a = 1, 2, 3), try_convert(int, a) from t",
    "select top (5) percent with ties * from t with (nolock) order by a",
    "select * from t pivot (sum(a) for b in ([x], [y])) as p",
    "select a.value('(/x)[1]', 'int'), count(*) over (partition by a) from t",
    "select größe, [naïve 🐟] from t where name = :name",
    "select 1 as a;",
  ])("%j is taken for one", (text) => {
    const { count, writes } = statementKind({ text, tokens: tokenize(text, mssql) }, mssql);
    expect({ count, writes }).toEqual({ count: 1, writes: false });
  });
});

describe("the settings of a SQL Server connection", () => {
  const of = async (settings: object): Promise<{ server: string; options: object }> =>
    connectionSettings(await configOf(settings), "pet_db");

  test.each<[object, object]>([
    [
      { url: "mssql://db.example.com/pets" },
      { encrypt: true, trustServerCertificate: false, port: 1433, database: "pets" },
    ],
    [{ url: "mssql://localhost/pets" }, { encrypt: false }],
    [
      { url: "mssql://localhost/pets?encrypt=yes" },
      { encrypt: true, trustServerCertificate: false },
    ],
    [{ url: "mssql://localhost/pets?encrypt=strict" }, { encrypt: "strict" }],
    [{ url: "mssql://db.example.com/pets?Encrypt=no" }, { encrypt: false }],
    [
      { url: "mssql://db.example.com/pets?TrustServerCertificate=yes" },
      { encrypt: true, trustServerCertificate: true },
    ],
    [{ url: "mssql://db.example.com/pets?sslmode=disable" }, { encrypt: false }],
    [{ dialect: "mssql", host: "db\\SQLEXPRESS" }, { instanceName: "SQLEXPRESS" }],
    [
      { url: "mssql://db.example.com/pets?instanceName=SQLEXPRESS" },
      { instanceName: "SQLEXPRESS" },
    ],
    [{ dialect: "mssql", host: "db\\SQLEXPRESS", port: 1500 }, { port: 1500 }],
    [
      { url: "mssql://db.example.com/pets?ApplicationIntent=ReadOnly&Application+Name=pets" },
      { readOnlyIntent: true, appName: "pets" },
    ],
    [
      {
        url: "mssql://db.example.com",
        ssl: { servername: "pets.invalid", ca: "-----BEGIN CERTIFICATE-----" },
      },
      {
        serverName: "pets.invalid",
        cryptoCredentialsDetails: { ca: "-----BEGIN CERTIFICATE-----" },
      },
    ],
  ])("%j", async (settings, options) => {
    const { server, options: made } = await of(settings);
    expect(made).toMatchObject(options);
    expect(server).not.toContain("\\");
  });

  test("the driver's newest release is for Node 22 and later", () => {
    const cases = [
      ["20.3.9", "20.19.0"],
      ["20.3.9", "22.0.0"],
      ["19.2.2", "20.19.0"],
    ] as const;
    expect(cases.map(([version, node]) => needsNewerNode(version, node))).toEqual([
      true,
      false,
      false,
    ]);
  });

  test("an unknown option is refused", async () => {
    expect(await failure(of({ url: "mssql://db/pets?colour=blue" }))).toMatchObject({
      code: "CONN_CONFIG",
      message: expect.stringContaining("colour") as string,
    });
  });
});

describe("SQL Server's errors", () => {
  const error = (number: number, severity = 16): Error =>
    Object.assign(new Error("no"), { number, class: severity });

  test.each<[number, string]>([
    [18_456, "CONN_AUTH"],
    [18_488, "CONN_AUTH"],
    [4060, "CONN_OPEN"],
    [40_615, "CONN_OPEN"],
    [40_197, "CONN_OPEN"],
    [40_501, "CONN_OPEN"],
    [3906, "CONN_READ_ONLY"],
    [208, "CONN_QUERY"],
    [596, "CONN_LOST"],
  ])("%i is %s", (number, code) => {
    expect(mssqlErrors.connCode(mssqlErrors.code(error(number))!)).toBe(code);
  });

  test("some pass when they are tried again, and some end the connection", () => {
    const kinds = (number: number, severity?: number): boolean[] => [
      mssqlErrors.transient(error(number, severity)),
      mssqlErrors.mayPassAgain(error(number, severity)),
      mssqlErrors.lost(error(number, severity)),
    ];
    expect(kinds(1205, 13)).toEqual([true, true, false]);
    expect(kinds(3960)).toEqual([true, true, false]);
    expect(kinds(1222)).toEqual([true, false, false]);
    for (const number of [40_197, 40_501, 40_613])
      expect(kinds(number)).toEqual([true, false, false]);
    expect(kinds(18_456, 14)).toEqual([false, false, false]);
    expect(kinds(4060, 11)).toEqual([false, false, false]);
    expect(kinds(9001, 21)).toEqual([false, false, true]);
    for (const code of ["ESOCKET", "ECLOSE", "EINVALIDSTATE"])
      expect(mssqlErrors.lost(Object.assign(new Error("no"), { code }))).toBe(true);
    expect(mssqlErrors.lost(Object.assign(new Error("no"), { code: "ECONNREFUSED" }))).toBe(false);
  });
});
