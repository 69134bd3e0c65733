import type { ConnectionClass } from "./connection-class.ts";

/** One setting of a connection, as its schema describes it. */
export interface Field {
  readonly name: string;
  /** The JSON types it takes, such as `"string"` or `"integer | string"`, or the values it allows. */
  readonly type: string;
  readonly required: boolean;
  /** Never shown, and masked wherever it turns up. Marked by `writeOnly: true` in the schema. */
  readonly secret: boolean;
  readonly description?: string;
  readonly default?: unknown;
  readonly example?: unknown;
}

/** A JSON Schema, as far as settings use it. */
export interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly allOf?: readonly JsonSchema[];
  readonly description?: string;
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
  readonly writeOnly?: boolean;
  readonly [keyword: string]: unknown;
}

/** The JSON Schema of a class's settings, where its schema library can give one. */
export function settingsSchema({ config }: ConnectionClass): JsonSchema | undefined {
  try {
    return config["~standard"].jsonSchema?.input({ target: "draft-07" });
  } catch {
    // A schema with parts that JSON Schema cannot express still validates; it only explains less.
    return undefined;
  }
}

/** The settings of a class, in the order of its schema; empty where the schema cannot describe itself. */
export function fieldsOf(connectionClass: ConnectionClass): Field[] {
  const fields = new Map<string, Field>();
  const schema = settingsSchema(connectionClass);
  if (schema) collect(schema, true, fields);
  return [...fields.values()];
}

/** Whether a setting's name alone says that its value is secret. */
export function soundsSecret(name: string): boolean {
  return /pass(word|wd|phrase)?$|pwd|secret|token|credential|private_?key|api_?key|access_?key$|account_?key|sas$|connection_?string/i.test(
    name,
  );
}

function collect(schema: JsonSchema, certain: boolean, fields: Map<string, Field>): void {
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    if (fields.has(name)) continue;
    fields.set(name, {
      name,
      type: typeOf(property),
      required: certain && (schema.required?.includes(name) ?? false),
      secret: isSecret(property) || soundsSecret(name),
      ...definedOnly({
        description: property.description,
        default: property.default,
        example: property.examples?.[0],
      }),
    });
  }
  for (const part of schema.allOf ?? []) collect(part, certain, fields);
  // In a choice, what one branch requires another may not even have.
  for (const branch of [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])])
    collect(branch, false, fields);
}

function isSecret(schema: JsonSchema): boolean {
  return (
    schema.writeOnly === true || [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])].some(isSecret)
  );
}

function typeOf(schema: JsonSchema): string {
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (typeof schema.type === "string") return schema.type;
  const branches = schema.anyOf ?? schema.oneOf;
  const types = Array.isArray(schema.type)
    ? (schema.type as string[])
    : (branches?.map(typeOf) ?? ["any"]);
  return [...new Set(types)].join(" | ");
}

function definedOnly<T extends object>(value: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(
    Object.entries(value).filter(([, item]) => item !== undefined),
  ) as never;
}
