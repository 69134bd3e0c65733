import type { ConnectionClass } from "./connection-class.ts";
import { didYouMean } from "./did-you-mean.ts";
import { ConnError, type Location, type Problem } from "./errors.ts";
import { type Field, fieldsOf, soundsSecret } from "./fields.ts";
import { registerSecret } from "./redact.ts";
import { secretsOf } from "./redact/secrets-of.ts";
import type { SecretsSection } from "./secrets.ts";
import type { StandardIssue } from "./standard-schema.ts";

/** Where the settings of one connection come from. */
export interface ConfigSources {
  readonly name: string;
  readonly section: SecretsSection | undefined;
  /** `options.config`, which wins over the section. */
  readonly overrides: Readonly<Record<string, unknown>> | undefined;
}

/**
 * The settings of a connection, merged, checked and with every secret known to the masker.
 *
 * @throws CONN_CONFIG that lists every problem with its place.
 */
export async function validateConfig(connectionClass: ConnectionClass, sources: ConfigSources): Promise<object> {
  const { name, section, overrides } = sources;
  const merged = mergeSettings(section?.values ?? {}, overrides ?? {});
  // The type chooses the class; it is no setting of its own, unless the class says otherwise.
  const fields = fieldsOf(connectionClass);
  if (!fields.some((field) => field.name === "type")) delete merged["type"];
  // Before validation, so that no message of a schema library can show a secret value.
  registerSecrets(merged, fields, section);

  const problems = placeholders(merged, []).map((path) => ({
    message: `\`${path.join(".")}\` still holds a placeholder`,
    path,
    hint: "Replace it with your own value.",
  }));
  const result = await connectionClass.config["~standard"].validate(merged);
  if (!result.issues && problems.length === 0) return result.value as object;
  const held = new Set(problems.map(({ path }) => path.join(".")));
  const found = [
    ...problems,
    ...(result.issues ?? []).flatMap(oneEach).map((issue) => describe(issue, merged, fields)).filter(({ path }) => !held.has(path.join("."))),
  ];
  throw new ConnError("CONN_CONFIG", `The settings of ${name} (type ${connectionClass.type}) do not fit:`, {
    connection: name,
    problems: found.map((problem): Problem => locate(problem, sources)).sort(byPlace),
    hint: remedy(name, connectionClass, sources),
  });
}

interface Finding {
  readonly message: string;
  readonly path: readonly string[];
  readonly hint?: string;
}

/** Later values win, table by table; what is not a plain table is replaced whole. */
export function mergeSettings(base: object, over: object): Record<string, unknown> {
  const merged: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  for (const [key, value] of [...Object.entries(base), ...Object.entries(over)] as [string, unknown][]) {
    if (value === undefined) continue;
    merged[key] = isTable(value) ? mergeSettings(isTable(merged[key]) ? merged[key] : {}, value) : value;
  }
  return merged;
}

function isTable(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

function registerSecrets(settings: object, fields: readonly Field[], section: SecretsSection | undefined): void {
  const marked = new Set(fields.filter((field) => field.secret).map((field) => field.name));
  const visit = (value: unknown, path: string, secret: boolean): void => {
    if (typeof value === "string") {
      if (secret || section?.secretPaths.has(path)) registerSecret(value);
      for (const part of secretsOf(value)) registerSecret(part);
    } else if (typeof value === "number" || typeof value === "bigint") {
      if (secret) registerSecret(String(value));
    } else if (isTable(value) || Array.isArray(value)) {
      for (const [key, item] of Object.entries(value)) {
        visit(item, path ? `${path}.${key}` : key, secret || soundsSecret(key) || (!path && marked.has(key)));
      }
    }
  };
  visit(settings, "", false);
}

function placeholders(value: unknown, path: readonly string[]): string[][] {
  if (typeof value === "string") return /^<[^<>]+>$/.test(value) ? [[...path]] : [];
  if (!isTable(value) && !Array.isArray(value)) return [];
  return Object.entries(value).flatMap(([key, item]) => placeholders(item, [...path, key]));
}

/** zod reports all unknown settings of a table as one issue of the table. */
function oneEach(issue: StandardIssue): StandardIssue[] {
  const { keys } = issue as { readonly keys?: unknown };
  if (!Array.isArray(keys)) return [issue];
  return keys.map((key: string) => ({ message: issue.message, path: [...(issue.path ?? []), key] }));
}

/** An issue of the schema library in our words, without the value it found. */
function describe(issue: StandardIssue, settings: Record<string, unknown>, fields: readonly Field[]): Finding {
  const path = (issue.path ?? []).map((part) => String(typeof part === "object" ? part.key : part));
  const field = fields.find(({ name }) => name === path[0]);
  const setting = path.join(".");
  const value = valueAt(settings, path);
  if (path.length === 1 && fields.length > 0 && !field) {
    const near = didYouMean(setting, fields.map(({ name }) => name));
    return {
      message: `unknown setting \`${setting}\``,
      path,
      hint: near ? `Did you mean \`${near}\`?` : `Known settings: ${fields.map(({ name }) => name).join(", ")}.`,
    };
  }
  if (path.length > 0 && value === undefined) {
    const example = field?.example === undefined ? "" : `Add for example: ${setting} = ${JSON.stringify(field.example)}`;
    return { message: `\`${setting}\` is missing`, path, ...(example && { hint: example }) };
  }
  const text = withoutValue(issue.message, value);
  return { message: setting ? `\`${setting}\`: ${text}` : text, path };
}

/** A value in the wrong place may be a secret that no name gives away. */
function withoutValue(message: string, value: unknown): string {
  if (typeof value !== "string" || value.length < 2) return message;
  return message.replaceAll(JSON.stringify(value), "another value").replaceAll(value, "another value");
}

function valueAt(settings: unknown, path: readonly string[]): unknown {
  let value = settings;
  for (const key of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}

function locate({ message, path, hint }: Finding, { section, overrides, name }: ConfigSources): Problem {
  const rest = { path: ["connections", name, ...path].join("."), ...(hint === undefined ? {} : { hint }) };
  if (path.length > 0 && overrides && Object.hasOwn(overrides, path[0]!)) return { message: `${message} (in options.config)`, ...rest };
  for (let length = path.length; length >= 0; length--) {
    const origin = section?.origins.get(path.slice(0, length).join("."));
    if (!origin) continue;
    return "env" in origin ? { message: `${message} (in the environment variable ${origin.env})`, ...rest } : { message, location: origin, ...rest };
  }
  return { message, ...rest };
}

function byPlace(left: Problem, right: Problem): number {
  const line = ({ location }: Problem): number => (location?.line ?? 0) * 10_000 + (location?.column ?? 0);
  return (left.location?.file ?? "").localeCompare(right.location?.file ?? "") || line(left) - line(right);
}

function remedy(name: string, { type }: ConnectionClass, { section }: ConfigSources): string {
  const place: Location | { env: string } | undefined = section?.origins.get("");
  if (place && "file" in place) return `Mend the section [connections.${name}] in ${place.file}.`;
  return `Add a section [connections.${name}] with type = "${type}" to .conn/secrets.toml.`;
}
