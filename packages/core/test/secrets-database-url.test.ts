import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type DatabaseUrl, parseDatabaseUrl } from "../src/database-url.ts";
import { seed } from "./secrets-support.ts";

const server = { host: "h", port: 3306, username: "u", database: "db", query: {} };

describe("parseDatabaseUrl", () => {
  it.each<[string, DatabaseUrl]>([
    [
      "mysqldb://scott:tiger@192.168.0.134/pet_db",
      {
        type: "mysql",
        driver: "mysqldb",
        host: "192.168.0.134",
        username: "scott",
        password: "tiger",
        database: "pet_db",
        query: {},
      },
    ],
    [
      "mysql+pymysql://u:pw@h:3306/db?charset=utf8mb4",
      {
        ...server,
        type: "mysql",
        driver: "pymysql",
        password: "pw",
        query: { charset: "utf8mb4" },
      },
    ],
    ["mariadb://u@h/db", { type: "mariadb", host: "h", username: "u", database: "db", query: {} }],
    [
      "postgresql+psycopg2://u:pw@h/db",
      {
        type: "postgres",
        driver: "psycopg2",
        host: "h",
        username: "u",
        password: "pw",
        database: "db",
        query: {},
      },
    ],
    ["postgres://h", { type: "postgres", host: "h", query: {} }],
    ["POSTGRESQL://h", { type: "postgres", host: "h", query: {} }],
    [
      "postgresql:///db?host=/var/run/postgresql",
      { type: "postgres", host: "/var/run/postgresql", database: "db", query: {} },
    ],
    [
      "postgresql://u:pw@/db?host=/var/run&sslmode=disable",
      {
        type: "postgres",
        host: "/var/run",
        username: "u",
        password: "pw",
        database: "db",
        query: { sslmode: "disable" },
      },
    ],
    [
      "postgresql://%2Fvar%2Frun/db",
      { type: "postgres", host: "/var/run", database: "db", query: {} },
    ],
    [
      "postgresql://u:pw@[2001:db8::1]:5432/db",
      {
        type: "postgres",
        host: "2001:db8::1",
        port: 5432,
        username: "u",
        password: "pw",
        database: "db",
        query: {},
      },
    ],
    [
      "postgresql://u:pw@[fe80::1%25eth0]/db",
      {
        type: "postgres",
        host: "fe80::1%eth0",
        username: "u",
        password: "pw",
        database: "db",
        query: {},
      },
    ],
    [
      "postgresql://[fe80::1%eth0]:5432",
      { type: "postgres", host: "fe80::1%eth0", port: 5432, query: {} },
    ],
    [
      "postgresql://u@example.org:pw@h/db",
      {
        type: "postgres",
        host: "h",
        username: "u@example.org",
        password: "pw",
        database: "db",
        query: {},
      },
    ],
    ["mysql://h/db?init=a@b", { type: "mysql", host: "h", database: "db", query: { init: "a@b" } }],
    [
      "mysql://u:pw@h/db?init=a@b/c",
      {
        type: "mysql",
        host: "h",
        username: "u",
        password: "pw",
        database: "db",
        query: { init: "a@b/c" },
      },
    ],
    ["mysql://u:@h:/", { type: "mysql", host: "h", username: "u", password: "", query: {} }],
    [
      "mssql+pyodbc://sa:pw@h:1433/db?driver=ODBC+Driver+18+for+SQL+Server",
      {
        type: "mssql",
        driver: "pyodbc",
        host: "h",
        port: 1433,
        username: "sa",
        password: "pw",
        database: "db",
        query: { driver: "ODBC Driver 18 for SQL Server" },
      },
    ],
    ["mssql://h\\pets/db", { type: "mssql", host: "h\\pets", database: "db", query: {} }],
    ["sqlite://", { type: "sqlite", database: ":memory:", query: {} }],
    ["sqlite:///:memory:", { type: "sqlite", database: ":memory:", query: {} }],
    ["sqlite:///pets.db", { type: "sqlite", database: "pets.db", query: {} }],
    [
      "sqlite:///data/p%20@ts.db?mode=ro",
      { type: "sqlite", database: "data/p%20@ts.db", query: { mode: "ro" } },
    ],
    ["sqlite:////data/pets.db", { type: "sqlite", database: "/data/pets.db", query: {} }],
    [
      "sqlite+aiosqlite:///pets.db",
      { type: "sqlite", driver: "aiosqlite", database: "pets.db", query: {} },
    ],
    ["sqlite:///C:\\pets\\pets.db", { type: "sqlite", database: "C:\\pets\\pets.db", query: {} }],
    [
      "mysql://h/db?__proto__=x",
      {
        type: "mysql",
        host: "h",
        database: "db",
        query: JSON.parse('{"__proto__":"x"}') as Record<string, string>,
      },
    ],
  ])("reads %s", (url, expected) => {
    const { query, ...parts } = parseDatabaseUrl(url);
    const { query: expectedQuery, ...expectedParts } = expected;
    expect(parts).toEqual(expectedParts);
    expect(Object.entries(query)).toEqual(Object.entries(expectedQuery));
  });

  it.each([
    "@",
    ":",
    "/",
    "#",
    "%",
    "?",
    " ",
    "%zz",
    "%",
    "@@",
    "p@s:s/w#o%rd? x",
    "p@h:1/x",
    "?",
    "a+b",
    "[x]",
    "&=",
    "é",
  ])("takes the password %j as it stands and percent-encoded", (password) => {
    expect(parseDatabaseUrl(`mysql://u:${password}@h:3306/db`)).toMatchObject({
      ...server,
      password,
    });
    expect(parseDatabaseUrl(`mysql://u:${encodeURIComponent(password)}@h:3306/db`)).toMatchObject({
      ...server,
      password,
    });
  });

  it("takes any password back out that was put in encoded", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "grapheme", minLength: 1 }),
        fc.string({ unit: "grapheme", minLength: 1 }),
        (username, password) => {
          const url = `postgres://${encodeURIComponent(username)}:${encodeURIComponent(password)}@h:3306/db?a=b`;
          expect(parseDatabaseUrl(url)).toMatchObject({
            username,
            password,
            host: "h",
            port: 3306,
            database: "db",
            query: { a: "b" },
          });
        },
      ),
      { seed },
    );
  });

  it.each([
    ["", "://"],
    ["pets", "://"],
    ["://u:hunter2@h", "://"],
    ["u:hunter2@h/db", "://"],
    ["mysql://u:hunter2@h:5432abc/db", "port"],
    ["mysql://u:hunter2@h:0/db", "port"],
    ["mysql://u:hunter2@h:65536/db", "port"],
    ["mysql://u:hunter2@h:-1/db", "port"],
    ["mysql://u:hunter2@h1,h2/db", "several hosts"],
    ["sqlite://u:hunter2@pets.db", "Two slashes"],
  ])("refuses %s and shows no part of it", (url, reason) => {
    expect(() => parseDatabaseUrl(url)).toThrow(reason);
    expect(() => parseDatabaseUrl(url)).not.toThrow("hunter2");
    expect(() => parseDatabaseUrl(url)).toThrow(
      expect.objectContaining({ code: "CONN_CONFIG", hint: expect.any(String) as string }) as Error,
    );
  });

  it.each([
    "mysql://" + "@".repeat(1_000_000),
    `mysql://${"a:".repeat(500_000)}@h`,
    `mysql://${"?a".repeat(500_000)}`,
    `mysql://h/?${"a=@&".repeat(250_000)}`,
  ])("reads or refuses a megabyte in linear time (case %#)", (url) => {
    try {
      expect(parseDatabaseUrl(url).type).toBe("mysql");
    } catch (error) {
      expect(error).toMatchObject({ code: "CONN_CONFIG" });
    }
  });
});
