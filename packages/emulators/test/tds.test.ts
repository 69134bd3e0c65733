import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Connection, Request, TYPES } from "tedious";
import { describe, expect, onTestFinished, test } from "vitest";
import { type TdsOptions, type TdsServer, startTds } from "../src/tds/server.ts";
import { splitStatements } from "../src/tds/split.ts";
import { tokenize } from "../src/tds/tokenize.ts";
import { translate } from "../src/tds/translate.ts";

async function start(options: TdsOptions = {}): Promise<TdsServer> {
  const server = await startTds({ password: "pets", ...options });
  onTestFinished(() => server.stop());
  return server;
}

describe("FreeTDS's tsql", () => {
  /** What it prints when it is given these lines. */
  async function tsql(
    { port }: TdsServer,
    lines: readonly string[],
    settings: readonly string[] = [],
    password = "pets",
  ): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), "conn-freetds-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    const file = join(folder, "freetds.conf");
    const server = ["[pets]", "host = 127.0.0.1", `port = ${port}`, "tds version = 7.4"];
    await writeFile(file, [...server, "client charset = UTF-8", ...settings].join("\n"));
    const child = spawn("tsql", ["-S", "pets", "-U", "sa", "-P", password], {
      env: { ...process.env, FREETDSCONF: file, FREETDS: file },
    });
    let printed = "";
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (text: string) => (printed += text));
    child.stdin.end([...lines, "exit", ""].join("\n"));
    await new Promise((resolve, reject) => child.once("close", resolve).once("error", reject));
    return printed;
  }

  test("logs in, writes and reads", async () => {
    const printed = await tsql(await start(), [
      "create table owners (id int identity primary key, person nvarchar(40), since date);",
      "insert into owners (person, since) values (N'zoë 🐟', '2024-02-29'), ('jerry', null)",
      "go",
      "select id, person, since, cast(1.5 as decimal(5, 2)) as price from owners",
      "go",
    ]);
    expect(printed).toContain("(2 rows affected)");
    expect(printed).toMatch(/1\tzoë 🐟\t.*29.*2024.*\t1\.50\n2\tjerry\tNULL\t1\.50\n/);
  });

  test("is told what is wrong", async () => {
    const server = await start();
    expect(await tsql(server, ["select * from dragons", "go"])).toMatch(
      /Msg 208[^]*Invalid object name 'dragons'/,
    );
    expect(await tsql(server, [], [], "cat")).toMatch(/Login failed for user 'sa'/);
  });

  test("encrypts where it is asked to, and where the server asks for it", async () => {
    const encrypted = [
      "select encrypt_option from sys.dm_exec_connections where session_id = @@spid",
      "go",
    ];
    expect(
      await tsql(await start({ tls: "offered" }), encrypted, ["encryption = require"]),
    ).toMatch(/\nTRUE\n/);
    expect(await tsql(await start({ tls: "required" }), encrypted)).toMatch(/\nTRUE\n/);
    expect(await tsql(await start(), encrypted, ["encryption = off"])).toMatch(/\nFALSE\n/);
  });
});

