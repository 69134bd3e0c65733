import { toStandardJsonSchema } from "@valibot/to-json-schema";
import { type } from "arktype";
import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { type ConnectionClass, ConnError, help, redactText } from "../src/index.ts";
import { secretsSchema } from "../src/toolkit.ts";
import { validateConfig } from "../src/config.ts";
import { Secrets } from "../src/secrets.ts";
import { folder, PetConnection } from "./support.ts";

const valibotSchema = toStandardJsonSchema(
  v.strictObject({
    host: v.pipe(v.string(), v.description("Where the pets are."), v.examples(["localhost"])),
    port: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_535)), 5432),
    word: v.optional(v.pipe(v.string(), v.metadata({ writeOnly: true }))),
  }),
);
const zodSchema = z.strictObject({
  host: z
    .string()
    .describe("Where the pets are.")
    .meta({ examples: ["localhost"] }),
  port: z.int().min(1).max(65_535).default(5432),
  word: z.string().meta({ writeOnly: true }).optional(),
});
const arktypeSchema = type({
  host: "string",
  "port?": "1 <= number.integer <= 65535",
  "word?": "string",
  "+": "reject",
});

const classWith = (config: unknown): ConnectionClass =>
  class extends PetConnection {
    static override readonly config = config as never;
  };

async function validate(
  toml: string,
  config: unknown = valibotSchema,
  overrides?: Record<string, unknown>,
): Promise<object> {
  const cwd = await folder({ "package.json": "{}", ".conn/secrets.toml": toml });
  const secrets = new Secrets({ cwd, home: cwd, env: {} });
  const section = await secrets.section("pet_db");
  secrets.close();
  return validateConfig(classWith(config), { name: "pet_db", section, overrides });
}

const failure = async (...args: Parameters<typeof validate>): Promise<ConnError> => {
  const error = await validate(...args).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ConnError);
  return error as ConnError;
};

describe.each([
  ["valibot", valibotSchema],
  ["zod", zodSchema],
  ["arktype", arktypeSchema],
])("a schema of %s", (_library, schema) => {
  it("takes what fits", async () => {
    await expect(
      validate('[connections.pet_db]\ntype = "pets"\nhost = "a"\nport = 1\n', schema),
    ).resolves.toMatchObject({ host: "a", port: 1 });
  });

  it("lists every problem at once, each with its line", async () => {
    const error = await failure(
      '# pets\n[connections.pet_db]\nhots = "a"\nport = "5432abc"\n',
      schema,
    );
    expect(error.code).toBe("CONN_CONFIG");
    expect(error.message).toMatch(
      /unknown setting `hots` \(.*secrets\.toml:3:1\)\. (Did you mean `host`\?|Known settings)/,
    );
    expect(error.message).toMatch(/`port`.*secrets\.toml:4:1\)/);
    expect(error.message).toMatch(/`host` is missing/);
    expect(error.message).not.toContain("5432abc");
  });

  it.each([0, 65_536, -1, 1.5])("refuses the port %d", async (port) => {
    const error = await failure(`[connections.pet_db]\nhost = "a"\nport = ${port}\n`, schema);
    expect(error.problems).toHaveLength(1);
    expect(error.problems![0]).toMatchObject({
      path: "connections.pet_db.port",
      location: { line: 3 },
    });
  });
});

