import { execFileSync } from "node:child_process";
import { chown, mkdir, truncate } from "node:fs/promises";
import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { ConnError } from "../src/errors.ts";
import { resolveReferences } from "../src/secrets/references.ts";
import { until, world, type World } from "./secrets-support.ts";

const file = "project/.conn/secrets.toml";
const canary = "hunter2-canary";

async function failure(promise: Promise<unknown>): Promise<ConnError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ConnError);
  expect(inspect(error, { depth: Infinity, showHidden: true })).not.toContain(canary);
  return error as ConnError;
}

async function sectionOf(
  content: string | Uint8Array,
  name = "a",
): Promise<{ error: ConnError; world: World }> {
  const here = await world();
  await here.write(file, content);
  return { error: await failure(here.secrets().section(name)), world: here };
}

describe("keys that mean something to JavaScript", () => {
  it.each([
    "[__proto__]\nx = 1",
    "__proto__.x = 1",
    "a = { __proto__ = { x = 1 } }",
    "[constructor.prototype]\nx = 1",
    "[connections.__proto__]\nx = 1",
    "[connections.a.__proto__]\nx = 1",
    "[connections.a]\nconstructor.prototype.x = 1",
  ])("reach no prototype: %j", async (content) => {
    const { secrets, write } = await world();
    await write(file, content);
    const source = secrets({ env: { CONN_A____PROTO____X: "1", CONN___PROTO____X: "1" } });
    await source.section("a");
    await source.names();
    expect(({} as Record<string, unknown>)["x"]).toBeUndefined();
    expect((Object as unknown as Record<string, unknown>)["x"]).toBeUndefined();
  });

  it.each(["__proto__", "constructor", "toString", "hasOwnProperty", "valueOf"])(
    "name no section that nobody wrote: %s",
    async (name) => {
      const { secrets, write } = await world({ [file]: "[connections.a]\nx = 1" });
      expect(await secrets().section(name)).toBeUndefined();
      await write(file, `[connections.${name}]\nurl = "mine"`);
      const section = await secrets().section(name);
      expect(Object.entries(section!.values)).toEqual([["url", "mine"]]);
      expect(section!.values["toString"]).toBeUndefined();
    },
  );
});

describe("names", () => {
  it.each([
    "",
    "a\0b",
    "a\nb",
    "a\u001b[2J",
    "a\u202eb",
    "a\u200bb",
    "\ufeffa",
    "a/../b",
    "..",
    "a\\b",
    " a",
    "a ",
    "x".repeat(10_000),
    "\ud800",
  ])("like %j are refused and never printed as they are", async (name) => {
    const { secrets } = await world();
    const error = await failure(secrets().section(name));
    expect(error.code).toBe("CONN_NAME_INVALID");
    expect(error.message).toMatch(/^[\n -~…]{1,300}$/);
  });

  it.each(["pet_db", "pet-db", "pet.db", "Pets 2", "haustiere_ä", "ペット", "7", "_"])(
    "like %j are fine",
    async (name) => {
      const { secrets } = await world({ [file]: `[connections."${name}"]\nx = 1` });
      expect((await secrets().section(name))?.values["x"]).toBe(1);
    },
  );

  it("that cannot be used are left out of a file with a warning, and its other sections work", async () => {
    const { secrets, warnings, path } = await world({
      [file]:
        '[connections."a/../b"]\nx = 1\n[connections."\\u001b[2J"]\ny = 1\n[connections.a]\nx = 2',
    });
    expect(await secrets().names()).toEqual(["a"]);
    expect(warnings).toEqual([
      expect.stringContaining(`${path(file)}:1`),
      expect.stringContaining('"\\u001b[2J"'),
    ]);
  });

  it("of profiles cannot leave the directory", async () => {
    const { secrets } = await world({ [file]: "" });
    const error = await failure(secrets({ env: { CONN_PROFILE: "../../evil" } }).section("a"));
    expect(error.code).toBe("CONN_NAME_INVALID");
  });
});

