import type { StandardSchemaV1 } from "@conn/core";
import { toStandardJsonSchema } from "@valibot/to-json-schema";
import * as v from "valibot";
import { dialects } from "./dialects.ts";
import { resolve } from "./resolve.ts";

const secret = v.metadata<string, { readonly writeOnly: true }>({ writeOnly: true });
const text = v.pipe(v.string(), v.minLength(1));

const section = v.strictObject({
  url: v.optional(
    v.pipe(
      text,
      v.description("The whole address in one: dialect, user, password, host, port and database."),
      v.examples(["sqlite:///pets.db"]),
    ),
  ),
  dialect: v.optional(
    v.pipe(
      v.picklist(dialects.flatMap(({ names }) => names)),
      v.description("The kind of database, where `url` does not say it."),
      v.examples(["sqlite"]),
    ),
  ),
  driver: v.optional(
    v.pipe(
      v.unknown(),
      v.description(
        "A vendor's module, handed over in `options.config`: better-sqlite3 for SQLite, oracledb, @sap/hana-client or @google-cloud/spanner. A name, as SQLAlchemy has it, is accepted and not needed.",
      ),
      v.metadata({ examples: ["pymysql"] }),
    ),
  ),
  username: v.optional(v.pipe(text, v.description("The user who logs in."), v.examples(["jerry"]))),
  password: v.optional(
    v.pipe(v.string(), v.description("The user's password."), v.examples(["<password>"]), secret),
  ),
  host: v.optional(
    v.pipe(text, v.description("The server's name or address."), v.examples(["localhost"])),
  ),
  port: v.optional(
    v.pipe(
      v.number(),
      v.integer(),
      v.minValue(1),
      v.maxValue(65_535),
      v.description("The server's port. Default: the engine's own."),
      v.examples([5432]),
    ),
  ),
  database: v.optional(
    v.pipe(
      text,
      v.description("The database's name; for SQLite a file's path, or :memory:."),
      v.examples(["pets.db"]),
    ),
  ),
  query: v.optional(
    v.pipe(
      v.record(v.string(), v.string()),
      v.description("What a url has after its `?`."),
      v.examples([{ mode: "ro" }]),
    ),
  ),
  readOnly: v.optional(
    v.pipe(v.boolean(), v.description("Open the database for reading only."), v.examples([true])),
    false,
  ),
  wal: v.optional(
    v.pipe(
      v.boolean(),
      v.description(
        "SQLite: turn write-ahead logging on with the first write, so that readers and the writer do not wait for each other.",
      ),
      v.examples([false]),
    ),
    true,
  ),
  lockTimeout: v.optional(
    v.pipe(
      v.number(),
      v.minValue(0),
      v.maxValue(2_000_000),
      v.description("Seconds to wait for a database or a session that others hold."),
      v.examples([30]),
    ),
    5,
  ),
  ssl: v.optional(
    v.pipe(
      v.union([
        v.boolean(),
        v.strictObject({
          ca: v.optional(text),
          cert: v.optional(text),
          key: v.optional(v.pipe(text, secret)),
          servername: v.optional(text),
          rejectUnauthorized: v.optional(v.boolean()),
        }),
      ]),
      v.description(
        "Servers: TLS, and its certificates as text or files. Default: on and verified, except towards this machine.",
      ),
      v.metadata({ examples: [{ ca: "/etc/ssl/pets-ca.pem" }] }),
    ),
  ),
  poolSize: v.optional(
    v.pipe(
      v.number(),
      v.integer(),
      v.minValue(1),
      v.maxValue(10_000),
      v.description("Servers: the most connections that are open at once."),
      v.examples([20]),
    ),
    10,
  ),
  idleTimeout: v.optional(
    v.pipe(
      v.number(),
      v.minValue(0.001),
      v.description("Servers: seconds after which a connection that nobody uses is closed."),
      v.examples([300]),
    ),
    60,
  ),
  maxLifetime: v.optional(
    v.pipe(
      v.number(),
      v.minValue(0.001),
      v.description(
        "Servers: seconds after which a connection is replaced once it comes free; a tenth less for some, so that not all go at once.",
      ),
      v.examples([600]),
    ),
    1800,
  ),
  statementTimeout: v.optional(
    v.pipe(
      v.number(),
      v.minValue(0.001),
      v.maxValue(2_000_000),
      v.description(
        "Servers: seconds after which the server itself ends a statement, on MySQL one that only reads; SQL Server has no such limit, and is told to. Default: the server's own.",
      ),
      v.examples([60]),
    ),
  ),
  sessionWarning: v.optional(
    v.pipe(
      v.number(),
      v.minValue(0.001),
      v.description(
        "Seconds after which a session that is still open is warned about, with the place that opened it.",
      ),
      v.examples([60]),
    ),
    300,
  ),
  connectTimeout: v.optional(
    v.pipe(
      v.number(),
      v.minValue(0.001),
      v.maxValue(2_000_000),
      v.description("Servers: seconds that connecting may take, with TLS and login."),
      v.examples([30]),
    ),
    10,
  ),
  entities: v.optional(
    v.pipe(
      v.array(v.unknown()),
      v.description("Entity classes or schemas of TypeORM, handed over in `options.config`."),
    ),
    [],
  ),
  synchronize: v.optional(
    v.pipe(
      v.boolean(),
      v.description(
        "Let TypeORM change the tables to fit the entities. For development: it drops columns.",
      ),
      v.examples([true]),
    ),
    false,
  ),
  typeorm: v.optional(
    v.pipe(
      v.record(v.string(), v.unknown()),
      v.description("More options of TypeORM's DataSource, such as `migrations` or `logging`."),
      v.metadata({ examples: [{ logging: true }] }),
    ),
    {},
  ),
});

export type Section = v.InferOutput<typeof section>;

/** The settings of a SQL connection, checked: the dialect is known, and a SQLite database has its path. */
export interface SQLConfig extends Omit<Section, "dialect" | "database"> {
  /** The first of a dialect's names: `sqlite`, `postgres`, `mysql`, `mssql`, and so on. */
  readonly dialect: string;
  readonly database: string;
  /** SQLite: `mode=rw`, which makes no file. */
  readonly mustExist?: boolean;
}

export type TlsSettings = Exclude<Section["ssl"], boolean | undefined>;

const described = toStandardJsonSchema(section)["~standard"] as StandardSchemaV1<
  unknown,
  Section
>["~standard"];

/** The schema of a section, and what its settings must be to each other. */
export const config: StandardSchemaV1<unknown, SQLConfig> = {
  "~standard": {
    version: 1,
    vendor: "valibot",
    ...(described.jsonSchema && { jsonSchema: described.jsonSchema }),
    async validate(value) {
      const result = await described.validate(value);
      return result.issues ? result : resolve(result.value);
    },
  },
};
