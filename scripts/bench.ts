/** Builds the packages, then measures them: `bench [--json FILE]`. */
import { build, execute } from "./execute.ts";

process.exitCode =
  (await build()) ||
  (await execute("node", ["packages/benchmarks/src/main.ts", ...process.argv.slice(2)]));
