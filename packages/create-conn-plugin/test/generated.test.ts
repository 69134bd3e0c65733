import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";
import { generate } from "../src/generate.ts";
import { namesOf } from "../src/names.ts";
import { type Files, type Variant, variants } from "../src/template.ts";
import { run, template, temporary, workspace } from "./support.ts";

it.each(Object.keys(variants) as Variant[])(
  "a new project of the variant %s compiles, passes its tests, and keeps its README's word",
  async (variant) => {
    await using home = await temporary();
    const files = generate(await template(), variant, namesOf("@pets/my-source-2"), {
      name: "npm",
      major: 11,
    });
    expect(Object.values(files).join("\n")).not.toMatch(
      /MySource(?!2)|My Source(?! 2)|my-source(?!-2)/,
    );
    await write(home.path, files);
    await symlink(
      join(workspace, "templates/plugin/node_modules"),
      join(home.path, "node_modules"),
      "junction",
    );
    const { code, output } = await run("npm", ["test"], home.path);
    expect(code, output).toBe(0);
    expect(output).toMatch(/my-source-2 ran \d\d of \d\d cases/);

    const readme = await readFile(join(home.path, "README.md"), "utf8");
    const snippets = [...readme.matchAll(/^```ts\n([^]*?)^```/gm)].map(([, code]) => code!);
    expect(snippets).toHaveLength(1);
    await write(home.path, { "test/readme.ts": snippets.join("\n") });
    const compiled = await run("npm", ["run", "build"], home.path);
    expect(compiled.code, compiled.output).toBe(0);
  },
  120_000,
);

async function write(folder: string, files: Files): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
}
