import { defineProject } from "vitest/config";

export default defineProject({
  resolve: { conditions: ["conn:source", "node"] },
  ssr: { resolve: { conditions: ["conn:source", "node"] } },
  test: {
    name: "sql",
    include: ["test/**/*.test.ts"],
    globalSetup: "test/servers/global-setup.ts",
  },
});
