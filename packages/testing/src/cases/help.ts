import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { help } from "@conn/core";
import { type Case, group } from "../case.ts";
import { demand } from "../demand.ts";
import { readPackage } from "../package-manifest.ts";
import { settingsOf } from "../settings.ts";

const make = group("help");

export const helpCases: readonly Case[] = [
  make("described", "has a schema that can describe itself", [], async ({ subject }) => {
    const { jsonSchema } = subject.type.config["~standard"];
    demand(
      jsonSchema,
      "The schema gives no JSON Schema, so help() and editors know no setting: use zod 4.2 or later, arktype, or valibot with toStandardJsonSchema.",
    );
    try {
      jsonSchema.input({ target: "draft-07" });
    } catch (cause) {
      demand(false, `The schema cannot be put as JSON Schema: ${(cause as Error).message}`);
    }
  }),
  make("settings", "says what each setting is for", ["settings"], async ({ subject }) => {
    for (const { name, schema } of settingsOf(subject)) {
      demand(schema.description, `The setting \`${name}\` has no description.`);
    }
  }),
  make(
    "examples",
    "shows an example of each required setting",
    ["required settings"],
    async ({ subject }) => {
      for (const { name, schema, required } of settingsOf(subject)) {
        const shown = schema.examples?.length || schema.enum || schema.default !== undefined;
        demand(
          !required || shown,
          `The required setting \`${name}\` has no example: errors and help() could show one.`,
        );
      }
    },
  ),
  make("members", "says what each of its methods does", [], async ({ subject }) => {
    const { members } = await help(subject.type);
    const silent = members.filter(({ description }) => !description).map(({ name }) => name);
    demand(
      silent.length === 0,
      `\`static members\` says nothing of ${silent.join(", ")}: add a sentence for each.`,
    );
  }),
  make("text", "has a help page with all settings", ["settings"], async ({ subject }) => {
    const page = String(await help(subject.type));
    for (const { name } of settingsOf(subject))
      demand(page.includes(name), `help() does not show the setting \`${name}\`.`);
  }),
  make("readme", "has a README with an example in TypeScript", ["package"], async ({ subject }) => {
    const { folder } = await readPackage(subject.package || undefined);
    const text = await readFile(join(folder, "README.md"), "utf8").catch(() => undefined);
    demand(text !== undefined, `There is no README.md in ${folder}.`);
    demand(
      /^```(ts|typescript|js|javascript)\b/m.test(text),
      "The README has no example: add a block of TypeScript.",
    );
    demand(
      text.includes(subject.type.type),
      `The README does not name the type "${subject.type.type}".`,
    );
  }),
];
