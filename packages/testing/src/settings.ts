import type { BaseConnection, JsonSchema } from "@conn/core";
import type { Subject } from "./subject.ts";

/** One setting as the schema has it. */
export interface Setting {
  readonly name: string;
  readonly schema: JsonSchema;
  readonly required: boolean;
  /** Marked by `writeOnly`, or named by the author. */
  readonly secret: boolean;
  /** Marked by `writeOnly`. */
  readonly marked: boolean;
}

/** The settings of the outermost table, without those of single branches of a choice. */
export function settingsOf({
  type,
  secrets = [],
}: Pick<Subject<BaseConnection>, "type" | "secrets">): Setting[] {
  let schema: JsonSchema | undefined;
  try {
    schema = type.config["~standard"].jsonSchema?.input({ target: "draft-07" });
  } catch {
    // A schema that JSON Schema cannot express has no settings to look at; `configuration.described` says so.
  }
  return [...tables(schema)].flatMap(({ properties = {}, required = [] }) =>
    Object.entries(properties).map(([name, property]) => {
      const marked = isWriteOnly(property);
      return {
        name,
        schema: property,
        required: required.includes(name),
        secret: marked || secrets.includes(name),
        marked,
      };
    }),
  );
}

/** Whether a setting's name alone says that its value is secret. */
export function soundsSecret(name: string): boolean {
  return /pass(word|phrase)|pwd|secret|token|credential|private_?key|api_?key|access_?key$/i.test(
    name,
  );
}

/** The JSON types that a setting takes; empty where its schema does not say. */
export function typesOf(schema: JsonSchema): string[] {
  const own = schema.type === undefined ? [] : [schema.type].flat();
  const listed = [...(schema.enum ?? []), ...("const" in schema ? [schema.const] : [])].map(
    (value) => typeof value,
  );
  const branches = [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])];
  if (branches.some((branch) => typesOf(branch).length === 0)) return [];
  return [...new Set([...own, ...listed, ...branches.flatMap(typesOf)])];
}

function* tables(schema: JsonSchema | undefined): Generator<JsonSchema> {
  if (!schema) return;
  yield schema;
  for (const part of schema.allOf ?? []) yield* tables(part);
}

function isWriteOnly(schema: JsonSchema): boolean {
  return (
    schema.writeOnly === true ||
    [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])].some(isWriteOnly)
  );
}
