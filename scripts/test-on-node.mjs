/**
 * Runs the packages' tests on the Node that runs this script. Node 20 is too old for the workspace's
 * vitest, so an older vitest runs the same files there.
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const [major] = process.versions.node.split(".");
if (!process.argv[2]?.startsWith(major))
  throw new Error(`Expected Node ${process.argv[2]}, and this is ${process.version}`);
const old = major === "20";
const runner = fileURLToPath(
  new URL(`../node_modules/${old ? "vitest-on-node-20" : "vitest"}/vitest.mjs`, import.meta.url),
);
const args = old
  ? ["run", "--config", "vitest.node20.config.ts"]
  : [
      "run",
      "--project",
      "core",
      "--project",
      "duckdb",
      "--project",
      "sql",
      "--project",
      "testing",
      "--project",
      "files",
      "--project",
      "hf",
      "--project",
      "create",
    ];
process.exitCode = spawnSync(process.execPath, [runner, ...args], { stdio: "inherit" }).status ?? 1;
