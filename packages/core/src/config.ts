import type { ConnectionClass } from "./connection-class.ts";
import { didYouMean } from "./did-you-mean.ts";
import { ConnError, type Problem } from "./errors.ts";
import { type Field, fieldsOf, soundsSecret } from "./fields.ts";
import { registerSecret } from "./redact.ts";
import { secretsOf } from "./redact/secrets-of.ts";
import type { SecretsSection } from "./secrets.ts";
import { emptyTable, isTable, mergeTables, type Origin, type Table } from "./secrets/merge.ts";
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
export async function validateConfig(
  connectionClass: ConnectionClass,
  sources: ConfigSources,
): Promise<object> {
  const { name, section } = sources;
  const fields = fieldsOf(connectionClass);
  const merged = mergeSettings(sources, fields);
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
    ...(result.issues ?? [])
      .flatMap(oneEach)
      .map((issue) => describe(issue, merged, fields))
      .filter(({ path }) => !held.has(path.join("."))),
  ];
  throw new ConnError(
    "CONN_CONFIG",
    `The settings of ${name} (type ${connectionClass.type}) do not fit:`,
    {
      connection: name,
      problems: found.map((problem): Problem => locate(problem, sources)).sort(byPlace),
      hint: remedy(name, connectionClass, sources),
    },
  );
}

interface Finding {
  readonly message: string;
  readonly path: readonly string[];
  readonly hint?: string;
}

/** The section and the overrides in one, under the names and in the types that the schema has. */
function mergeSettings(
  { section, overrides = {} }: ConfigSources,
  fields: readonly Field[],
): Table {
  const given = Object.entries(overrides).filter(([, value]) => value !== undefined);
  const merged = mergeTables(fromText(section, fields), Object.fromEntries(given));
  // The type chooses the class; it is no setting of its own, unless the class says otherwise.
  if (!fields.some(({ name }) => name === "type")) delete merged["type"];
  return merged;
}

/** Environment variables know neither small letters nor types: `POOL_SIZE` is `poolSize`, and `2024` may be a name. */
function fromText(section: SecretsSection | undefined, fields: readonly Field[]): Table {
  const values = emptyTable();
  for (const [key, value] of Object.entries(section?.values ?? {})) {
    const origin = section?.origins.get(key);
    const field =
      fields.find(({ name }) => name === key) ??
      (origin && "env" in origin ? fields.find(({ name }) => bare(name) === bare(key)) : undefined);
    const text = field?.type === "string" ? section?.texts.get(key) : undefined;
    values[field?.name ?? key] = text ?? value;
  }
  return values;
}

function bare(name: string): string {
  return name.toLowerCase().replaceAll("_", "");
}

function registerSecrets(
  settings: object,
  fields: readonly Field[],
  section: SecretsSection | undefined,
): void {
  const marked = new Set(fields.filter((field) => field.secret).map((field) => field.name));
  const visit = (value: unknown, path: string, secret: boolean): void => {
    if (typeof value === "string") {
      if (secret || section?.secretPaths.has(path)) registerSecret(value);
      for (const part of secretsOf(value)) registerSecret(part);
    } else if (typeof value === "number" || typeof value === "bigint") {
      if (secret) registerSecret(String(value));
    } else if (isTable(value) || Array.isArray(value)) {
      for (const [key, item] of Object.entries(value)) {
        visit(
          item,
          path ? `${path}.${key}` : key,
          secret || soundsSecret(key) || (!path && marked.has(key)),
        );
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
  return keys.map((key: string) => ({
    message: issue.message,
    path: [...(issue.path ?? []), key],
  }));
}

/** An issue of the schema library in our words, without the value it found. */
function describe(
  issue: StandardIssue,
  settings: Record<string, unknown>,
  fields: readonly Field[],
): Finding {
  const path = (issue.path ?? []).map((part) => String(typeof part === "object" ? part.key : part));
  const field = fields.find(({ name }) => name === path[0]);
  const setting = path.join(".");
  const value = valueAt(settings, path);
  if (path.length === 1 && fields.length > 0 && !field) {
    const near = didYouMean(
      setting,
      fields.map(({ name }) => name),
    );
    return {
      message: `unknown setting \`${setting}\``,
      path,
      hint: near
        ? `Did you mean \`${near}\`?`
        : `Known settings: ${fields.map(({ name }) => name).join(", ")}.`,
    };
  }
  if (path.length > 0 && value === undefined) {
    const example =
      field?.example === undefined
        ? ""
        : `Add for example: ${setting} = ${JSON.stringify(field.example)}`;
    return { message: `\`${setting}\` is missing`, path, ...(example && { hint: example }) };
  }
  const text = withoutValue(issue.message, value);
  const near = typeof value === "string" && didYouMean(value, quotedIn(text));
  return {
    message: setting ? `\`${setting}\`: ${text}` : text,
    path,
    ...(near && { hint: `Did you mean "${near}"?` }),
  };
}

/** What a message names between quotes, such as the values that there are. */
function quotedIn(message: string): string[] {
  return [...message.matchAll(/"([^"]+)"/g)].map(([, quoted]) => quoted!);
}

/** A value in the wrong place may be a secret that no name gives away. */
function withoutValue(message: string, value: unknown): string {
  if (typeof value !== "string" || value.length < 2) return message;
  // As a part of a word it is not the value, but one that the schema names.
  const alone = new RegExp(`(?<!\\w)${value.replaceAll(/[^\w\s]/g, "\\$&")}(?!\\w)`, "g");
  return message.replaceAll(JSON.stringify(value), "another value").replace(alone, "another value");
}

function valueAt(settings: unknown, path: readonly string[]): unknown {
  let value = settings;
  for (const key of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}

function locate(
  { message, path, hint }: Finding,
  { section, overrides, name }: ConfigSources,
): Problem {
  const rest = {
    path: ["connections", name, ...path].join("."),
    ...(hint === undefined ? {} : { hint }),
  };
  if (path.length > 0 && overrides && Object.hasOwn(overrides, path[0]!))
    return { message: `${message} (in options.config)`, ...rest };
  for (let length = path.length; length >= 0; length--) {
    const origin = originOf(section, path.slice(0, length));
    if (!origin) continue;
    if (!("env" in origin)) return { message, location: origin, ...rest };
    // A section that only the environment has stands nowhere as a whole.
    if (length > 0)
      return { message: `${message} (in the environment variable ${origin.env})`, ...rest };
  }
  return { message, ...rest };
}

function originOf(
  section: SecretsSection | undefined,
  path: readonly string[],
): Origin | undefined {
  const dotted = path.join(".");
  const exact = section?.origins.get(dotted);
  if (exact || !section) return exact;
  for (const [key, origin] of section.origins)
    if ("env" in origin && bare(key) === bare(dotted)) return origin;
  return undefined;
}

function byPlace(left: Problem, right: Problem): number {
  const line = ({ location }: Problem): number =>
    (location?.line ?? 0) * 10_000 + (location?.column ?? 0);
  return (
    (left.location?.file ?? "").localeCompare(right.location?.file ?? "") ||
    line(left) - line(right)
  );
}

function remedy(name: string, { type }: ConnectionClass, { section }: ConfigSources): string {
  const place = section?.origins.get("");
  if (place && "file" in place) return `Mend the section [connections.${name}] in ${place.file}.`;
  return `Add a section [connections.${name}] with type = "${type}" to .conn/secrets.toml.`;
}
