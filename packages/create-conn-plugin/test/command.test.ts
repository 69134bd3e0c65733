import { mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { create, run, temporary } from "./support.ts";

describe("without a terminal", () => {
  it("creates an API source in the folder of that name, and asks nothing", async () => {
    await using home = await temporary();
    const { code, output } = await create(home.path, ["my-pets"]);
    expect([code, output]).toEqual([
      0,
      `Created conn-plugin-my-pets in my-pets.

  cd my-pets
  npm install
  npm test

Then begin with src/config.ts; CONTRIBUTING.md says how to go on, and how to publish.
`,
    ]);
    expect(await readdir(home.path)).toEqual(["my-pets"]);
    expect((await readdir(join(home.path, "my-pets"))).sort()).toEqual([
      ".changeset",
      ".conn-plugin.json",
      ".git",
      ".github",
      ".gitignore",
      "AGENTS.md",
      "CONTRIBUTING.md",
      "LICENSE",
      "README.md",
      "package.json",
      "src",
      "test",
      "tsconfig.json",
    ]);
  });

  it("says how to give the name that is missing", async () => {
    await using home = await temporary();
    const { code, output } = await create(home.path, [], {
      npm_config_user_agent: "pnpm/10.1.0 npm/? node/v24.0.0",
    });
    expect([code, output]).toEqual([
      1,
      "The name is missing.\nRun: pnpm create conn-plugin my-source\n",
    ]);
  });

  it("begins no repository inside of one, nor where it is told not to", async () => {
    await using home = await temporary();
    await create(home.path, ["one", "--no-git"]);
    expect(await readdir(join(home.path, "one"))).not.toContain(".git");
    await run("git", ["init", "--quiet"], home.path);
    await create(home.path, ["two"]);
    expect(await readdir(join(home.path, "two"))).not.toContain(".git");
    await create(home.path, ["three", "--git"]);
    expect(await readdir(join(home.path, "three"))).toContain(".git");
  });

  it.each([
    ["npm/11.0.0 node/v24.0.0", [], "npm install", "npm ci", "npm run check"],
    [
      "pnpm/10.1.0 npm/? node/v24.0.0",
      [],
      "pnpm install",
      "npm install --global pnpm@10\n      - run: pnpm install --frozen-lockfile",
      "pnpm check",
    ],
    [
      "yarn/4.1.0 npm/? node/v24.0.0",
      [],
      "yarn install",
      "npm install --global @yarnpkg/cli-dist@4\n      - run: yarn install --immutable",
      "yarn check",
    ],
    [
      "yarn/1.22.22 npm/? node/v24.0.0",
      [],
      "yarn install",
      "npm install --global yarn@1\n      - run: yarn install --frozen-lockfile",
      "yarn check",
    ],
    [
      "npm/11.0.0 node/v24.0.0",
      ["--package-manager", "bun"],
      "bun install",
      "npm install --global bun@latest\n      - run: bun install --frozen-lockfile",
      "bun run check",
    ],
  ])("speaks the words of %s %j", async (agent, args, install, continuous, check) => {
    await using home = await temporary();
    const { output } = await create(home.path, ["pets", ...args], { npm_config_user_agent: agent });
    expect(output).toContain(`  ${install}\n`);
    const workflow = await readFile(join(home.path, "pets/.github/workflows/ci.yml"), "utf8");
    expect(workflow).toContain(`- run: ${continuous}\n`);
    expect(workflow).toContain(`- run: ${check}\n`);
    const page = await readFile(join(home.path, "pets/CONTRIBUTING.md"), "utf8");
    expect(page).toContain(`\n${install}\n`);
  });

  it("tells its version, and what it can do", async () => {
    await using home = await temporary();
    expect((await create(home.path, ["--version"])).output).toMatch(/^\d+\.\d+\.\d+\n$/);
    const { code, output } = await create(home.path, ["--help"]);
    expect(code).toBe(0);
    for (const option of ["variant", "scope", "package-manager", "git", "install", "version"])
      expect(output).toContain(`--${option}`);
    expect(await readdir(home.path)).toEqual([]);
  });
});

describe("refuses, and leaves everything as it was:", () => {
  it.each([
    ["a bad name", ["../evil"], "is no name for a plugin"],
    ["two names", ["one", "two"], "One name is enough"],
    ["an unknown option", ["pets", "--varient", "query"], "'--varient'"],
    ["an option without its value", ["pets", "--variant"], "--variant"],
    ["an unknown variant", ["pets", "--variant", "graph"], "api, query, file"],
    ["a variant of Object.prototype", ["pets", "--variant", "toString"], "api, query, file"],
    ["an unknown package manager", ["pets", "--package-manager", "cargo"], "npm, pnpm, yarn, bun"],
    ["a bad scope", ["pets", "--scope", "../x"], "is no scope"],
    ["a type of our own", ["sql"], "@conn/sql provides this type"],
  ])("%s", async (_what, args, message) => {
    await using home = await temporary();
    const { code, output } = await create(home.path, args);
    expect([code, output]).toEqual([1, expect.stringContaining(message)]);
    expect(output).not.toContain("    at ");
    expect(await readdir(home.path)).toEqual([]);
  });

  it("a folder that is not empty", async () => {
    await using home = await temporary();
    await mkdir(join(home.path, "pets"));
    await writeFile(join(home.path, "pets/.hidden"), "mine");
    const { code, output } = await create(home.path, ["pets"]);
    expect([code, output]).toEqual([1, expect.stringContaining("holds files already")]);
    expect(await readdir(join(home.path, "pets"))).toEqual([".hidden"]);
    expect(await readdir(home.path)).toEqual(["pets"]);
  });

  it("a file, and a link to an empty folder", async () => {
    await using home = await temporary();
    await writeFile(join(home.path, "pets"), "mine");
    await mkdir(join(home.path, "elsewhere"));
    await symlink(join(home.path, "elsewhere"), join(home.path, "link"));
    for (const name of ["pets", "link"]) {
      const { code, output } = await create(home.path, [name]);
      expect([code, output]).toEqual([1, expect.stringContaining("is no folder")]);
    }
    expect(await readFile(join(home.path, "pets"), "utf8")).toBe("mine");
    expect(await readdir(join(home.path, "elsewhere"))).toEqual([]);
  });
});

it("takes an empty folder", async () => {
  await using home = await temporary();
  await mkdir(join(home.path, "pets"));
  expect((await create(home.path, ["pets"])).code).toBe(0);
  expect(await readdir(join(home.path, "pets"))).toContain("package.json");
});

it("lets one of two that run at once win, whole", async () => {
  await using home = await temporary();
  const outcomes = await Promise.all([1, 2, 3].map(() => create(home.path, ["pets", "--no-git"])));
  expect(outcomes.filter(({ code }) => code === 0)).toHaveLength(1);
  expect(await readdir(home.path)).toEqual(["pets"]);
});
