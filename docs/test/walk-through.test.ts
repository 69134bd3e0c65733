import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Outcome, run, strict } from "./run.ts";

/**
 * The walk through a first day with conn, as a new user takes it: outside the workspace, from the
 * packages as they would be published, installed by npm.
 */
const home = await realpath(await mkdtemp(join(tmpdir(), "conn-walk-")));
const app = join(home, "app");
const packages = join(import.meta.dirname, "../../packages");

beforeAll(async () => {
  await mkdir(app);
  await write("package.json", JSON.stringify({ name: "app", private: true, type: "module" }));
  for (const name of ["core", "sql"]) {
    const tarball = join(home, `${name}.tgz`);
    const { code, output } = await inApp(
      "npx",
      "-y",
      "pnpm@12.21.0",
      "--dir",
      join(packages, name),
      "pack",
      "--out",
      tarball,
    );
    expect(code, output).toBe(0);
  }
}, 120_000);

afterAll(() => rm(home, { recursive: true, force: true }));

describe("a first day with conn", () => {
  it("installs core, and says what else to install", async () => {
    await install("core");
    await write("app.ts", fourLines);
    const { code, output } = await node("app.ts");
    expect(code).toBe(1);
    expect(output).toContain('No installed package provides the type "sql".');
    expect(output).toContain("Run: npm install @conn/sql");
  }, 120_000);

  it("installs the source, and says what to write into the secrets file", async () => {
    await install("sql");
    const { code, output } = await node("app.ts");
    expect(code).toBe(1);
    expect(output).toContain('url = "sqlite:///pets.db"');
  }, 120_000);

  it("writes in a session with three inserts and a commit", async () => {
    await mkdir(join(app, ".conn"));
    await write(".conn/secrets.toml", '[connections.pet_db]\nurl = "sqlite:///pets.db"\n');
    await write(
      "setup.ts",
      `import { connection } from "@conn/core";
      const conn = await connection("pet_db", { type: "sql" });
      await conn.execute("create table pet_owners (person text, pet text)");
      const petOwners = { jerry: "fish", barbara: "cat", alex: "puppy" };
      await using session = await conn.session();
      for (const [owner, pet] of Object.entries(petOwners)) {
        await session.execute("INSERT INTO pet_owners (person, pet) VALUES (:owner, :pet);", { owner, pet });
      }
      await session.commit();`,
    );
    expect(await node("setup.ts")).toEqual({ code: 0, output: "" });
  });

  it("prints the table by the four lines", async () => {
    const { code, output } = await node("app.ts");
    expect([code, output]).toEqual([0, table]);
  });

  it("takes parameters, a ttl and a type in the secrets file", async () => {
    await write(
      ".conn/secrets.toml",
      '[connections.pet_db]\ntype = "sql"\nurl = "sqlite:///pets.db"\n',
    );
    await write(
      "queries.ts",
      `import { connection } from "@conn/core";
      import type { SQLConnection } from "@conn/sql";
      declare module "@conn/core" { interface Connections { pet_db: SQLConnection } }
      const conn = await connection("pet_db");
      const sql = "select person from pet_owners where pet = :pet";
      const first = await conn.query<{ person: string }>(sql, { params: { pet: "cat" }, ttl: "10m" });
      const again = await conn.query<{ person: string }>(sql, { params: { pet: "cat" }, ttl: "10m" });
      const other = await conn.query<{ person: string }>(sql, { params: { pet: "fish" }, ttl: "10m" });
      console.log(first.at(0)?.person, again.meta.cached, other.at(0)?.person, other.meta.cached);`,
    );
    expect(await node("queries.ts")).toEqual({ code: 0, output: "barbara true jerry false\n" });
  });

  it("passes a class as type, and a connection class of its own", async () => {
    await write("custom.ts", customClass);
    expect(await node("custom.ts")).toEqual({
      code: 0,
      output: "[ { word: 'fish' } ] 1\n3 true\n",
    });
    expect(customClass.split("\n").length).toBeLessThan(45);
  });

  it("runs as one bundled file, where no manifest can be read", async () => {
    await write(
      "bundled.ts",
      fourLines.replace(
        "const conn",
        'import { register } from "@conn/core";\nimport { SQLConnection } from "@conn/sql";\nregister(SQLConnection);\nconst conn',
      ),
    );
    const banner =
      'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);';
    await build({
      absWorkingDir: app,
      entryPoints: ["bundled.ts"],
      outfile: join(home, "alone/bundled.mjs"),
      bundle: true,
      platform: "node",
      format: "esm",
      banner: { js: banner },
      external: ["@uwdata/flechette"],
      logLevel: "silent",
    });
    const secrets = join(home, "alone/.conn/secrets.toml");
    await mkdir(join(home, "alone/.conn"));
    await writeFile(secrets, `[connections.pet_db]\nurl = "sqlite:///${join(app, "pets.db")}"\n`, {
      mode: 0o600,
    });
    const { code, output } = await inApp(
      "sh",
      "-c",
      `cd ${home}/alone && exec ${process.execPath} bundled.mjs`,
    );
    expect([code, output]).toEqual([0, table]);
  });

  it("type-checks all of it, the declarations of the packages included", async () => {
    const { code, output } = await inApp(
      "tsc",
      ...compiling,
      "app.ts",
      "setup.ts",
      "queries.ts",
      "custom.ts",
    );
    const ours = output
      .split("\n")
      .filter((line) => line.includes("error TS") && !/node_modules\/(?!@conn)/.test(line));
    expect(ours, output).toEqual([]);
    expect([0, 2]).toContain(code);
  }, 60_000);

  it("does not compile a misspelt method", async () => {
    await write("wrong.ts", fourLines.replace("conn.query", "conn.qurey"));
    const { output } = await inApp(
      "tsc",
      "--noEmit",
      "--strict",
      "--module",
      "nodenext",
      "--target",
      "es2023",
      "--skipLibCheck",
      "wrong.ts",
    );
    expect(output).toContain(
      "Property 'qurey' does not exist on type 'SQLConnection'. Did you mean 'query'?",
    );
  }, 60_000);
});