describe("settings", () => {
  it("names the choice that was meant, and leaves the other words whole", async () => {
    const schema = toStandardJsonSchema(
      v.strictObject({ dialect: v.picklist(["sqlite", "mysql", "mysqldb"]) }),
    );
    const { message } = await failure('[connections.pet_db]\ndialect = "mysq"', schema);
    expect(message).toContain('("sqlite" | "mysql" | "mysqldb")');
    expect(message).toContain('Did you mean "mysql"?');
    expect(message).not.toContain('"mysq"');
    const secret = await failure('[connections.pet_db]\ndialect = "a.b(c"', schema);
    expect(secret.message).not.toContain("a.b(c");
  });

  it("merge options.config over the section, and say so where the override is wrong", async () => {
    await expect(
      validate('[connections.pet_db]\nhost = "a"\n', valibotSchema, { host: "b" }),
    ).resolves.toMatchObject({ host: "b" });
    const error = await failure('[connections.pet_db]\nhost = "a"\n', valibotSchema, { port: "x" });
    expect(error.message).toContain("(in options.config)");
  });

  it("from the environment find their names and their types in the schema", async () => {
    const cwd = await folder({ "package.json": "{}" });
    const secrets = new Secrets({
      cwd,
      home: cwd,
      env: { CONN_PET_DB__HOST: "2024", CONN_PET_DB__PORT: "5433" },
    });
    const section = await secrets.section("pet_db");
    secrets.close();
    const schema = toStandardJsonSchema(
      v.strictObject({ host: v.string(), port: v.number(), poolSize: v.optional(v.number()) }),
    );
    const config = await validateConfig(classWith(schema), {
      name: "pet_db",
      section,
      overrides: undefined,
    });
    expect(config).toEqual({ host: "2024", port: 5433 });
    const more = new Secrets({
      cwd,
      home: cwd,
      env: { CONN_PET_DB__HOST: "a", CONN_PET_DB__PORT: "1", CONN_PET_DB__POOL_SIZE: "7" },
    });
    const sized = await validateConfig(classWith(schema), {
      name: "pet_db",
      section: await more.section("pet_db"),
      overrides: undefined,
    });
    more.close();
    const wrong = new Secrets({
      cwd,
      home: cwd,
      env: { CONN_PET_DB__HOST: "a", CONN_PET_DB__POOL_SIZE: "many" },
    });
    await expect(
      validateConfig(classWith(schema), {
        name: "pet_db",
        section: await wrong.section("pet_db"),
        overrides: undefined,
      }),
    ).rejects.toMatchObject({
      message: expect.stringMatching(
        /`port` is missing\n.*`poolSize`.*\(in the environment variable CONN_PET_DB__POOL_SIZE\)/,
      ),
    });
    wrong.close();
    expect(sized).toMatchObject({ poolSize: 7 });
  });

  it("with a placeholder left in are refused before the source sees them", async () => {
    const error = await failure(
      '[connections.pet_db]\nhost = "<your host>"\nword = "<password>"\n',
    );
    expect(error.problems!.map(({ message, location }) => [message, location?.line])).toEqual([
      ["`host` still holds a placeholder", 2],
      ["`word` still holds a placeholder", 3],
    ]);
  });

  it("that are secret by mark, by name or inside a URL are known to the masker", async () => {
    const open = v.looseObject({});
    await validate('[connections.pet_db]\nhost = "a"\nword = "tiger-by-mark"\n');
    await validate(
      '[connections.pet_db]\napi_key = "tiger-by-name"\nurl = "mysql://scott:tiger-in-url@h/db"\n[connections.pet_db.nested]\npassword = "tiger-nested"\n',
      open,
    );
    expect(redactText("tiger-by-mark tiger-by-name tiger-in-url tiger-nested")).not.toContain(
      "tiger",
    );
  });

  it("of the wrong type never show their value", async () => {
    const error = await failure(
      '[connections.pet_db]\nhost = "a"\nport = "tiger-in-the-wrong-place"\n',
    );
    expect(error.message).not.toContain("tiger");
    expect(JSON.stringify(error.problems)).not.toContain("tiger");
  });
});

describe("help", () => {
  it.each([
    ["valibot", valibotSchema],
    ["zod", zodSchema],
  ])("describes the settings from a schema of %s", async (_library, schema) => {
    const { settings } = await help(classWith(schema));
    expect(settings).toMatchObject([
      {
        name: "host",
        type: "string",
        required: true,
        secret: false,
        description: "Where the pets are.",
        example: "localhost",
      },
      {
        name: "port",
        type: expect.stringMatching(/integer|number/),
        default: 5432,
        required: false,
      },
      { name: "word", secret: true },
    ]);
  });

  it("is text too, for a class and for a connection", async () => {
    const text = String(await help(classWith(valibotSchema)));
    expect(text).toContain('host: string   Where the pets are. (required, such as "localhost")');
    expect(text).toContain("word: string   (secret)");
    const conn = new PetConnection({ config: { password: "tiger" } });
    expect(String(await help(conn))).toContain("pet_db: PetConnection");
    expect(String(await help(conn))).not.toContain("tiger");
    expect((await help(conn)).members).toContainEqual({
      name: "read",
      description: "Reads a pet.",
    });
    expect((await help(conn)).members.map(({ name }) => name)).not.toContain("open");
  });
});

it("the secrets file's JSON Schema is draft 4, and lets every setting be a reference", () => {
  const schema = secretsSchema([classWith(valibotSchema)]);
  expect(schema["$schema"]).toBe("http://json-schema.org/draft-04/schema#");
  expect(schema.properties?.["connections"]?.["additionalProperties"]).toMatchObject({
    anyOf: [
      {
        title: "pets",
        additionalProperties: false,
        properties: {
          type: { enum: ["pets"] },
          host: {
            description: "Where the pets are.",
            anyOf: [{ type: "string" }, { $ref: "#/definitions/reference" }],
          },
        },
      },
    ],
  });
  expect(JSON.stringify(schema)).not.toMatch(/"(const|examples|writeOnly)"/);
});
