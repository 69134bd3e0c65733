#!/usr/bin/env node
import { parseArgs } from "node:util";
import { checkPackage } from "./check/check.ts";

const usage = `Looks at a plugin of conn as npm would publish it.

  conn-plugin check [folder]    Default: the working directory
    --json                      the report as JSON

It packs the package, and ends with code 1 if anything would go wrong for those who install it.`;

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { json: { type: "boolean" }, help: { type: "boolean", short: "h" } },
    });
    if (values.help) {
      console.log(usage);
      return 0;
    }
    const [command, folder = process.cwd(), ...more] = positionals;
    if (command !== "check" || more.length > 0) {
      console.error(usage);
      return 1;
    }
    const report = await checkPackage(folder);
    console.log(values.json ? JSON.stringify(report, null, 2) : report.toString());
    return report.ok ? 0 : 1;
  } catch (error) {
    console.error((error as Error).message);
    return 1;
  }
}
