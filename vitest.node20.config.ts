import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest-on-node-20/config";

/** Node 20 is too old for the workspace's vitest: an older one runs the same tests there. */
const conditions = ["conn:source", "node"];
const report = process.env["CONN_TEST_REPORT"];

export default defineConfig({
  resolve: {
    conditions,
    alias: { vitest: fileURLToPath(import.meta.resolve("vitest-on-node-20")) },
  },
  ssr: { resolve: { conditions } },
  test: {
    include: ["packages/*/test/**/*.test.ts"],
    globalSetup: "packages/sql/test/servers/global-setup.ts",
    reporters: report ? ["default", ["json", { outputFile: report }]] : ["default"],
  },
});
