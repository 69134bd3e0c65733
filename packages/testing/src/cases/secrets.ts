import { inspect } from "node:util";
import { type BaseConnection, ConnError } from "@conn/core";
import { type Case, group } from "../case.ts";
import type { Context } from "../context.ts";
import { demand, settled } from "../demand.ts";
import { withFailingOpens } from "../observed.ts";
import { settingsOf, typesOf } from "../settings.ts";

const make = group("secrets");

export const secretCases: readonly Case[] = [
  make(
    "refused-settings",
    "shows no secret when it refuses its settings",
    ["secret settings"],
    async (context) => {
      const { config, canary } = await planted(context);
      const outcome: unknown = await context
        .connect({ config: { ...config, no_such_setting: canary } })
        .catch((error: unknown) => error);
      if (outcome instanceof Error) clean(outcome, [canary], "The error of refused settings");
    },
  ),
  make("printed", "shows no secret when it is printed", ["secret settings"], async (context) => {
    const { conn, secrets } = await context.connect();
    await context.sample(conn);
    clean(conn, secrets, "The printed connection");
  }),
  make(
    "failed-open",
    "shows no secret when it cannot log in",
    ["secret settings"],
    async (context) => {
      const { config, canary } = await planted(context);
      const outcome: unknown = await context.connect({ config }).then(
        async ({ conn }) => {
          const error: unknown = await settled(
            Promise.resolve(context.subject.sample(conn, { ttl: 0 })),
            "the sample call with a wrong secret",
          ).catch((error: unknown) => error);
          clean(await settled(conn.check(), "check()"), [canary], "The report of check()");
          clean(conn, [canary], "The printed connection");
          return error;
        },
        (error: unknown) => error,
      );
      if (outcome instanceof Error) clean(outcome, [canary], "The error of a failed login");
    },
  ),
  make("errors", "shows no secret in its errors", ["secret settings"], async (context) => {
    const { conn, log, config, secrets } = await context.connect();
    // What drivers do: the settings in the message, and on the error.
    const driverError = Object.assign(new Error(`login with ${secrets.join()} failed`), {
      options: config,
    });
    const failed = await withFailingOpens(
      log,
      () => context.sample(conn).catch((error: unknown) => error),
      driverError,
    );
    clean(failed, secrets, "The error of a failed open");
    if (!context.subject.fails) return;
    const refused: unknown = await Promise.resolve(context.subject.fails(conn, { ttl: 0 })).catch(
      (error: unknown) => error,
    );
    clean(refused, secrets, "The error of a refused call");
  }),
  make(
    "output",
    "printed and warned no secret in any of the cases before",
    ["secret settings"],
    async ({ run }) => {
      const known = [...run.secrets, canaryMark];
      for (const { where, text } of run.output) {
        demand(
          !shows(text, known),
          `In ${where} a secret was printed: print nothing, and warn with texts that redactText() has masked.`,
        );
      }
    },
  ),
];

const canaryMark = "canary-7f3a";

/** The settings with a text of ours as every secret, where it fits. */
async function planted(
  context: Context<BaseConnection>,
): Promise<{ config: object; canary: string }> {
  const canary = `${canaryMark}${Math.random().toString(16).slice(2)}`;
  const config = await context.settings();
  for (const { name, schema, secret } of settingsOf(context.subject)) {
    if (secret && typesOf(schema).includes("string")) config[name] = canary;
  }
  return { config, canary };
}

/** Fails where any way of printing a value shows a secret. */
function clean(value: unknown, secrets: readonly string[], what: string): void {
  const texts = [
    inspect(value, {
      depth: Infinity,
      showHidden: true,
      getters: false,
      maxArrayLength: null,
      maxStringLength: null,
    }),
    attempt(() => JSON.stringify(value)),
    attempt(() => String(value)),
    ...causes(value).flatMap((error) => [
      error.message,
      error.stack ?? "",
      inspect(Object.entries(error), { depth: 10 }),
    ]),
    ...(value instanceof ConnError ? [value.hint ?? "", inspect(value.problems)] : []),
  ];
  for (const text of texts)
    demand(
      !shows(text, secrets),
      `${what} shows a secret: mark the setting with \`writeOnly: true\`, and keep settings out of public and enumerable members.`,
    );
}

function causes(value: unknown): Error[] {
  const found: Error[] = [];
  for (let error = value; error instanceof Error && found.length < 10; error = error.cause)
    found.push(error);
  return found;
}

function shows(text: string, secrets: readonly string[]): boolean {
  return secrets.some((secret) => forms(secret).some((form) => text.includes(form)));
}

function forms(secret: string): string[] {
  const bytes = Buffer.from(secret);
  return [
    secret,
    encodeURIComponent(secret),
    bytes.toString("hex"),
    bytes.toString("base64").replace(/=+$/, ""),
    JSON.stringify(secret).slice(1, -1),
  ];
}

function attempt(print: () => string | undefined): string {
  try {
    return print() ?? "";
  } catch {
    return "";
  }
}