describe("TOML that is wrong", () => {
  it.each<[string, string, number, number, RegExp]>([
    ["an unterminated string", `[connections.a]\npassword = "${canary}\nx = 1`, 2, 27, /quotes/],
    ["an unquoted text", `[connections.a]\npassword = ${canary}`, 2, 12, /needs quotes/],
    ["something behind a value", `[connections.a]\npassword = "" ${canary}`, 2, 15, /needs quotes/],
    ["Python's True", "[connections.a]\nssl = True", 2, 7, /Write true/],
    ["null", "[connections.a]\nssl = null", 2, 7, /no null/],
    ["a colon", `[connections.a]\npassword: "${canary}"`, 2, 9, /Write = /],
    ["a header that is not closed", "[connections.a\nx = 1", 1, 15, /header/],
    ["a wrong escape", `[connections.a]\npath = "C:\\pets ${canary}"`, 2, 12, /single quotes/],
    ["a table twice", "[connections.a]\nx = 1\n[connections.a]\ny = 2", 3, 2, /twice/],
    ["a key twice", "[connections.a]\nx = 1\nx = 2", 3, 1, /twice/],
    ["a key without a value", `[connections.a]\n${canary.replace("-", "")}`, 2, 1, /key = /],
    ["an array 20,000 deep", `a = ${"[".repeat(20_000)}${"]".repeat(20_000)}`, 1, 1005, /./],
    ["a key 20,000 deep", `connections.a${".b".repeat(20_000)} = 1`, 1, 1, /./],
    ["connections that are no table", `connections = "${canary}"`, 1, 1, /\[connections\.pet_db\]/],
    ["a connection that is no table", `[connections]\na = "${canary}"`, 2, 1, /\[connections\.a\]/],
    ["a list of connections", "[[connections.a]]\nx = 1", 1, 15, /single brackets/],
  ])("is refused with its place and a remedy: %s", async (what, content, line, column, hint) => {
    const { error, world: here } = await sectionOf(content);
    expect(error).toMatchObject({
      code: "CONN_SECRETS_SYNTAX",
      location: { file: here.path(file), line },
    });
    if (!what.includes("deep")) expect(error.location).toMatchObject({ column });
    expect(error.message).toContain(`${here.path(file)}:${line}:`);
    expect(error.message.length).toBeLessThan(500);
    expect(error.hint ?? "none").toMatch(hint);
  });

  it.each(["connection", "conections", "Connections"])(
    "says that [%s.a] should be [connections.a]",
    async (heading) => {
      const { error, world: here } = await sectionOf(`[${heading}.a]\npassword = "${canary}"`);
      expect(error).toMatchObject({
        code: "CONN_NAME_UNKNOWN",
        location: { file: here.path(file), line: 1 },
        hint: "Write [connections.a]",
      });
      expect(await here.secrets().section("b")).toBeUndefined();
    },
  );

  it("is none for a byte order mark with CRLF", async () => {
    const { secrets } = await world({
      [file]: '\ufeff[connections.a]\r\nx = "1"\r\n\r\ny = 2\r\n',
    });
    const section = await secrets().section("a");
    expect({ ...section?.values }).toEqual({ x: "1", y: 2 });
    expect(section?.origins.get("y")).toMatchObject({ line: 4, column: 1 });
  });

  it.each<[string, Uint8Array]>([
    ["UTF-16", Buffer.from(`\ufeff[connections.a]\nx = '${canary}'`, "utf16le")],
    ["UTF-16 without a mark", Buffer.from(`[connections.a]\nx = '${canary}'`, "utf16le")],
    [
      "invalid UTF-8",
      Buffer.concat([
        Buffer.from(`[connections.a]\nx = '${canary}`),
        Buffer.from([0xff, 0xfe, 0x27]),
      ]),
    ],
  ])("is refused in %s", async (_, bytes) => {
    const { error } = await sectionOf(bytes);
    expect(error.code).toBe("CONN_SECRETS_READ");
    expect(error.message).toContain("UTF-8");
  });
});

