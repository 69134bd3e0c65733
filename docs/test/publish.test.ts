import { spawn } from "node:child_process";
import { once } from "node:events";
import { glob, mkdir, mkdtemp, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Registry, startRegistry } from "./registry.ts";
import { type Outcome, run, strict } from "./run.ts";

/**
 * From an empty folder to a published connection that a stranger uses: outside the workspace, from a
 * registry that holds our packages as they would be published, with each package manager.
 */
const home = await realpath(await mkdtemp(join(tmpdir(), "conn-publish-")));
const workspace = join(import.meta.dirname, "../..");
const tools = join(home, "tools/node_modules/.bin");
let registry: Registry;

beforeAll(async () => {
  registry = await startRegistry(join(home, "registry"));
  const { host } = new URL(registry.url);
  // The registry lets everybody publish; npm asks for a login all the same.
  await write(home, { ".npmrc": `registry=${registry.url}\n//${host}/:_authToken=anybody\n` });
  await done(
    home,
    "npm",
    ["install", "--prefix", "tools", "pnpm@12.21.0", "@yarnpkg/cli-dist@4.18.1"],
    { HOME: process.env["HOME"] ?? home },
  );
  for await (const file of glob("packages/*/package.json", { cwd: workspace })) {
    const manifest = JSON.parse(await readFile(join(workspace, file), "utf8")) as {
      name: string;
      private?: boolean;
    };
    if (manifest.private) continue;
    const tarball = join(home, `${manifest.name.replaceAll("/", "-")}.tgz`);
    await done(join(workspace, dirname(file)), "pnpm", ["pack", "--out", tarball]);
    await done(home, "npm", ["publish", tarball]);
  }
}, 120_000);

afterAll(async () => {
  await registry?.[Symbol.asyncDispose]();
  await rm(home, { recursive: true, force: true });
});

const journeys = [
  {
    manager: "npm",
    variant: "api",
    create: ["npm", "create", "--yes", "conn-plugin@latest", "my-pets"],
    run: ["npm", "run"],
    add: ["npm", "install"],
    packageName: "conn-plugin-my-pets",
    type: "my-pets",
    read: 'read("pets")',
    source: `const { startServer, token } = await import("./dist/test/source.js");
      const { url } = await startServer();
      console.log(JSON.stringify({ url, token }));`,
  },
  {
    manager: "pnpm",
    variant: "query",
    create: ["pnpm", "create", "conn-plugin", "@pets/my-rows", "--variant", "query"],
    run: ["pnpm"],
    add: ["pnpm", "add"],
    packageName: "@pets/conn-plugin-my-rows",
    type: "my-rows",
    read: 'query("find pets")',
    source: `const { startServer, password } = await import("./dist/test/source.js");
      const { port } = await startServer();
      console.log(JSON.stringify({ host: "127.0.0.1", port, password }));`,
  },
  {
    manager: "yarn",
    variant: "file",
    create: ["yarn", "create", "conn-plugin", "my-files", "--variant", "file"],
    run: ["yarn"],
    add: ["yarn", "add"],
    packageName: "conn-plugin-my-files",
    type: "my-files",
    read: 'read("pets.json")',
    source: `const { makeFiles } = await import("./dist/test/source.js");
      const { folder } = await makeFiles();
      console.log(JSON.stringify({ folder }));`,
  },
] as const;

