import type { BaseConnection, JsonSchema } from "@conn/core";
import { type Case, group } from "../case.ts";
import type { Context } from "../context.ts";
import { connErrorOf, demand } from "../demand.ts";
import { settingsOf, soundsSecret, typesOf } from "../settings.ts";

const make = group("configuration");

export const configurationCases: readonly Case[] = [
  make("accepts", "accepts the settings that it is tested with", [], async ({ connect }) => {
    await connect();
  }),
  make(
    "required",
    "names the required setting that is missing",
    ["required settings"],
    async (context) => {
      for (const { name, required } of settingsOf(context.subject)) {
        if (!required) continue;
        const { [name]: _left, ...config } = await context.settings();
        await refused(context, config, name, `without \`${name}\``);
      }
    },
  ),
  make("unknown", "refuses a setting that it does not know", ["settings"], async (context) => {
    const name = "no_such_setting";
    await refused(
      context,
      { ...(await context.settings()), [name]: 1 },
      name,
      "with an unknown setting (use a strict object as schema)",
    );
  }),
  make(
    "types",
    "refuses a value of the wrong type in each setting",
    ["settings"],
    async (context) => {
      for (const { name, schema } of settingsOf(context.subject)) {
        const wrong = wrongValue(schema);
        if (wrong === undefined) continue;
        await refused(
          context,
          { ...(await context.settings()), [name]: wrong.value },
          name,
          `with \`${name}\` = ${JSON.stringify(wrong.value)}`,
        );
      }
    },
  ),
  make("placeholders", "refuses a placeholder that was left in", ["settings"], async (context) => {
    for (const { name, schema } of settingsOf(context.subject)) {
      if (!typesOf(schema).includes("string")) continue;
      await refused(
        context,
        { ...(await context.settings()), [name]: `<your-${name}>` },
        name,
        `with a placeholder as \`${name}\``,
      );
    }
  }),
  make("together", "reports all problems at once", ["required settings"], async (context) => {
    const names = settingsOf(context.subject)
      .filter(({ required }) => required)
      .map(({ name }) => name);
    const error = await connErrorOf(
      context.connect({ config: {} }),
      "connection() without any setting",
      "CONN_CONFIG",
    );
    for (const name of names)
      demand(
        error.message.includes(name),
        `Without any setting, the error does not name \`${name}\`: ${error.message}`,
      );
  }),
  make("secrets-marked", "marks each secret setting", ["settings"], async ({ subject }) => {
    for (const { name, schema, secret, marked } of settingsOf(subject)) {
      const secretish = secret || (soundsSecret(name) && typesOf(schema).includes("string"));
      demand(
        !secretish || marked,
        `The setting \`${name}\` is secret and not marked: give it \`writeOnly: true\`, so that its value is masked everywhere.`,
      );
    }
  }),
];

async function refused(
  context: Context<BaseConnection>,
  config: object,
  name: string,
  how: string,
): Promise<void> {
  const error = await connErrorOf(
    context.connect({ config }),
    `connection() ${how}`,
    "CONN_CONFIG",
  );
  demand(
    error.message.includes(name),
    `${how}, the error does not name the setting: ${error.message}`,
  );
}

function wrongValue(schema: JsonSchema): { readonly value: unknown } | undefined {
  const types = typesOf(schema);
  // Of a setting that takes anything no value is wrong.
  if (types.length === 0) return undefined;
  if (!types.includes("object")) return { value: { wrong: { type: true } } };
  if (!types.includes("boolean")) return { value: true };
  return undefined;
}
