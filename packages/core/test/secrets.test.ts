import { chmod, chown, mkdir } from "node:fs/promises";
import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { redactText } from "../src/redact.ts";
import type { SecretsSection } from "../src/secrets.ts";
import { runScript, world } from "./secrets-support.ts";

/** The values as plain objects, which compare by content. */
function plain(section: SecretsSection | undefined): unknown {
  return section && (JSON.parse(JSON.stringify(section.values)) as unknown);
}

const file = "project/.conn/secrets.toml";

describe("the files of secrets", () => {
  it("are merged per connection and per key: the user's, the project's, the profile's", async () => {
    const { secrets } = await world({
      "home/.conn/secrets.toml":
        "[connections.pet_db]\nhost = 'global'\nport = 1\nuser = 'jerry'\n[connections.other]\na = 1",
      [file]: "[connections.pet_db]\nport = 2\noptions = { x = 1, y = 1 }",
      "project/.conn/secrets.production.toml": "[connections.pet_db]\noptions = { y = 2 }",
    });
    const section = await secrets({ profile: "production" }).section("pet_db");
    expect(plain(section)).toEqual({
      host: "global",
      port: 2,
      user: "jerry",
      options: { x: 1, y: 2 },
    });
    expect(plain(await secrets().section("pet_db"))).toMatchObject({ options: { y: 1 } });
    // A project's file takes no connection away that only the user's has.
    expect(plain(await secrets().section("other"))).toEqual({ a: 1 });
    expect(await secrets().names()).toEqual(["pet_db", "other"]);
  });

  it("are looked for from the working directory up to the project's root, and the nearest counts", async () => {
    const { secrets, path } = await world({
      [file]: "[connections.a]\nx = 'root'\n[connections.b]\nx = 'root'",
      "project/packages/app/.conn/secrets.toml": "[connections.a]\nx = 'app'",
      "project/packages/app/package.json": "{}",
    });
    await mkdir(path("project/packages/app/src"));
    const app = secrets({ cwd: path("project/packages/app/src") });
    expect(plain(await app.section("a"))).toEqual({ x: "app" });
    expect(await app.section("b")).toBeUndefined();
    expect(plain(await secrets({ cwd: path("project/packages") }).section("a"))).toEqual({
      x: "root",
    });
  });

  it("are never taken from above the project's root", async () => {
    const { secrets, path } = await world({ ".conn/secrets.toml": "[connections.a]\nx = 1" });
    expect(await secrets().section("a")).toBeUndefined();
    await mkdir(path("loose/below"), { recursive: true });
    expect(await secrets({ cwd: path("loose/below") }).section("a")).toBeUndefined();
  });

  it("may be missing, and so may the home", async () => {
    const { secrets } = await world();
    expect(await secrets().names()).toEqual([]);
    expect(await secrets({ home: "/nowhere/at/all" }).section("a")).toBeUndefined();
    expect(await secrets({ home: "" }).section("a")).toBeUndefined();
  });

  it("are found though the home belongs to somebody else", async () => {
    const here = await world({ [file]: "[connections.a]\nx = 1" });
    await chmod(here.path("home"), 0);
    // Root may look anywhere, so the script becomes nobody.
    const nobody = process.getuid?.() === 0 ? 65_534 : undefined;
    if (nobody !== undefined) {
      await chmod(here.path(""), 0o755);
      await chown(here.path(file), nobody, nobody);
    }
    const leave =
      nobody === undefined ? "" : `process.setgid(${nobody}); process.setuid(${nobody});`;
    const { stdout } = await runScript(
      here,
      `import { Secrets } from "./secrets.ts"; ${leave} console.log((await new Secrets().section("a")).values.x);`,
    );
    await chmod(here.path("home"), 0o700);
    expect(stdout).toBe("1\n");
  });

  it("of a Python team are read where there is no .conn", async () => {
    const { secrets, write } = await world({
      "home/.streamlit/secrets.toml": "[connections.pet_db]\nusername = 'jerry'",
      "project/.streamlit/secrets.toml":
        "token = 'x'\n[connections.pet_db]\ndialect = 'mysql'\nurl = 'mysqldb://scott:tiger@h/pet_db'",
    });
    expect(plain(await secrets().section("pet_db"))).toEqual({
      username: "jerry",
      dialect: "mysql",
      url: "mysqldb://scott:tiger@h/pet_db",
    });
    await write(file, "[connections.pet_db]\nurl = 'ours'");
    expect(plain(await secrets().section("pet_db"))).toEqual({ username: "jerry", url: "ours" });
  });

  it("say where each value stands", async () => {
    const { secrets, path } = await world({
      "home/.conn/secrets.toml": "[connections.pet_db]\nhost = 'h'",
      [file]: "# pets\n[connections.pet_db]\n  port = 2\noptions.ssl = true\n",
    });
    const section = await secrets({ env: { CONN_PET_DB__USER: "jerry" } }).section("pet_db");
    const origins = Object.fromEntries(section!.origins);
    expect(origins).toEqual({
      "": { file: path(file), line: 2, column: 14 },
      host: { file: path("home/.conn/secrets.toml"), line: 2, column: 1 },
      port: { file: path(file), line: 3, column: 3 },
      options: { file: path(file), line: 4, column: 1 },
      "options.ssl": { file: path(file), line: 4, column: 9 },
      user: { env: "CONN_PET_DB__USER" },
    });
    expect(section!.files).toEqual([path("home/.conn/secrets.toml"), path(file)]);
  });

  it("give dates as text, large integers exactly, and arrays of tables", async () => {
    const { secrets } = await world({
      [file]:
        "[connections.a]\nday = 2024-05-01\nat = 2024-05-01T10:00:00+02:00\nlocal = 2024-05-01 10:00:00\ntime = 10:00:00\nbig = 9007199254740993\n[[connections.a.list]]\nx = 1\n",
    });
    const { values } = (await secrets().section("a"))!;
    expect({ ...values }).toMatchObject({
      day: "2024-05-01",
      at: "2024-05-01T10:00:00.000+02:00",
      local: "2024-05-01T10:00:00.000",
      time: "10:00:00.000",
      big: 9007199254740993n,
      list: [{ x: 1 }],
    });
  });

  it("are frozen in depth, never written to the environment, and given again as they are while nothing changes", async () => {
    const { secrets } = await world({
      [file]: "[connections.a]\nb = { c = [1, { d = 2 }] }\nurl = 'x://u:frozen-canary@h'",
    });
    const before = { ...process.env };
    const source = secrets();
    const section = (await source.section("a"))!;
    const b = section.values["b"] as { c: [number, { d: number }] };
    expect(() => ((section.values as Record<string, unknown>)["b"] = 1)).toThrow(TypeError);
    expect(() => (b.c[1].d = 3)).toThrow(TypeError);
    expect(() => b.c.push(4)).toThrow(TypeError);
    expect(process.env).toEqual(before);
    expect(await source.section("a")).toBe(section);
  });

  it("are not printed with the section they belong to", async () => {
    const { secrets } = await world({
      [file]: "[connections.a]\nnested = { password = 'print-canary' }",
    });
    const section = await secrets().section("a");
    expect(section?.values["nested"]).toEqual({ password: "print-canary" });
    for (const text of [inspect(section, { depth: Infinity }), JSON.stringify(section)])
      expect(text).not.toContain("print-canary");
  });

  it("make the passwords in them known to the masker", async () => {
    const { secrets } = await world({
      [file]:
        "[connections.a]\nurl = 'mysql://u:url-canary@h'\npassword = 'key-canary'\nnested = { api_key = 'deep-canary' }\nhost = 'host-name'",
    });
    await secrets().section("a");
    expect(redactText("url-canary key-canary deep-canary host-name")).toBe(
      "[redacted] [redacted] [redacted] host-name",
    );
  });

  it("warn of a profile that has no file, once", async () => {
    const { secrets, warnings } = await world({ [file]: "[connections.a]\nx = 1" });
    const source = secrets({ env: { CONN_PROFILE: "prod" } });
    await source.section("a");
    await source.section("a");
    expect(warnings).toEqual([expect.stringContaining("secrets.prod.toml")]);
  });

  it("are read again when they change", async () => {
    const { secrets, write } = await world({ [file]: "[connections.a]\nx = 1" });
    const source = secrets();
    expect(plain(await source.section("a"))).toEqual({ x: 1 });
    await write(file, "[connections.a]\nx = 2");
    expect(plain(await source.section("a"))).toEqual({ x: 2 });
    expect(await source.section("b")).toBeUndefined();
    await write("home/.conn/secrets.toml", "[connections.b]\ny = 1");
    expect(plain(await source.section("b"))).toEqual({ y: 1 });
  });
});