const types = join(import.meta.dirname, "../node_modules/@types");
const compiling = ["--noEmit", ...strict, "--typeRoots", types];

const fourLines = `import { connection } from "@conn/core";
const conn = await connection("pet_db", { type: "sql" });
const petOwners = await conn.query("select * from pet_owners");
console.log(petOwners);
`;

const table = `┌─────────┬───────┐
│ person  │ pet   │
├─────────┼───────┤
│ jerry   │ fish  │
│ barbara │ cat   │
│ alex    │ puppy │
└─────────┴───────┘
3 rows × 2 columns
`;

const customClass = `import { BaseConnection, connection, type ReadOptions, type StandardSchemaV1, Table } from "@conn/core";
import { SQLConnection } from "@conn/sql";

interface Config {
  readonly words: readonly string[];
}

const config: StandardSchemaV1<unknown, Config> = {
  "~standard": {
    version: 1,
    vendor: "words",
    validate: (value) => {
      const { words } = value as Partial<Config>;
      return words ? { value: { words } } : { issues: [{ message: "is required", path: ["words"] }] };
    },
  },
};

let opened = 0;

class WordsConnection extends BaseConnection<readonly string[], Config> {
  static readonly type = "words";
  static readonly config = config;

  protected async open({ words }: Config): Promise<readonly string[]> {
    opened++;
    return words;
  }

  read(letter: string, options?: ReadOptions<Table>): Promise<Table> {
    return this.cached({ method: "read", args: [letter] }, options, async (words) =>
      Table.fromRows(words.filter((word) => word.startsWith(letter)).map((word) => ({ word }))),
    );
  }
}

const words = await connection("pet_words", { type: WordsConnection, config: { words: ["fish", "cat"] } });
await words.read("f");
console.log((await words.read("f")).rows(), opened);
const conn = await connection("pet_db", { type: SQLConnection });
console.log((await conn.query("select * from pet_owners")).length, conn === (await connection("pet_db")));
`;

function write(name: string, text: string): Promise<void> {
  return writeFile(join(app, name), text, { mode: 0o600 });
}

async function install(name: string): Promise<void> {
  const { code, output } = await inApp(
    "npm",
    "install",
    "--no-audit",
    "--no-fund",
    join(home, `${name}.tgz`),
  );
  expect(code, output).toBe(0);
}

function node(file: string): Promise<Outcome> {
  return inApp(process.execPath, file);
}

function inApp(command: string, ...args: string[]): Promise<Outcome> {
  // What pnpm says to its scripts is not for a user of npm; how to reach the registry is.
  const env = Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^(npm_(?!config_)|npm_config_(user_agent|local_prefix)$|pnpm_)/i.test(name),
    ),
  );
  return run(command, args, { cwd: app, env: { ...env, HOME: home } });
}
