#!/usr/bin/env node
import { create } from "./create.ts";
import { helpText, readOptions } from "./options.ts";
import { Refusal } from "./refusal.ts";
import { readTemplate } from "./template.ts";
import { update } from "./update.ts";

try {
  const options = readOptions(process.argv.slice(2), process.env["npm_config_user_agent"]);
  const template = await readTemplate();
  switch (options.command) {
    case "help":
      console.log(helpText(options.manager));
      break;
    case "version":
      console.log(template.version);
      break;
    case "update":
      console.log(await update(template, process.cwd(), options.manager));
      break;
    case "create":
      console.log(await create(options, template, process.cwd()));
      break;
    default:
      options.command satisfies never;
  }
} catch (error) {
  if (!(error instanceof Refusal)) throw error;
  console.error(error.message);
  if (error.hint) console.error(error.hint);
  process.exitCode = 1;
}
