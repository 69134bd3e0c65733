import { ConnError } from "@conn/core";
import { mkdir } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { SQLConnection } from "../src/index.ts";
import { connect, configOf, failure, temporaryFile } from "./support.ts";

const { config } = SQLConnection;

describe("a url names the file", () => {
  test.each([
    ["sqlite:///pets.db", "pets.db"],
    ["sqlite:////var/lib/pets.db", "/var/lib/pets.db"],
    ["sqlite:///C:/pets/pets.db", "C:/pets/pets.db"],
    ["sqlite:///a%20b%3F.db", "a b?.db"],
    ["sqlite:pets.db", "pets.db"],
    ["sqlite+pysqlite:///pets.db", "pets.db"],
    ["SQLITE:///pets.db", "pets.db"],
    ["sqlite://", ":memory:"],
    ["sqlite:///:memory:", ":memory:"],
    ["sqlite::memory:", ":memory:"],
    ["sqlite://:memory:", ":memory:"],
    ["sqlite:///pets.db?mode=memory", ":memory:"],
  ])("%s", async (url, database) => {
    expect(await configOf({ url })).toMatchObject({
      dialect: "sqlite",
      database,
      readOnly: false,
      wal: true,
      lockTimeout: 5,
    });
  });

  test("and whether it is only read", async () => {
    expect(await configOf({ url: "sqlite:///pets.db?mode=ro" })).toMatchObject({ readOnly: true });
  });

  test("or settings do", async () => {
    expect(await configOf({ dialect: "sqlite", database: "pets.db" })).toMatchObject({
      database: "pets.db",
    });
    expect(await configOf({ database: ":memory:", driver: "pysqlite" })).toMatchObject({
      dialect: "sqlite",
    });
  });
});

describe("settings are refused", () => {
  test.each<[object, string | undefined, RegExp]>([
    [{}, undefined, /url = "sqlite:\/\/\/pets\.db"/],
    [{ url: "pets.db" }, "url", /not a url/],
    [{ url: "informix://host/db" }, "url", /no dialect/],
    [{ url: "sqlite://host/pets.db" }, "url", /not a SQLite url/],
    [{ url: "sqlite:///%zz" }, "url", /not a SQLite url/],
    [{ url: "sqlite:///a%00b" }, "url", /not a SQLite url/],
    [{ url: "sqlite:///a?mode=rx" }, "url", /mode/],
    [{ url: "sqlite:///a?key=x" }, "url", /no option/],
    [{ url: "sqlite:///a", host: "h" }, "host", /SQLite has no host/],
    [{ url: "sqlite:///a", database: "b" }, "database", /keep one/],
    [{ url: "postgres://jerry@db/pets", username: "alex" }, "username", /keep one/],
    [{ url: "sqlite:///a", dialect: "mysql" }, "dialect", /different kinds/],
    [{ dialect: "sqlite" }, "database", /missing/],
    [{ dialect: "sqlite", database: "a", port: 1 }, "port", /SQLite has no port/],
    [{ host: "h", database: "a" }, "host", /which kind/],
    [{ dialect: "informix" }, "dialect", /./],
    [{ dialect: "mysql", port: 0 }, "port", /./],
    [{ dialect: "mysql", port: 65_536 }, "port", /./],
    [{ dialect: "mysql", port: "5432abc" }, "port", /./],
    [{ url: "sqlite://", lockTimeout: -1 }, "lockTimeout", /./],
    [{ url: "sqlite://", ur: 1 }, "ur", /./],
  ])("%o", async (settings, key, message) => {
    const result = await config["~standard"].validate(settings);
    expect(result.issues?.[0]?.message).toMatch(message);
    const path = result.issues?.[0]?.path?.[0];
    expect(typeof path === "object" ? path.key : path).toBe(key);
  });
});