describe("a directory of secrets", () => {
  it("gives a value per file, in folders or in dotted names, as Kubernetes mounts them", async () => {
    const { secrets, path, write, link } = await world({
      [file]: "[connections.pet_db]\nurl = 'file'\nuser = 'jerry'",
    });
    await write("mount/..2024_a/connections.pet_db.url", "mysql://u:mounted-canary@h\n", 0o644);
    await write("mount/..2024_a/connections.pet_db.options.ssl", "true", 0o644);
    await write("mount/..2024_a/unrelated", "x", 0o644);
    await link("mount/..data", "..2024_a");
    for (const name of ["connections.pet_db.url", "connections.pet_db.options.ssl", "unrelated"])
      await link(`mount/${name}`, `..data/${name}`);
    await write("project/.conn/secrets/connections/pet_db/user", "barbara\r\n");
    await write("project/.conn/secrets/connections/cat/port", "5432");

    const source = secrets({ env: { CONN_SECRETS_DIR: path("mount") } });
    const section = await source.section("pet_db");
    expect(plain(section)).toEqual({
      url: "mysql://u:mounted-canary@h",
      user: "barbara",
      options: { ssl: true },
    });
    expect(section!.origins.get("url")).toEqual({ file: path("mount/connections.pet_db.url") });
    expect(plain(await source.section("cat"))).toEqual({ port: 5432 });
    expect([...(await source.names())].sort()).toEqual(["cat", "pet_db"]);
    expect(redactText("mounted-canary")).toBe("[redacted]");
  });

  it("may be missing; one whose files others can write is refused", async () => {
    const { secrets, path, write } = await world();
    const source = secrets({ env: { CONN_SECRETS_DIR: path("mount") } });
    expect(await source.section("a")).toBeUndefined();
    await write("mount/connections/a/url", "x", 0o666);
    await expect(source.section("a")).rejects.toMatchObject({ code: "CONN_SECRETS_UNSAFE" });
  });
});

