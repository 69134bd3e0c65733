import { defineConfig } from "vitest/config";

/** Tests read the packages' sources, so that a failing test points at the line to mend. */
const conditions = ["conn:source"];

export default defineConfig({
  resolve: { conditions: [...conditions, "node"] },
  ssr: { resolve: { conditions: [...conditions, "node"] } },
  test: {
    projects: ["packages/*"],
    // A promise that nobody awaits is a fault in the code under test, so it fails the run.
    dangerouslyIgnoreUnhandledErrors: false,
  },
});
