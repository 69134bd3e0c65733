import type { StandardSchemaV1 } from "@conn/core";
import { toStandardJsonSchema } from "@valibot/to-json-schema";
import * as v from "valibot";

const text = v.pipe(v.string(), v.minLength(1));
const secret = v.metadata<string, { readonly writeOnly: true }>({ writeOnly: true });

const section = v.strictObject({
  url: v.optional(
    v.pipe(
      text,
      v.regex(/^(duckdb:\/\/\/|md:)/, 'write "duckdb:///pets.db" or "md:pets"'),
      v.description("The database as an address, in place of `database`."),
      v.examples(["duckdb:///pets.db"]),
    ),
  ),
  database: v.optional(
    v.pipe(
      text,
      v.description("A file's path, `md:` with a name, or :memory:, the default."),
      v.examples(["pets.db"]),
    ),
  ),
  token: v.optional(
    v.pipe(text, v.description("MotherDuck: the access token."), v.examples(["<token>"]), secret),
  ),
  readOnly: v.optional(
    v.pipe(
      v.boolean(),
      v.description("Read only, without access to files and the network."),
      v.examples([true]),
    ),
    false,
  ),
  settings: v.optional(
    v.pipe(
      v.record(v.string(), v.union([v.string(), v.number(), v.boolean()])),
      v.description("Settings of DuckDB itself, such as `threads` and `memory_limit`."),
      v.metadata({ examples: [{ threads: 2 }] }),
    ),
    {},
  ),
});

type Section = v.InferOutput<typeof section>;

/** The settings of a DuckDB connection, checked. */
export interface DuckDBConfig extends Omit<Section, "url" | "database"> {
  readonly database: string;
}

const described = toStandardJsonSchema(section)["~standard"] as StandardSchemaV1<
  unknown,
  Section
>["~standard"];

export const config: StandardSchemaV1<unknown, DuckDBConfig> = {
  "~standard": {
    version: 1,
    vendor: "valibot",
    ...(described.jsonSchema && { jsonSchema: described.jsonSchema }),
    async validate(value) {
      const result = await described.validate(value);
      if (result.issues) return result;
      const { url, database, ...rest } = result.value;
      if (url !== undefined && database !== undefined)
        return {
          issues: [{ message: "`url` and `database` are both set; keep one", path: ["url"] }],
        };
      const path = database ?? url?.replace(/^duckdb:\/\/\//, "");
      return { value: { ...rest, database: path || ":memory:" } };
    },
  },
};
