import { mkdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { availableTypes, register } from "../src/index.ts";
import { classOf } from "../src/discovery.ts";
import { state } from "../src/state.ts";
import { folder, PetConnection } from "./support.ts";

/** A plugin's files: a class by structure, so that the fixture needs no copy of core. */
function plugin(
  name: string,
  conn: unknown,
  code: string = classCode("redis"),
  manifest: object = {},
): Record<string, string> {
  return {
    [`node_modules/${name}/package.json`]: JSON.stringify({
      name,
      type: "module",
      exports: { import: "./main.js" },
      conn,
      ...manifest,
    }),
    [`node_modules/${name}/main.js`]: code,
  };
}

const classCode = (type: string): string => `
  globalThis.loadedPlugins = (globalThis.loadedPlugins ?? 0) + 1;
  export class RedisConnection {
    static type = ${JSON.stringify(type)};
    static config = { "~standard": { version: 1, vendor: "test", validate: (value) => ({ value }) } };
    client() {}
  }`;

const redis = { api: 1, connections: { redis: { export: "RedisConnection", title: "Redis" } } };

const application = (
  dependencies: readonly string[],
  more: object = {},
): Record<string, string> => ({
  "package.json": JSON.stringify({
    name: "app",
    dependencies: Object.fromEntries(dependencies.map((name) => [name, "*"])),
    ...more,
  }),
});

afterEach(() => state.registered.clear());

describe("discovery", () => {
  it("finds a type in a direct dependency, and loads nothing before it is asked for", async () => {
    const cwd = await folder({
      ...application(["conn-plugin-redis"]),
      ...plugin("conn-plugin-redis", redis),
    });
    const loaded = () => (globalThis as { loadedPlugins?: number }).loadedPlugins ?? 0;
    const before = loaded();
    expect(await availableTypes(cwd)).toEqual(["redis"]);
    expect(loaded()).toBe(before);
    const found = await classOf("redis", cwd);
    expect([found.name, loaded()]).toEqual(["RedisConnection", before + 1]);
  });

  it.each(["devDependencies", "optionalDependencies", "peerDependencies"])(
    "reads %s too",
    async (kind) => {
      const cwd = await folder({
        ...application([], { [kind]: { "conn-plugin-redis": "*" } }),
        ...plugin("conn-plugin-redis", redis),
      });
      expect(await availableTypes(cwd)).toEqual(["redis"]);
    },
  );

  it("works from a folder below the package, and with packages hoisted above it", async () => {
    const root = await folder({
      "package.json": JSON.stringify({ name: "root", workspaces: ["apps/*"] }),
      "apps/web/package.json": application(["conn-plugin-redis"])["package.json"]!,
      "apps/web/src/index.ts": "",
      ...plugin("conn-plugin-redis", redis),
    });
    expect(await availableTypes(join(root, "apps/web/src"))).toEqual(["redis"]);
  });

  it("reads the workspace root's dependencies too", async () => {
    const root = await folder({
      ...application(["conn-plugin-redis"]),
      "pnpm-workspace.yaml": "packages: [apps/*]",
      "apps/web/package.json": "{}",
      ...plugin("conn-plugin-redis", redis),
    });
    expect(await availableTypes(join(root, "apps/web"))).toEqual(["redis"]);
  });

  it("ignores what lies in node_modules without being a dependency", async () => {
    const cwd = await folder({ ...application([]), ...plugin("conn-plugin-redis", redis) });
    expect(await availableTypes(cwd)).toEqual([]);
    await expect(classOf("redis", cwd)).rejects.toMatchObject({ code: "CONN_TYPE_UNKNOWN" });
  });

  it("ignores dependencies that are not installed or have no readable manifest", async () => {
    const cwd = await folder({
      ...application(["gone", "broken"]),
      "node_modules/broken/package.json": "{ not json",
    });
    expect(await availableTypes(cwd)).toEqual([]);
  });

  it.each([
    ["a main file", { exports: undefined, main: "./main.js" }],
    ["exports as a text", { exports: "./main.js" }],
    [
      "nested conditions",
      {
        exports: {
          ".": { types: "./no.d.ts", node: { require: "./no.cjs", import: "./main.js" } },
        },
      },
    ],
    ["a list of targets", { exports: { ".": [{ require: "./no.cjs" }, "./main.js"] } }],
  ])("resolves a package with %s", async (_what, manifest) => {
    const cwd = await folder({
      ...application(["conn-plugin-redis"]),
      ...plugin("conn-plugin-redis", redis, undefined, manifest),
    });
    await expect(classOf("redis", cwd)).resolves.toHaveProperty("name", "RedisConnection");
  });
});

it("takes a package that a workspace links twice for one", async () => {
  const root = await folder({
    ...application(["conn-plugin-redis"]),
    "pnpm-workspace.yaml": "packages: [apps/*]",
    "apps/web/package.json": application(["conn-plugin-redis"])["package.json"]!,
    ...plugin("conn-plugin-redis", redis),
  });
  await mkdir(join(root, "apps/web/node_modules"));
  await symlink(
    join(root, "node_modules/conn-plugin-redis"),
    join(root, "apps/web/node_modules/conn-plugin-redis"),
  );
  await expect(classOf("redis", join(root, "apps/web"))).resolves.toHaveProperty(
    "name",
    "RedisConnection",
  );
});

describe("two versions of one package", () => {
  const versioned = (version: string): string =>
    classCode("redis").replace("static type", `static version = "${version}"; static type`);

  it.each([
    ["apps/web", "near"],
    ["", "far"],
  ])("in a workspace give the nearest to the caller in %j", async (from, version) => {
    const near = plugin("conn-plugin-redis", redis, versioned("near"));
    const root = await folder({
      ...application(["conn-plugin-redis"]),
      "pnpm-workspace.yaml": "packages: [apps/*]",
      "apps/web/package.json": application(["conn-plugin-redis"])["package.json"]!,
      ...plugin("conn-plugin-redis", redis, versioned("far")),
      ...Object.fromEntries(Object.entries(near).map(([path, text]) => [`apps/web/${path}`, text])),
    });
    expect(await availableTypes(join(root, from))).toEqual(["redis"]);
    await expect(classOf("redis", join(root, from))).resolves.toHaveProperty("version", version);
  });

  it("hide no other package that claims the type", async () => {
    const root = await folder({
      ...application(["conn-plugin-redis"]),
      "pnpm-workspace.yaml": "packages: [apps/*]",
      "apps/web/package.json": application(["conn-plugin-other"])["package.json"]!,
      ...plugin("conn-plugin-redis", redis),
      ...plugin("conn-plugin-other", redis),
    });
    await expect(classOf("redis", join(root, "apps/web"))).rejects.toMatchObject({
      code: "CONN_TYPE_CONFLICT",
    });
  });
});

describe("a plugin that does not fit", () => {
  it.each([
    ["of another api", { ...redis, api: 2 }, undefined, "CONN_PLUGIN_INVALID", "api 2"],
    [
      "whose type is a path",
      { api: 1, connections: { "../x": { export: "X" } } },
      undefined,
      "CONN_PLUGIN_INVALID",
      "../x",
    ],
    [
      "without an export",
      { api: 1, connections: { redis: {} } },
      undefined,
      "CONN_PLUGIN_INVALID",
      "names no export",
    ],
    [
      "that throws on import",
      redis,
      'throw new Error("no engine")',
      "CONN_PLUGIN_LOAD",
      "no engine",
    ],
    [
      "whose export is missing",
      redis,
      "export const other = 1",
      "CONN_PLUGIN_INVALID",
      "RedisConnection",
    ],
    ["whose class has another type", redis, classCode("valkey"), "CONN_PLUGIN_INVALID", "valkey"],
    [
      "whose class is no connection",
      redis,
      'export class RedisConnection { static type = "redis" }',
      "CONN_PLUGIN_INVALID",
      "does not extend BaseConnection",
    ],
  ])("%s is named", async (_what, conn, code, expected, text) => {
    const cwd = await folder({
      ...application(["conn-plugin-redis"]),
      ...plugin("conn-plugin-redis", conn, code),
    });
    await expect(classOf("redis", cwd)).rejects.toMatchObject({
      code: expected,
      message: expect.stringMatching(
        new RegExp(
          `conn-plugin-redis[^]*${text.replaceAll(".", "\\.")}|${text.replaceAll(".", "\\.")}[^]*conn-plugin-redis`,
        ),
      ),
    });
  });

  it("that claims a taken type is an error which names both", async () => {
    const cwd = await folder({
      ...application(["conn-plugin-redis", "conn-plugin-other"]),
      ...plugin("conn-plugin-redis", redis),
      ...plugin("conn-plugin-other", redis),
    });
    await expect(classOf("redis", cwd)).rejects.toMatchObject({
      code: "CONN_TYPE_CONFLICT",
      message: expect.stringMatching(/conn-plugin-other and conn-plugin-redis/),
    });
  });
});

describe("a type that nobody provides", () => {
  it.each([
    ["package-lock.json", "npm install @conn/sql"],
    ["pnpm-lock.yaml", "pnpm add @conn/sql"],
    ["yarn.lock", "yarn add @conn/sql"],
    ["bun.lock", "bun add @conn/sql"],
  ])("is answered with the command that %s calls for", async (lock, command) => {
    const cwd = await folder({ ...application([]), [lock]: "" });
    await expect(classOf("sql", cwd)).rejects.toMatchObject({
      code: "CONN_TYPE_UNKNOWN",
      hint: `Run: ${command}`,
    });
  });

  it("takes the manager that package.json declares before a lock file", async () => {
    const cwd = await folder({
      ...application([], { packageManager: "pnpm@12.21.0" }),
      "package-lock.json": "",
    });
    await expect(classOf("sql", cwd)).rejects.toMatchObject({ hint: "Run: pnpm add @conn/sql" });
  });

  it("asks back when the spelling is near", async () => {
    vi.stubEnv("npm_config_user_agent", "npm/11");
    const cwd = await folder(application([]));
    await expect(classOf("sqll", cwd)).rejects.toMatchObject({
      hint: expect.stringMatching(
        /^Did you mean "sql"\? Run: npm install @conn\/sql \(.*: npm install conn-plugin-/,
      ) as string,
    });
    register(PetConnection);
    await expect(classOf("pet", cwd)).rejects.toMatchObject({ hint: 'Did you mean "pets"?' });
    vi.unstubAllEnvs();
  });

  it.each([
    "../evil.js",
    "file:///x.mjs",
    "data:text/javascript,0",
    "http://example.org/x.mjs",
    "node:child_process",
    "@conn/sqll",
    "constructor ",
    "__proto__",
    "",
  ])("is refused when it is %j, and nothing is loaded", async (type) => {
    const cwd = await folder({ ...application([]), "evil.js": "globalThis.evil = true" });
    await expect(classOf(type, cwd)).rejects.toMatchObject({
      code: "CONN_TYPE_UNKNOWN",
      hint: expect.stringContaining("A type is a short name"),
    });
    expect("evil" in globalThis).toBe(false);
  });

  it.each(["constructor", "tostring", "lodash"])(
    "is unknown when it is %j, whatever else has that name",
    async (type) => {
      const cwd = await folder({
        ...application(["lodash"]),
        "node_modules/lodash/package.json": '{"name":"lodash"}',
      });
      await expect(classOf(type, cwd)).rejects.toMatchObject({
        code: "CONN_TYPE_UNKNOWN",
        hint: expect.stringContaining(`conn-plugin-${type}`),
      });
    },
  );
});

describe("register", () => {
  it("goes before discovery, for bundles and tests", async () => {
    register(PetConnection);
    const cwd = await folder(application([]));
    expect(await classOf("pets", cwd)).toBe(PetConnection);
    expect(await availableTypes(cwd)).toEqual(["pets"]);
  });

  it.each([undefined, null, {}, class Nothing {}, () => {}])("refuses %o", (value) => {
    expect(() => register(value as never)).toThrow(
      expect.objectContaining({ code: "CONN_PLUGIN_INVALID" }),
    );
  });
});
