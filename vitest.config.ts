import { defineConfig } from "vitest/config";

/** Tests read the packages' sources, so that a failing test points at the line to mend. */
const conditions = ["conn:source", "node"];
const report = process.env["CONN_TEST_REPORT"];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    projects: [
      "packages/core",
      "packages/duckdb",
      "packages/formats",
      "packages/hf",
      "packages/sql",
      "packages/testing",
      "packages/create-conn-plugin",
      "packages/emulators",
      "packages/files",
      "docs",
    ],
    reporters: report ? ["default", ["json", { outputFile: report }]] : ["default"],
  },
});
