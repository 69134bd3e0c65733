import {
  cp,
  glob,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  realpath,
  rm,
  symlink,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Outcome, run, strict } from "./run.ts";
import { readSnippets, type Snippet } from "./snippets.ts";

const pages = await readSnippets();
const home = await realpath(await mkdtemp(join(tmpdir(), "conn-docs-")));
const folderOf = (page: string): string => join(home, page.replaceAll(/[^\w]/g, "_"));
const fileOf = ({ file, line, language }: Snippet): string =>
  join(folderOf(file), `line-${line}.${language}`);
const options = [...strict, "--skipLibCheck", "--exactOptionalPropertyTypes"];
let diagnostics = "";

/** Each page is an application of its own: manifest, secrets file and the pets of the examples. */
beforeAll(async () => {
  await install();
  for (const [page, snippets] of pages) {
    const folder = folderOf(page);
    await mkdir(join(folder, ".conn"), { recursive: true });
    await writeFile(
      join(folder, "package.json"),
      JSON.stringify({
        type: "module",
        dependencies: {
          "@conn/core": "*",
          "@conn/duckdb": "*",
          "@conn/files": "*",
          "@conn/hf": "*",
          "@conn/sql": "*",
          "@conn/testing": "*",
        },
      }),
    );
    await writeFile(
      join(folder, ".conn/secrets.toml"),
      '[connections.pet_db]\nurl = "sqlite:///pets.db"\n',
      { mode: 0o600 },
    );
    const database = new DatabaseSync(join(folder, "pets.db"));
    database.exec("create table pet_owners (person text not null, pet text not null)");
    database.exec(
      "insert into pet_owners values ('jerry', 'fish'), ('barbara', 'cat'), ('alex', 'puppy')",
    );
    database.close();
    for (const snippet of snippets) await writeFile(fileOf(snippet), snippet.code);
  }
  const files = [...pages.values()].flat().map(fileOf);
  const checks = ["--noEmit", "--jsx", "react-jsx", "--experimentalDecorators"];
  diagnostics = (
    await inHome("tsc", [...options, ...checks, "--allowImportingTsExtensions", ...files])
  ).output;
});

afterAll(() => rm(home, { recursive: true, force: true }));

describe.each([...pages])("%s", (page, snippets) => {
  it.each(snippets.map((snippet) => [snippet.line, snippet] as const))(
    "line %d compiles",
    (_line, snippet) => {
      const name = fileOf(snippet).slice(home.length + 1);
      expect(diagnostics.split("\n").filter((text) => text.includes(name))).toEqual([]);
    },
  );

  it.each(snippets.filter(({ runs }) => runs).map((snippet) => [snippet.line, snippet] as const))(
    "line %d runs",
    async (_line, snippet) => {
      const { code, output } = await inHome(process.execPath, [fileOf(snippet)], folderOf(page));
      expect(code, output).toBe(0);
      // The line ends of CSV are not those of a page, and a page ends its blocks without a blank line.
      const shown = output.replaceAll("\r", "").trimEnd();
      if (snippet.output !== undefined) expect(shown).toBe(snippet.output.trimEnd());
    },
  );
});

it("the pages have snippets", () => {
  expect([...pages.keys()]).toContain("README.md");
  expect(
    diagnostics.split("\n").filter((text) => text.includes("error TS") && !text.includes("line-")),
  ).toEqual([]);
});

/** Our packages as npm would lay them out: copies beside each other, with what they depend on. */
async function install(): Promise<void> {
  const modules = join(home, "node_modules");
  const packages = join(import.meta.dirname, "../../packages");
  for (const name of ["core", "duckdb", "formats", "files", "hf", "sql", "testing"]) {
    const target = join(modules, "@conn", name);
    await mkdir(target, { recursive: true });
    for (const part of await readdir(join(packages, name))) {
      if (/^(dist|package\.json|.*\.d\.ts)$/.test(part))
        await cp(join(packages, name, part), join(target, part), { recursive: true });
    }
  }
  for (const source of [
    join(import.meta.dirname, ".."),
    join(packages, "core"),
    join(packages, "duckdb"),
    join(packages, "sql"),
    join(packages, "files"),
    join(packages, "hf"),
    join(packages, "formats"),
  ]) {
    for await (const name of glob(["*", "@*/*"], { cwd: join(source, "node_modules") })) {
      if (/^@[^/]+$|^@conn\//.test(name)) continue;
      await mkdir(join(modules, name, ".."), { recursive: true });
      await symlink(join(source, "node_modules", name), join(modules, name)).catch(() => {});
    }
  }
  await buildExamples(modules);
}

/** The plugins of the guide as their authors would publish them: built, under their own names. */
async function buildExamples(modules: string): Promise<void> {
  const examples = join(import.meta.dirname, "../write-a-plugin/examples");
  const names = await readdir(examples);
  const sources = join(home, "examples");
  const built = join(home, "built");
  for (const name of names)
    await cp(join(examples, name, "connection.ts"), join(sources, name, "connection.ts"));
  const files = names.map((name) => join(sources, name, "connection.ts"));
  const emit = ["--declaration", "--rootDir", sources, "--outDir", built];
  const { code, output } = await inHome("tsc", [...options, ...emit, ...files]);
  expect(code, output).toBe(0);
  for (const name of names) {
    const manifest = await readFile(join(examples, name, "package.json"), "utf8");
    const target = join(modules, (JSON.parse(manifest) as { name: string }).name);
    await cp(join(built, name), join(target, "dist"), { recursive: true });
    await writeFile(join(target, "package.json"), manifest);
  }
}

function inHome(command: string, args: readonly string[], cwd = home): Promise<Outcome> {
  return run(command, args, { cwd, env: { ...process.env, HOME: home } });
}
