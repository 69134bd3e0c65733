import type { ConnectionClass } from "./connection-class.ts";
import { type JsonSchema, settingsSchema } from "./fields.ts";

/** A value that stands elsewhere, allowed for every setting. */
const reference = {
  description: "A value from elsewhere: an environment variable, a file or a command.",
  type: "object",
  additionalProperties: false,
  minProperties: 1,
  properties: {
    env: { type: "string" },
    file: { type: "string" },
    cmd: { type: "array", items: { type: "string" }, minItems: 1 },
    default: { type: "string" },
  },
};

/**
 * A JSON Schema (draft 4, as editors' TOML tools read it) for a secrets file with connections of
 * these classes: completion, documentation on hover and warnings for misspelt settings.
 */
export function secretsSchema(classes: readonly ConnectionClass[]): JsonSchema {
  return {
    $schema: "http://json-schema.org/draft-04/schema#",
    title: "conn secrets",
    type: "object",
    properties: {
      connections: {
        type: "object",
        description: "One table per connection: [connections.<name>]",
        additionalProperties:
          classes.length === 0 ? { type: "object" } : { anyOf: classes.map(section) },
      },
    },
    definitions: { reference },
  };
}

function section(connectionClass: ConnectionClass): JsonSchema {
  // What is required here may come from another file or the environment.
  const {
    type = "object",
    required: _,
    ...rest
  } = toDraft4(settingsSchema(connectionClass) ?? {}) as JsonSchema;
  const properties = Object.entries(rest.properties ?? {}).map(
    ([name, property]): [string, JsonSchema] => [
      name,
      {
        ...(property.description === undefined ? {} : { description: property.description }),
        anyOf: [property, { $ref: "#/definitions/reference" }],
      },
    ],
  );
  return {
    ...rest,
    type,
    title: connectionClass.type,
    properties: { type: { enum: [connectionClass.type] }, ...Object.fromEntries(properties) },
  };
}

/** Draft 4 has no `const`, no `examples`, and bounds that are exclusive by a flag. */
function toDraft4(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(toDraft4);
  if (typeof schema !== "object" || schema === null) return schema;
  const result: Record<string, unknown> = {};
  for (const [keyword, value] of Object.entries(schema)) {
    if (keyword === "$schema" || keyword === "examples" || keyword === "writeOnly") continue;
    if (keyword === "const") result["enum"] = [value];
    else if (keyword === "exclusiveMinimum")
      Object.assign(result, { minimum: value as unknown, exclusiveMinimum: true });
    else if (keyword === "exclusiveMaximum")
      Object.assign(result, { maximum: value as unknown, exclusiveMaximum: true });
    else if (keyword === "properties") {
      // Names of settings are no keywords: a setting may be called `examples`.
      result[keyword] = Object.fromEntries(
        Object.entries(value as object).map(([name, inner]) => [name, toDraft4(inner)]),
      );
    } else result[keyword] = toDraft4(value);
  }
  if (Array.isArray(result["required"]) && result["required"].length === 0)
    delete result["required"];
  return result;
}
