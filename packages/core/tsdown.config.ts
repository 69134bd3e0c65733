import { defineConfig } from "tsdown";

export default defineConfig({
  entry: ["src/index.ts", "src/sql.ts", "src/toolkit.ts"],
  platform: "node",
  target: "node20.19",
  dts: true,
  // Where a package of ours is installed beside core, its types are there without an import.
  banner: { dts: '/// <reference path="../first-party.d.ts" />' },
  fixedExtension: false,
});
