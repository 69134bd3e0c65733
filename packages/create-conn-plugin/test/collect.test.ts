import { cp, mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { collectTemplate } from "../src/collect.ts";
import { template, temporary, workspace } from "./support.ts";

it("holds nothing of the workspace", async () => {
  const { manifest, taken, ...files } = await template();
  expect(manifest).not.toMatch(/workspace:|catalog:|"private"/);
  expect(taken["sql"]).toBe("@conn/sql");
  expect(taken["my-source"]).toBeUndefined();
  expect(Object.keys(files.shared)).toContain(".gitignore");
  for (const { "tsconfig.json": own, ...variant } of Object.values(files.variants)) {
    expect(own).toBeUndefined();
    expect(Object.keys(variant)).toEqual(
      expect.arrayContaining([
        "README.md",
        "src/index.ts",
        "src/config.ts",
        "src/connection.ts",
        "test/conformance.test.ts",
        "test/connection.test.ts",
      ]),
    );
  }
});

it("refuses a template with a link", async () => {
  await using folder = await temporary();
  const plugin = join(folder.path, "templates/plugin");
  await cp(join(workspace, "templates/plugin/src"), join(plugin, "src"), { recursive: true });
  await mkdir(join(folder.path, "packages/core"), { recursive: true });
  await writeFile(join(folder.path, "packages/core/package.json"), '{ "name": "@conn/core" }');
  await symlink("/etc/hostname", join(plugin, "src/host.ts"));
  await expect(collectTemplate(folder.path)).rejects.toThrow("neither a file nor a folder");
});
