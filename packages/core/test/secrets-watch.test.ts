import { mkdir, readdir, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import type { Secrets } from "../src/secrets.ts";
import { runScript, until, world } from "./secrets-support.ts";

const file = "project/.conn/secrets.toml";

/** Watches, and collects what each call tells. */
function follow(secrets: Secrets): { told: string[][]; heard: (count: number) => Promise<void> } {
  const told: string[][] = [];
  secrets.watch((changed) => told.push([...changed].sort()));
  return { told, heard: (count) => until(() => told.length >= count) };
}

async function valueOf(secrets: Secrets, name = "a"): Promise<unknown> {
  return (await secrets.section(name))?.values["x"];
}

/** Gives the watcher time to begin; what it misses before, it sees by looking once more. */
const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 150));

describe("watching secrets", () => {
  it("tells which sections changed, and of no others", async () => {
    const { secrets, write } = await world({
      [file]: "[connections.a]\nx = 1\n[connections.b]\nx = 1\n[connections.c]\nx = 1",
    });
    const source = secrets();
    await Promise.all(["a", "b"].map((name) => source.section(name)));
    const { told, heard } = follow(source);
    await write(
      file,
      "# moved a line\n[connections.a]\nx = 2\n[connections.b]\nx = 1\n[connections.c]\nx = 2",
    );
    await heard(1);
    expect(told).toEqual([["a"]]);
    expect(await valueOf(source)).toBe(2);
  });

  it("tells it even where somebody has asked for the new content before", async () => {
    const { secrets, write } = await world({ [file]: "[connections.a]\nx = 1" });
    const source = secrets();
    await source.section("a");
    const { told, heard } = follow(source);
    await settle();
    await write(file, "[connections.a]\nx = 2");
    await until(async () => (await valueOf(source)) === 2);
    await heard(1);
    expect(told).toEqual([["a"]]);
  });

  it.each<[string, (path: (name: string) => string) => Promise<void>]>([
    ["written in place", (path) => writeFile(path(file), "[connections.a]\nx = 2")],
    [
      "renamed over",
      async (path) => {
        await writeFile(path("project/.conn/new"), "[connections.a]\nx = 2", { mode: 0o600 });
        await rename(path("project/.conn/new"), path(file));
      },
    ],
    [
      "deleted and written",
      async (path) => {
        await rm(path(file));
        await settle();
        await writeFile(path(file), "[connections.a]\nx = 2", { mode: 0o600 });
      },
    ],
    [
      "replaced with its directory",
      async (path) => {
        await rename(path("project/.conn"), path("project/old"));
        await mkdir(path("project/.conn"));
        await settle();
        await writeFile(path(file), "[connections.a]\nx = 2", { mode: 0o600 });
      },
    ],
  ])("sees a file that is %s", async (_, change) => {
    const { secrets, path } = await world({ [file]: "[connections.a]\nx = 1" });
    const source = secrets();
    await source.section("a");
    const { heard } = follow(source);
    await settle();
    await change(path);
    await heard(1);
    expect(await valueOf(source)).toBe(2);
  });

  it("sees files that are created later: the user's, the project's, a nearer one", async () => {
    const { secrets, write, path } = await world();
    await mkdir(path("project/app"));
    const source = secrets({ cwd: path("project/app") });
    expect(await source.section("a")).toBeUndefined();
    const { heard } = follow(source);
    await settle();
    for (const [index, place] of ["home", "project", "project/app"].entries()) {
      await write(`${place}/.conn/secrets.toml`, `[connections.a]\nx = ${index}`);
      await heard(index + 1);
      expect(await valueOf(source)).toBe(index);
    }
  });

  it("sees a link that is exchanged, and one on the way to the file", async () => {
    const { secrets, write, link, path } = await world();
    await write("vault/one/secrets.toml", "[connections.a]\nx = 1");
    await write("vault/two/secrets.toml", "[connections.a]\nx = 2");
    await write("vault/three/secrets.toml", "[connections.a]\nx = 3");
    await link("vault/current", "one");
    await link(file, "../../vault/current/secrets.toml");
    const source = secrets();
    expect(await valueOf(source)).toBe(1);
    const { heard } = follow(source);
    await settle();
    await symlink("two", path("vault/next"));
    await rename(path("vault/next"), path("vault/current"));
    await heard(1);
    expect(await valueOf(source)).toBe(2);
    await symlink("../../vault/three/secrets.toml", path("project/.conn/next"));
    await rename(path("project/.conn/next"), path(file));
    await heard(2);
    expect(await valueOf(source)).toBe(3);
  });

  it("sees Kubernetes exchange a mount, with all of its values at once", async () => {
    const { secrets, write, link, path } = await world();
    for (const version of ["1", "2"]) {
      await write(`mount/..v${version}/connections.a.x`, version, 0o644);
      await write(`mount/..v${version}/connections.a.y`, version, 0o644);
    }
    await link("mount/..data", "..v1");
    for (const key of ["x", "y"])
      await link(`mount/connections.a.${key}`, `..data/connections.a.${key}`);
    const source = secrets({ env: { CONN_SECRETS_DIR: path("mount") } });
    await source.section("a");
    const { told, heard } = follow(source);
    await settle();
    await symlink("..v2", path("mount/..data_tmp"));
    await rename(path("mount/..data_tmp"), path("mount/..data"));
    await rm(path("mount/..v1"), { recursive: true });
    await heard(1);
    expect({ ...(await source.section("a"))?.values }).toEqual({ x: 2, y: 2 });
    expect(told).toEqual([["a"]]);
  });

  it("sees a file change that a value refers to", async () => {
    const { secrets, write } = await world({
      [file]: '[connections.a]\nx = { file = "../../vault/key" }',
      "vault/key": "one",
    });
    const source = secrets();
    expect(await valueOf(source)).toBe("one");
    const { heard } = follow(source);
    await settle();
    await write("vault/key", "two");
    await heard(1);
    expect(await valueOf(source)).toBe("two");
  });

  it.each<[string, (path: string) => Promise<void>, RegExp]>([
    ["broken", (path) => writeFile(path, '[connections.a]\nx = "hunter2-canary'), /not valid TOML/],
    ["emptied", (path) => writeFile(path, ""), /empty/],
    ["deleted", (path) => rm(path), /is gone/],
    [
      "turned into a directory",
      async (path) => {
        await rm(path);
        await mkdir(path);
      },
      /directory/,
    ],
    [
      "given a reference that gives nothing",
      (path) => writeFile(path, '[connections.a]\nx = { env = "NOWHERE" }'),
      /NOWHERE/,
    ],
  ])(
    "keeps the last good content of a file that is %s, warns once, and takes it up when it is mended",
    async (_, spoil, warning) => {
      const { secrets, path, warnings, write } = await world({ [file]: "[connections.a]\nx = 1" });
      const source = secrets();
      await source.section("a");
      const { told, heard } = follow(source);
      await settle();
      await spoil(path(file));
      await until(() => warnings.length > 0);
      expect(await valueOf(source)).toBe(1);
      expect(await valueOf(source)).toBe(1);
      expect(warnings).toEqual([expect.stringMatching(warning)]);
      expect(warnings.join()).not.toContain("hunter2");
      expect(told).toEqual([]);
      await rm(path(file), { recursive: true, force: true });
      await write(file, "[connections.a]\nx = 2");
      await heard(1);
      expect(await valueOf(source)).toBe(2);
    },
  );

  it("tells nothing after it was stopped or closed", async () => {
    const { secrets, write } = await world({ [file]: "[connections.a]\nx = 1" });
    const source = secrets();
    await source.section("a");
    const told: string[] = [];
    const stop = source.watch(() => told.push("first"));
    source.watch(() => told.push("second"));
    const last = secrets();
    await last.section("a");
    const { heard } = follow(last);
    await settle();
    stop();
    source.close();
    await write(file, "[connections.a]\nx = 2");
    await heard(1);
    expect(told).toEqual([]);
  });

  // Only Linux tells, in /proc, which watches a process holds.
  it.runIf(process.platform === "linux")(
    "leaves no watch open, however often it begins and ends",
    async () => {
      const open = async (): Promise<number> => {
        let count = 0;
        for (const name of await readdir("/proc/self/fdinfo")) {
          const info = await readFile(`/proc/self/fdinfo/${name}`, "utf8").catch(() => "");
          count += info.split("\n").filter((line) => line.startsWith("inotify")).length;
        }
        return count;
      };
      const { secrets } = await world({ [file]: "[connections.a]\nx = 1" });
      const before = await open();
      const source = secrets();
      await source.section("a");
      for (let round = 0; round < 20; round++) {
        const stop = source.watch(() => {});
        await settle();
        if (round === 0) expect(await open()).toBeGreaterThan(before);
        stop();
        await until(async () => (await open()) === before);
      }
      expect(await open()).toBe(before);
    },
  );

  it("does not keep a process alive", async () => {
    const here = await world({ [file]: "[connections.a]\nx = 1" });
    const { stdout, stderr } = await runScript(
      here,
      `
        import { Secrets } from "./secrets.ts";
        const secrets = new Secrets();
        const section = await secrets.section("a");
        secrets.watch(() => {});
        await new Promise((resolve) => setTimeout(resolve, 200));
        console.log("x =", section.values.x);
      `,
    );
    expect(stdout).toBe("x = 1\n");
    expect(stderr).toBe("");
  });
});