describe("a server's url", () => {
  test.each<[string, object]>([
    [
      "mysqldb://scott:tiger@192.168.0.134/pet_db",
      {
        dialect: "mysql",
        host: "192.168.0.134",
        username: "scott",
        password: "tiger",
        database: "pet_db",
      },
    ],
    [
      "mysql+pymysql://jerry:p%40ss:/w@[::1]:3307/pets?charset=utf8",
      { host: "::1", port: 3307, password: "p@ss:/w", query: { charset: "utf8" } },
    ],
    [
      "postgresql+psycopg2://localhost/pets",
      { dialect: "postgres", host: "localhost", database: "pets" },
    ],
    [
      "postgres:///pets?host=/var/run/postgresql",
      { host: "/var/run/postgresql", database: "pets" },
    ],
    ["postgres://db/pets?sslmode=disable", { ssl: false }],
    ["postgres://db/pets?sslmode=require", { ssl: true }],
    ["postgres://db/pets?sslmode=no-verify", { ssl: { rejectUnauthorized: false } }],
    ["postgres://db/pets?sslmode=verify-full&sslrootcert=ca.pem", { ssl: { ca: "ca.pem" } }],
    [
      "postgres://db/pets?connect_timeout=3&search_path=x",
      { connectTimeout: 3, query: { search_path: "x" } },
    ],
    ["postgres://db/pets?sslmode=verify-full&sslrootcert=system", { ssl: true }],
    ["mysql://db/pets?ssl-mode=REQUIRED", { ssl: true, query: {} }],
    ["mysql://db/pets?ssl-mode=DISABLED", { ssl: false }],
    [
      "mysql://db/pets?ssl-mode=VERIFY_IDENTITY&ssl-ca=/etc/ca.pem",
      { ssl: { ca: "/etc/ca.pem" }, query: {} },
    ],
    [
      "mysql+pymysql://db/pets?ssl_ca=ca.pem&ssl_cert=cert.pem&ssl_key=key.pem&charset=utf8mb4",
      { ssl: { ca: "ca.pem", cert: "cert.pem", key: "key.pem" }, query: { charset: "utf8mb4" } },
    ],
    [
      "mysql+pymysql://scott@localhost/pets?unix_socket=/run/mysqld/mysqld.sock",
      { host: "/run/mysqld/mysqld.sock", query: {} },
    ],
    ["postgres://db/pets", { poolSize: 10, connectTimeout: 10, lockTimeout: 5 }],
  ])("%s", async (url, settings) => {
    expect(await configOf({ url })).toMatchObject(settings);
  });

  test("has its parts as settings too, and the seed's mix of both", async () => {
    expect(
      await configOf({ dialect: "mysql", host: "localhost", username: "scott", database: "pets" }),
    ).toMatchObject({ dialect: "mysql", host: "localhost", username: "scott", database: "pets" });
    expect(
      await configOf({ dialect: "mysql", url: "mysqldb://scott:tiger@192.168.0.134/pet_db" }),
    ).toMatchObject({ dialect: "mysql", username: "scott" });
  });

  test("lacks what is kept apart from it", async () => {
    expect(
      await configOf({ url: "postgres://jerry@db/pets", password: "word", port: 5433 }),
    ).toMatchObject({ username: "jerry", host: "db", password: "word", port: 5433 });
  });

  test.each([
    ["postgres://db:99999/pets", /port/],
    ["postgres://db/pets?sslmode=maybe", /sslmode/],
    ["postgres://one,two/pets", /several hosts/],
  ])("%s is refused", async (url, message) => {
    await expect(configOf({ url })).rejects.toThrow(message);
  });

  test.each([
    ["mssql+pyodbc://scott:tiger@localhost/pets", "mssql"],
    ["sqlserver://localhost/pets", "mssql"],
    ["cockroachdb+psycopg2://localhost/pets", "cockroachdb"],
    ["oracle+cx_oracle://localhost/pets", "oracle"],
    ["hana+hdbcli://localhost/pets", "sap"],
    ["spanner+spanner:///projects/a/instances/b/databases/c", "spanner"],
  ])("%s is one of %s", async (url, dialect) => {
    expect(await configOf({ url })).toMatchObject({ dialect });
  });
});

test("the schema describes every setting, and marks what is secret", () => {
  const { properties } = config["~standard"].jsonSchema!.input({ target: "draft-07" }) as {
    properties: Record<
      string,
      { description?: string; examples?: unknown[]; writeOnly?: boolean; default?: unknown }
    >;
  };
  for (const [name, field] of Object.entries(properties))
    expect(field.description, name).toMatch(/./);
  expect(Object.keys(properties).filter((name) => properties[name]?.writeOnly)).toEqual([
    "password",
  ]);
  expect(properties["lockTimeout"]).toMatchObject({ default: 5, examples: [30] });
});

describe("opening says what is wrong with the file", () => {
  test("its folder does not exist, and is not made", async () => {
    const path = await temporaryFile("no/such/pets.db");
    const error = await failure((await connect({ database: path })).query("select 1"));
    expect(error).toMatchObject({
      code: "CONN_OPEN",
      hint: expect.stringContaining("mkdir -p") as string,
    });
  });

  test("it is a folder", async () => {
    const path = await temporaryFile();
    await mkdir(path);
    expect((await failure((await connect({ database: path })).query("select 1"))).message).toMatch(
      /is a folder/,
    );
  });

  test("it is not there, and may only be read", async () => {
    const path = await temporaryFile();
    expect(
      (await failure((await connect({ url: `sqlite:///${path}?mode=ro` })).query("select 1")))
        .message,
    ).toMatch(/there is no file/);
  });

  test("it is no database", async () => {
    const error = await failure(
      (await connect({ database: import.meta.filename })).query("select * from pets"),
    );
    expect(error).toMatchObject({
      code: "CONN_OPEN",
      hint: expect.stringContaining("no SQLite database") as string,
    });
  });

  test("it has no tables yet", async () => {
    const error = await failure(
      (await connect({ database: await temporaryFile() })).query("select * from pets"),
    );
    expect(error.hint).toMatch(/no tables yet/);
  });

  test("it may not be written", async () => {
    const path = await temporaryFile();
    await (await connect({ database: path })).execute("create table pets (name text)");
    const conn = await connect({ database: path, readOnly: true });
    expect((await conn.query("select * from pets")).length).toBe(0);
    const error = await failure(conn.execute("delete from pets"));
    expect(error).toMatchObject({ code: "CONN_READ_ONLY" });
    expect(error).toBeInstanceOf(ConnError);
  });

  test("the driver is none", async () => {
    expect(
      await failure(
        (await connect({ database: ":memory:", driver: { some: "thing" } })).query("select 1"),
      ),
    ).toMatchObject({ code: "CONN_CONFIG" });
  });
});

test("two connections with equal settings share no results of databases in memory", async () => {
  const [one, two] = [await connect(), await connect()];
  await one.execute("create table pets (name text)");
  expect((await one.query("select count(*) as n from sqlite_master")).at(0)).toEqual({ n: 1 });
  expect((await two.query("select count(*) as n from sqlite_master")).at(0)).toEqual({ n: 0 });
  await one.reset();
  expect((await one.query("select count(*) as n from sqlite_master")).at(0)).toEqual({ n: 0 });
});
