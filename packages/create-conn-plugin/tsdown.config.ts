import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { defineConfig } from "tsdown";
import { collectTemplate } from "./src/collect.ts";

export default defineConfig({
  entry: ["src/main.ts"],
  platform: "node",
  target: "node20.19",
  dts: false,
  fixedExtension: false,
  hooks: {
    // templates/plugin is the only source of what is created: it is copied when this package is built.
    async "build:done"() {
      const template = await collectTemplate(join(import.meta.dirname, "../.."));
      await writeFile(join(import.meta.dirname, "dist/template.json"), JSON.stringify(template));
    },
  },
});
