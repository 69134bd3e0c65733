/** Builds what the example application needs, then runs it. */
import { build, execute } from "./execute.ts";

process.exitCode =
  (await build("pet-owners^...")) || (await execute("node", ["templates/app/demo.ts"]));
