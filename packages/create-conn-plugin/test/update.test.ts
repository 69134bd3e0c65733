import { mkdir, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { generate, originFile } from "../src/generate.ts";
import { isBefore, type Migration, migrations } from "../src/migrations.ts";
import { namesOf } from "../src/names.ts";
import { Refusal } from "../src/refusal.ts";
import type { Files, Template } from "../src/template.ts";
import { update } from "../src/update.ts";
import { create, template, temporary } from "./support.ts";

const npm = { name: "npm", major: 11 } as const;
const workflow = ".github/workflows/ci.yml";

/** A project of an older template: one workflow differs, one file has gone since, one is not yet there. */
async function older(folder: string): Promise<{ present: Template }> {
  const present = { ...(await template()), version: "0.2.0" };
  const { "AGENTS.md": _, ...shared } = present.shared;
  const old: Template = {
    ...present,
    version: "0.0.1",
    manifest: present.manifest.replace("dist/src/**", "dist/src"),
    shared: { ...shared, [workflow]: "name: CI of old\n", ".editorconfig": "root = true\n" },
  };
  await write(folder, generate(old, "api", namesOf("@pets/redis"), npm));
  return { present };
}

describe("update", () => {
  it("brings what the author left alone to the present template", async () => {
    await using home = await temporary();
    const { present } = await older(home.path);
    await write(home.path, { "src/config.ts": "mine" });
    const said = await update(present, home.path, npm);
    expect(said.split("\n").sort()).toEqual([
      "  added AGENTS.md",
      `  changed package.json: ${migrations[0]?.sentence}`,
      "  removed .editorconfig, which has no use any more",
      `  replaced ${workflow}`,
      "Updated from template 0.0.1 to 0.2.0:",
    ]);
    const expected = generate(present, "api", namesOf("@pets/redis"), npm);
    expect(await readAll(home.path)).toEqual({ ...expected, "src/config.ts": "mine" });
    expect(await update(present, home.path, npm)).toContain("Nothing to do");
  });

  it("leaves what the author has changed, says so, and puts the new form beside it", async () => {
    await using home = await temporary();
    const { present } = await older(home.path);
    await write(home.path, { [workflow]: "mine", ".editorconfig": "mine", LICENSE: "mine" });
    const said = await update(present, home.path, npm);
    expect(said).toContain(`left ${workflow}, which you have changed: see ${workflow}.new`);
    expect(said).toContain("left .editorconfig");
    expect(said).not.toContain("LICENSE");
    const files = await readAll(home.path);
    expect(files[workflow]).toBe("mine");
    expect(files[`${workflow}.new`]).toBe(present.shared[workflow]);
    expect(files[".editorconfig"]).toBe("mine");
    expect(files["LICENSE"]).toBe("mine");
  });

  it("does not bring back what the author has removed", async () => {
    await using home = await temporary();
    const { present } = await older(home.path);
    for (const path of [workflow, ".changeset/first-release.md"]) await rm(join(home.path, path));
    await update(present, home.path, npm);
    const files = Object.keys(await readAll(home.path));
    expect(files).not.toContain(workflow);
    expect(files).not.toContain(".changeset/first-release.md");
  });

  it("changes a package.json that the author has changed by migrations alone", async () => {
    await using home = await temporary();
    const { present } = await older(home.path);
    const manifest = JSON.parse(await readFile(join(home.path, "package.json"), "utf8")) as object;
    await write(home.path, { "package.json": JSON.stringify({ ...manifest, version: "3.1.0" }) });
    await update(present, home.path, npm);
    const files = JSON.parse(await readFile(join(home.path, "package.json"), "utf8")) as object;
    expect(files).toMatchObject({ version: "3.1.0", files: ["dist/src/**"] });
  });

  it("runs the migrations between the two versions, each on what the one before gave", async () => {
    await using home = await temporary();
    const { present } = await older(home.path);
    const append = (version: string): Migration => ({
      version,
      sentence: `Appends ${version}.`,
      migrate: ({ "notes.md": text = "", LICENSE = "" }) => ({
        "notes.md": `${text}${version} after ${LICENSE.length > 0}\n`,
      }),
    });
    const steps = ["0.0.1", "0.1.0", "0.2.0", "0.3.0"].map(append);
    await update(present, home.path, npm, steps);
    expect(await readFile(join(home.path, "notes.md"), "utf8")).toBe(
      "0.1.0 after true\n0.2.0 after true\n",
    );
  });

  it.each([
    ["no project", undefined, "There is no .conn-plugin.json"],
    ["no JSON", "{", "is not as it was created"],
    ["null", "null", "is not as it was created"],
    ["another shape", "{}", "is not as it was created"],
    ["a newer template", origin({ version: "9.0.0" }), "of template 9.0.0"],
    ["an unknown variant", origin({ variant: "toString" }), "is not as it was created"],
    ["a path outside", origin({ files: { "../victim": "0" } }), "is not as it was created"],
    ["an absolute path", origin({ files: { "/etc/hostname": "0" } }), "is not as it was created"],
    ["a path of Windows", origin({ files: { "..\\victim": "0" } }), "is not as it was created"],
  ])("refuses %s, and changes nothing", async (_what, text, message) => {
    await using home = await temporary();
    const { present } = await older(home.path);
    if (text === undefined) await rm(join(home.path, originFile));
    else await write(home.path, { [originFile]: text });
    const before = await readAll(home.path);
    const refused = update(present, home.path, npm);
    await expect(refused).rejects.toThrow(message);
    await expect(refused).rejects.toBeInstanceOf(Refusal);
    expect(await readAll(home.path)).toEqual(before);
  });

  it("follows no link out of the project", async () => {
    await using home = await temporary();
    await using elsewhere = await temporary();
    const { present } = await older(home.path);
    await write(elsewhere.path, { "ci.yml": "name: CI of old\n" });
    await rm(join(home.path, ".github/workflows"), { recursive: true });
    await symlink(elsewhere.path, join(home.path, ".github/workflows"));
    await expect(update(present, home.path, npm)).rejects.toThrow("leads out of the project");
    expect(await readAll(elsewhere.path)).toEqual({ "ci.yml": "name: CI of old\n" });
  });

  it("is a command", async () => {
    await using home = await temporary();
    await create(home.path, ["pets", "--no-git"]);
    const { code, output } = await create(join(home.path, "pets"), ["update"]);
    expect([code, output]).toEqual([0, expect.stringContaining("Nothing to do")]);
    expect((await create(home.path, ["update"])).code).toBe(1);
  });
});

it.each(migrations.map((migration) => [migration.version, migration] as const))(
  "the migration of %s changes its own result no more",
  (_version, { migrate }) => {
    const files = { "package.json": JSON.stringify({ files: ["dist/src", "docs"] }) };
    const once = { ...files, ...migrate(files) };
    expect(JSON.parse(once["package.json"])).toEqual({ files: ["dist/src/**", "docs"] });
    expect(migrate(once)).toEqual({});
  },
);

it.each([
  ["0.1.0", "0.2.0", true],
  ["0.2.0", "0.10.0", true],
  ["1.0.0", "0.9.9", false],
  ["1.0.0", "1.0.0", false],
])("version %s is before %s: %s", (left, right, before) => {
  expect(isBefore(left, right)).toBe(before);
});

function origin(changes: object): string {
  const good = { version: "0.0.1", variant: "api", packageManager: "npm", files: {} };
  return JSON.stringify({ ...good, ...changes });
}

async function write(folder: string, files: Files): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
}

async function readAll(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files: Record<string, string> = {};
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    files[path.slice(folder.length + 1)] = await readFile(path, "utf8");
  }
  return files;
}
