import { defineProject } from "vitest/config";

export default defineProject({
  resolve: { conditions: ["conn:source", "node"] },
  ssr: { resolve: { conditions: ["conn:source", "node"] } },
  test: {
    name: "hf",
    include: ["test/**/*.test.ts"],
  },
});