describe("the environment", () => {
  it("wins over files, setting by setting, and goes deeper with __", async () => {
    const { secrets } = await world({
      [file]: "[connections.pet-db]\nurl = 'file'\npoolSize = 1\noptions = { a = 1, b = 1 }",
    });
    const env = {
      CONN_PET_DB__URL: "env",
      CONN_PET_DB__POOL_SIZE: "5",
      CONN_PET_DB__OPTIONS__B: "2",
      CONN_PET_DB__appName: "pets",
      CONN_PET_DB__EMPTY: "",
      CONN_PET_DB____ODD: "x",
      CONN_PET__URL: "another connection's",
    };
    expect(plain(await secrets({ env }).section("pet-db"))).toEqual({
      url: "env",
      poolSize: 5,
      options: { a: 1, b: 2 },
      appName: "pets",
    });
  });

  it("makes a connection by itself", async () => {
    const { secrets } = await world();
    const source = secrets({ env: { CONN_PET_DB__URL: "sqlite://" } });
    const section = await source.section("pet_db");
    expect(plain(section)).toEqual({ url: "sqlite://" });
    expect(section!.origins.get("")).toEqual({ env: "CONN_PET_DB__URL" });
    expect(await source.names()).toEqual(["pet_db"]);
  });

  it.each<[string, unknown]>([
    ["true", true],
    ["false", false],
    ["5432", 5432],
    ["-1", -1],
    ["1_000", 1000],
    ["True", "True"],
    ["0123", "0123"],
    ["5432abc", "5432abc"],
    ["1e3", "1e3"],
    ["1.5", "1.5"],
    ["9007199254740993", "9007199254740993"],
    ["[1]", "[1]"],
    [" 1", " 1"],
  ])("reads %j as %j", async (text, value) => {
    const { secrets } = await world();
    const section = await secrets({ env: { CONN_A__X: text, CONN_A__PASSWORD: text } }).section(
      "a",
    );
    expect(section!.values["x"]).toBe(value);
    // A password of digits is a password.
    expect(section!.values["password"]).toBe(text);
    expect(section!.texts.get("x")).toBe(value === text ? undefined : text);
  });
});