describe("a file that is no plain file, or unsafe", () => {
  it.each<[string, (here: World) => Promise<unknown>, RegExp]>([
    ["a directory", ({ path }) => mkdir(path(file), { recursive: true }), /directory/],
    [
      "a pipe",
      async (here) => (
        await here.write("project/.conn/x", ""),
        execFileSync("mkfifo", [here.path(file)])
      ),
      /pipe/,
    ],
    ["a device", (here) => here.link(file, "/dev/zero"), /device/],
    [
      "a loop of links",
      async (here) => (await here.link(file, "b"), here.link("project/.conn/b", "secrets.toml")),
      /leads back/,
    ],
    [
      "50 MB large",
      async (here) => truncate(await here.write(file, ""), 50_000_000),
      /50000000 bytes/,
    ],
  ])("is refused without hanging: %s", async (_, make, message) => {
    const here = await world();
    await make(here);
    const error = await failure(here.secrets().section("a"));
    expect(error.code).toBe("CONN_SECRETS_READ");
    expect(error.message).toMatch(message);
    expect(error.hint).toBeTruthy();
  });

  it.each([0o666, 0o660, 0o620, 0o602, 0o777])(
    "is refused where others can write it: mode %o",
    async (mode) => {
      const { secrets, write } = await world();
      await write(file, "[connections.a]\nx = 1", mode);
      const error = await failure(secrets().section("a"));
      expect(error).toMatchObject({
        code: "CONN_SECRETS_UNSAFE",
        hint: expect.stringContaining("chmod 600") as string,
      });
    },
  );

  it("is warned of once where others can read it", async () => {
    const { secrets, write, warnings } = await world();
    await write(file, "[connections.a]\nx = 1", 0o644);
    const source = secrets();
    await source.section("a");
    await write(file, "[connections.a]\nx = 2", 0o644);
    expect((await source.section("a"))?.values["x"]).toBe(2);
    expect(warnings).toEqual([expect.stringContaining("chmod 600")]);
  });

  // Only root can give a file away.
  it.runIf(process.getuid?.() === 0)("is refused where somebody else owns it", async () => {
    const { secrets, write } = await world();
    await chown(await write(file, "[connections.a]\nx = 1"), 12_345, 12_345);
    const error = await failure(secrets().section("a"));
    expect(error).toMatchObject({
      code: "CONN_SECRETS_UNSAFE",
      hint: expect.stringContaining("chown") as string,
    });
  });

  it("is warned of where git tracks it", async () => {
    const { secrets, warnings, project } = await world({
      [file]: "[connections.a]\nx = 1",
      "home/.conn/secrets.toml": "[connections.b]\nx = 1",
    });
    execFileSync("git", ["init", "-q"], { cwd: project });
    execFileSync("git", ["add", "-f", ".conn/secrets.toml"], { cwd: project });
    await secrets().section("a");
    await until(() => warnings.length > 0);
    expect(warnings).toEqual([expect.stringContaining("git rm --cached")]);
  });
});