describe.each(journeys)(
  "with $manager, a plugin for $variant",
  ({ manager, create, run, add, packageName, type, read, source }) => {
    const author = join(home, manager, "author");
    const plugin = join(author, type);
    const app = join(home, manager, "app");

    it("is created, tested, checked and published", async () => {
      await mkdir(author, { recursive: true });
      const { output } = await done(author, create[0], create.slice(1));
      expect(output).toContain(`Created ${packageName} in ${type}.`);
      expect(output).toContain(`\n  ${manager} install\n  ${manager} test\n`);

      await done(plugin, manager, ["install"]);
      expect((await done(plugin, manager, ["test"])).output).toContain("ran ");
      expect((await script(plugin, run, "check")).output).toContain("It can be published.");

      await done(plugin, "git", ["add", "--all"]);
      await done(plugin, "git", ["commit", "--quiet", "--message", "Begin."]);
      await script(plugin, run, "changeset", "version");
      expect(await readFile(join(plugin, "CHANGELOG.md"), "utf8")).toContain("The first release.");
      await done(plugin, "git", ["commit", "--quiet", "--all", "--message", "Release."]);
      await script(plugin, run, "release");
      expect((await done(home, "npm", ["view", packageName, "version"])).output.trim()).toBe(
        "0.1.0",
      );
    }, 180_000);

    it("is asked for by name, installed, and used in four lines", async () => {
      await mkdir(app, { recursive: true });
      await write(app, {
        "package.json": '{ "name": "app", "private": true, "type": "module" }',
        // Yarn takes a folder with a lock file for a project of its own.
        ...(manager === "yarn" && {
          "yarn.lock": "",
          ".yarnrc.yml": "nodeLinker: node-modules\n",
        }),
        "app.ts": `import { connection } from "@conn/core";
const conn = await connection("pets", { type: "${type}" });
const pets = await conn.${read};
console.log(pets);
`,
        "types.d.ts": `import type {} from "${packageName}";\n`,
      });
      await done(app, add[0], [add[1], "@conn/core"]);
      const missing = await execute(app, process.execPath, ["app.ts"]);
      expect(missing.code).toBe(1);
      expect(missing.output).toContain(`No installed package provides the type "${type}".`);
      expect(missing.output).toContain(`${add.join(" ")} conn-plugin-${type}`);

      await done(app, add[0], [add[1], packageName]);
      const server = spawn(process.execPath, ["--input-type=module", "--eval", source], {
        cwd: plugin,
        stdio: ["ignore", "pipe", "inherit"],
      });
      try {
        const [settings] = (await once(server.stdout, "data")) as [Buffer];
        await mkdir(join(app, ".conn"), { recursive: true });
        await write(app, { ".conn/secrets.toml": toml(JSON.parse(String(settings)) as object) });
        const { output } = await done(app, process.execPath, ["app.ts"]);
        expect(output).toBe(table);
      } finally {
        server.kill();
      }
      await done(app, join(workspace, "node_modules/.bin/tsc"), [
        ...compiling,
        "app.ts",
        "types.d.ts",
      ]);
    }, 120_000);
  },
);

const table = `┌─────────┬───────┐
│ person  │ pet   │
├─────────┼───────┤
│ jerry   │ fish  │
│ barbara │ cat   │
│ alex    │ puppy │
└─────────┴───────┘
3 rows × 2 columns
`;

const types = join(import.meta.dirname, "../node_modules/@types");
const compiling = ["--noEmit", ...strict, "--typeRoots", types];

function toml(settings: object): string {
  const lines = Object.entries(settings).map(
    ([name, value]) => `${name} = ${JSON.stringify(value)}`,
  );
  return ["[connections.pets]", ...lines, ""].join("\n");
}

async function write(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files))
    await writeFile(join(folder, name), text, { mode: 0o600 });
}

function script(
  folder: string,
  [command, ...before]: readonly [string, ...string[]],
  ...args: string[]
): Promise<Outcome> {
  return done(folder, command, [...before, ...args]);
}

/** Runs a command that has to succeed. */
async function done(
  cwd: string,
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  const outcome = await execute(cwd, command, args, env);
  expect(outcome.code, `${command} ${args.join(" ")}\n${outcome.output}`).toBe(0);
  return outcome;
}

function execute(
  cwd: string,
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  // A new user's machine: no settings but how to reach the registry, and an empty home.
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(npm_(?!config_cafile$)|pnpm_|yarn_|NODE_OPTIONS$|CI$|VITEST)/i.test(name),
  );
  return run(command, args, {
    cwd,
    env: {
      ...Object.fromEntries(inherited),
      PATH: `${tools}${delimiter}${process.env["PATH"]}`,
      HOME: home,
      NO_COLOR: "1",
      npm_config_registry: registry.url,
      npm_config_audit: "false",
      npm_config_fund: "false",
      npm_config_update_notifier: "false",
      pnpm_config_registry: registry.url,
      // What was published a moment ago is wanted here.
      pnpm_config_minimum_release_age: "0",
      YARN_NPM_REGISTRY_SERVER: registry.url.replace(/\/$/, ""),
      YARN_NPM_AUTH_TOKEN: "anybody",
      YARN_NPM_MINIMAL_AGE_GATE: "0",
      YARN_UNSAFE_HTTP_WHITELIST: "127.0.0.1",
      YARN_ENABLE_TELEMETRY: "0",
      GIT_CONFIG_GLOBAL: "/dev/null",
      GIT_AUTHOR_NAME: "alex",
      GIT_AUTHOR_EMAIL: "alex@example.org",
      GIT_COMMITTER_NAME: "alex",
      GIT_COMMITTER_EMAIL: "alex@example.org",
      ...env,
    },
  });
}