describe("references", () => {
  it("take values from variables, files and commands, wherever they stand", async () => {
    const { secrets, path, write } = await world({
      [file]: [
        "[connections.a]",
        'password = { env = "PET_PASSWORD" }',
        'port = { env = "PET_PORT" }',
        'key = { file = "../keys/pet.pem" }',
        'home = { file = "~/pet.txt" }',
        `token = { cmd = ["printf", "%s", "$HOME; echo 'x' | cat > y"] }`,
        'missing = { env = "NOWHERE", default = "fallback" }',
        'list = [{ env = "PET_PASSWORD" }, "plain"]',
        'options = { env = "not a reference", other = 1 }',
      ].join("\n"),
      "project/keys/pet.pem": "pem-line-one\npem-line-two\n",
      "home/pet.txt": "from home\r\n",
    });
    const section = (await secrets({
      env: { PATH: process.env["PATH"], PET_PASSWORD: '{ env = "PET_PORT" }', PET_PORT: "5432" },
    }).section("a"))!;
    expect(plain(section)).toEqual({
      password: '{ env = "PET_PORT" }',
      port: 5432,
      key: "pem-line-one\npem-line-two",
      home: "from home",
      token: "$HOME; echo 'x' | cat > y",
      missing: "fallback",
      list: ['{ env = "PET_PASSWORD" }'.replace("PASSWORD", "PORT"), "plain"],
      options: { env: "not a reference", other: 1 },
    });
    expect([...section.secretPaths].sort()).toEqual([
      "home",
      "key",
      "list.0",
      "missing",
      "password",
      "port",
      "token",
    ]);
    expect(section.files).toContain(path("project/keys/pet.pem"));
    expect(redactText("pem-line-two")).toBe("[redacted]");
    await expect(write("project/y", "")).resolves.toBe(path("project/y"));
  });

  it("that one section cannot resolve do not break another", async () => {
    const { secrets } = await world({
      [file]: '[connections.a]\nx = { env = "NOWHERE" }\n[connections.b]\ny = 1',
    });
    const source = secrets();
    expect(plain(await source.section("b"))).toEqual({ y: 1 });
    expect(await source.names()).toEqual(["a", "b"]);
    await expect(source.section("a")).rejects.toMatchObject({ code: "CONN_SECRETS_REFERENCE" });
  });

  it("are replaced whole by a later file, and run no command that is not asked for", async () => {
    const { secrets } = await world({
      "home/.conn/secrets.toml": '[connections.a]\npassword = { cmd = ["false"] }',
      [file]: '[connections.a]\npassword = { env = "P" }',
    });
    expect(plain(await secrets({ env: { P: "pw" } }).section("a"))).toEqual({ password: "pw" });
  });

  it("run a command once for as long as its file stays the same", async () => {
    const { secrets, write, path } = await world();
    const content = `[connections.a]\nx = { cmd = ["sh", "-c", "echo run >> '${path("runs")}'; wc -l < '${path("runs")}' | tr -d ' '"] }`;
    await write(file, content);
    const source = secrets();
    const sections = await Promise.all(Array.from({ length: 5 }, () => source.section("a")));
    expect(new Set(sections.map((section) => section?.values["x"]))).toEqual(new Set([1]));
    await write(file, `${content}\n# edited`);
    expect(plain(await source.section("a"))).toEqual({ x: 2 });
  });
});