// It asks for Node 22.
describe.skipIf(Number.parseInt(process.versions.node, 10) < 22)("tedious", () => {
  async function open(server: TdsServer): Promise<Connection> {
    const connection = new Connection({
      server: "127.0.0.1",
      authentication: { type: "default", options: { userName: "sa", password: "pets" } },
      options: { port: server.port, encrypt: false, database: "pets", requestTimeout: 0 },
    });
    connection.on("error", () => {});
    onTestFinished(() => connection.close());
    await told((done) => connection.connect(done));
    return connection;
  }

  const told = (task: (done: (error?: Error | null) => void) => void): Promise<void> =>
    new Promise((resolve, reject) => task((error) => (error ? reject(error) : resolve())));

  /** The rows of a statement. */
  async function run(
    connection: Connection,
    text: string,
    stopAfter = Infinity,
  ): Promise<unknown[][]> {
    const rows: unknown[][] = [];
    await told((done) => {
      const request = new Request(text, done);
      request.on("row", (cells: { value: unknown }[]) => {
        if (rows.push(cells.map(({ value }) => value)) === stopAfter) connection.cancel();
      });
      connection.execSqlBatch(request);
    });
    return rows;
  }

  test("prepares a statement, runs it twice and lets it go", async () => {
    const connection = await open(await start());
    const rows: unknown[] = [];
    let finish = (_error?: Error | null): void => {};
    const request = new Request("select @n + 1 as n", (error) => finish(error));
    request.addParameter("n", TYPES.Int, undefined);
    request.on("row", (cells: { value: unknown }[]) => rows.push(cells[0]!.value));
    await new Promise<void>((resolve) => {
      request.once("prepared", resolve);
      connection.prepare(request);
    });
    for (const n of [1, 41])
      await told((done) => {
        finish = done;
        connection.execute(request, { n });
      });
    expect(rows).toEqual([2, 42]);
    await told((done) => {
      finish = done;
      connection.unprepare(request);
    });
  });

  test("stops a result in the middle and a statement at work, and goes on", async () => {
    const connection = await open(await start());
    const stopped = { code: "ECANCEL" };
    const numbers = "select value from generate_series(1, 10000000)";
    await expect(run(connection, numbers, 5)).rejects.toMatchObject(stopped);
    const working = run(
      connection,
      "select count(*) as n from generate_series(1, 1000000) a cross join generate_series(1, 1000000) b",
    );
    setTimeout(() => connection.cancel(), 50);
    await expect(working).rejects.toMatchObject(stopped);
    expect(await run(connection, "select 1 as one")).toEqual([[1]]);
  });

  test("keeps a transaction to itself, and forgets everything when it is reset", async () => {
    const server = await start();
    const [one, two] = [await open(server), await open(server)];
    await run(one, "create table pets (name nvarchar(40))");
    await told((done) => one.beginTransaction(done));
    await run(one, "insert into pets values ('rex')");
    await run(one, "create table #left (n int); set lock_timeout 7");
    expect(await run(two, "select name from pets")).toEqual([]);
    await told((done) => one.reset(done));
    expect(await run(one, "select name, @@lock_timeout from pets")).toEqual([]);
    expect(await run(one, "select @@trancount, @@lock_timeout")).toEqual([[0, -1]]);
    await expect(run(one, "select * from #left")).rejects.toMatchObject({ number: 208 });
  });

  test("a write that meets another's waits, and one that holds something gives way", async () => {
    const server = await start();
    const [one, two] = [await open(server), await open(server)];
    await run(one, "create table pets (id int, n int); insert into pets values (1, 0), (2, 0)");
    const update = (id: number): string => `update pets set n = n + 1 where id = ${id}`;
    await told((done) => one.beginTransaction(done));
    await run(one, update(1));
    const waiting = run(two, update(1));
    await told((done) => one.commitTransaction(done));
    await waiting;
    await told((done) => one.beginTransaction(done));
    await told((done) => two.beginTransaction(done));
    await run(one, update(1));
    await run(two, update(2));
    await expect(run(one, update(2))).rejects.toMatchObject({ number: 1205 });
    await run(two, update(1));
    await told((done) => two.commitTransaction(done));
    expect(await run(one, "select id, n from pets order by id")).toEqual([
      [1, 3],
      [2, 1],
    ]);
  });
});

describe("T-SQL", () => {
  const state = { variable: () => undefined, view: () => undefined, isTemporary: () => false };
  const translated = (text: string): string[] =>
    splitStatements(tokenize(text)).flatMap((statement) => translate(statement, state));

  test.each<[string, string[]]>([
    ["select top (2) a from t order by a", ["select a from t order by a limit ( 2 )"]],
    [
      "select (select top 1 a from t) from [my t]",
      ['select ( select a from t limit 1 ) from "my t"'],
    ],
    ["select N'it''s' + a -- no", ["select 'it''s' || a"]],
    ["select 1 /* a /* b */ c */ ; select @P0", ["select 1", "select $p_p0"]],
    ["delete from t output deleted.a where b = 1", ["delete from t where b = 1 returning a"]],
    ["insert t output inserted.id values (1)", ["insert t values ( 1 ) returning id"]],
    [
      "create table t (id int identity(1, 1) primary key, a nvarchar(max) not null, b datetime2(7))",
      [
        "create or replace sequence identity_t",
        `create table "t" ( id int default nextval('identity_t') primary key , a varchar not null , b timestamp )`,
      ],
    ],
    ["create table #t (a money)", ['create temp table "#t" ( a decimal(19, 4) )']],
    [
      "select cast(a as nvarchar(10)), convert(bit, 1) from t with (nolock)",
      ["select cast ( a as varchar ) , cast(1 as boolean) from t"],
    ],
    [
      "set ansi_nulls on\nset language us_english",
      ["set ansi_nulls on", "set language us_english"],
    ],
    [
      "select isnull(a, 0), len(b), 0x00ff",
      ["select ifnull ( a , 0 ) , length ( b ) , from_hex('00ff')"],
    ],
  ])("%j", (text, expected) => {
    expect(translated(text)).toEqual(expected);
  });
});