describe("references that give nothing", () => {
  it.each<[string, string, string, RegExp]>([
    [
      "an unset variable",
      '{ env = "NOWHERE" }',
      "CONN_SECRETS_REFERENCE",
      /NOWHERE, which is not set/,
    ],
    ["an empty variable", '{ env = "EMPTY" }', "CONN_SECRETS_REFERENCE", /not set/],
    ["a variable of JavaScript's", '{ env = "toString" }', "CONN_SECRETS_REFERENCE", /not set/],
    ["a missing file", '{ file = "nowhere" }', "CONN_SECRETS_REFERENCE", /does not exist/],
    ["a directory", '{ file = "." }', "CONN_SECRETS_READ", /directory/],
    [
      "two kinds at once",
      '{ env = "A", file = "b" }',
      "CONN_SECRETS_REFERENCE",
      /no valid reference/,
    ],
    ["a command as text", '{ cmd = "op read x" }', "CONN_SECRETS_REFERENCE", /no valid reference/],
    ["no command", "{ cmd = [] }", "CONN_SECRETS_REFERENCE", /no valid reference/],
    ["a number", "{ env = 5 }", "CONN_SECRETS_REFERENCE", /no valid reference/],
    [
      "a missing program",
      '{ cmd = ["conn-no-such-program"] }',
      "CONN_SECRETS_REFERENCE",
      /was not found/,
    ],
    ["a program that says nothing", '{ cmd = ["true"] }', "CONN_SECRETS_REFERENCE", /gave nothing/],
    [
      "a shell's line as a program",
      `{ cmd = ["echo ${canary}; true"] }`.replace(canary, "x"),
      "CONN_SECRETS_REFERENCE",
      /was not found/,
    ],
    [
      "a program that tells the secret on stderr",
      `{ cmd = ["sh", "-c", "echo hunter2$0 >&2; exit 1", "-canary"] }`,
      "CONN_SECRETS_REFERENCE",
      /exit code 1/,
    ],
    [
      "a program that prints without end",
      '{ cmd = ["yes"] }',
      "CONN_SECRETS_REFERENCE",
      /more than 1000000 bytes/,
    ],
    [
      "a program that is killed",
      '{ cmd = ["sh", "-c", "kill -9 $$"] }',
      "CONN_SECRETS_REFERENCE",
      /SIGKILL/,
    ],
  ])("are refused with file and line: %s", async (_, reference, code, message) => {
    const here = await world();
    await here.write(file, `[connections.a]\n\npassword = ${reference}`);
    const error = await failure(
      here.secrets({ env: { PATH: process.env["PATH"], EMPTY: "" } }).section("a"),
    );
    expect(error).toMatchObject({ code, location: { file: here.path(file), line: 3, column: 1 } });
    expect(error.message).toMatch(message);
    expect(error.message).toContain("connections.a.password");
  });

  it("are reported together", async () => {
    const { error } = await sectionOf(
      '[connections.a]\nx = { env = "ONE" }\ny = [{ file = "two" }]',
    );
    expect(error.problems?.map(({ location }) => location?.line)).toEqual([2, 3]);
    expect(error.message).toMatch(/2 references .*ONE.*two/s);
  });

  it("end a command that hangs", async () => {
    const error = await failure(
      resolveReferences(
        "a",
        {
          values: { x: { cmd: ["sleep", "60"] } },
          origins: new Map([["x", { file: "/nowhere/secrets.toml" }]]),
        },
        {
          env: { PATH: process.env["PATH"] },
          cwd: "/",
          home: undefined,
          commands: () => new Map(),
          commandSeconds: 0.1,
        },
      ),
    );
    expect(error.message).toContain("did not finish");
  });

  it.each(["itself", "through a link", "through a directory's link"])(
    "refuse a command from a file that git tracks: %s",
    async (how) => {
      const { secrets, write, link, project, path } = await world();
      const content = `[connections.a]\nx = { cmd = ["touch", "${path("ran")}"] }\n[connections.b]\ny = 1`;
      if (how === "itself") await write(file, content);
      else if (how === "through a link") {
        await write("project/shared.toml", content);
        await link(file, "../shared.toml");
      } else {
        await write("project/shared/secrets.toml", content);
        await link("project/.conn", "shared");
      }
      execFileSync("git", ["init", "-q"], { cwd: project });
      execFileSync("git", ["add", "-f", "."], { cwd: project });
      const error = await failure(secrets().section("a"));
      expect(error).toMatchObject({ code: "CONN_SECRETS_UNSAFE", location: { line: 2 } });
      expect(error.hint).toContain("~/.conn/secrets.toml");
      expect((await secrets().section("b"))?.values["y"]).toBe(1);
      await write("project/after", "");
      expect(execFileSync("ls", [path("")]).toString()).not.toContain("ran");
    },
  );

  it("refuse a command where git cannot say whether it tracks the file", async () => {
    const { secrets, write } = await world({
      [file]: '[connections.a]\nx = { cmd = ["echo", "x"] }',
    });
    await write("project/.git", "broken");
    expect(await failure(secrets().section("a"))).toMatchObject({ code: "CONN_SECRETS_UNSAFE" });
  });

  it("allow a command in a repository where the file is not tracked", async () => {
    const { secrets, project } = await world({
      [file]: '[connections.a]\nx = { cmd = ["echo", "y"] }',
    });
    execFileSync("git", ["init", "-q"], { cwd: project });
    expect((await secrets().section("a"))?.values["x"]).toBe("y");
  });
});
