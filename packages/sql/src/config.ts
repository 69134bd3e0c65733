import type { StandardSchemaV1 } from "@conn/core";
import { toStandardJsonSchema } from "@valibot/to-json-schema";
import * as v from "valibot";
import { type Dialect, dialectOf, dialects } from "./dialects.ts";
import { sqlitePath } from "./sqlite/url.ts";

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
        "SQLite: the module better-sqlite3, handed over in `options.config`. A name, as SQLAlchemy has it, is accepted and not needed.",
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

type Section = v.InferOutput<typeof section>;

/** The settings of a SQL connection, checked: the dialect is known, and a SQLite database has its path. */
export interface SQLConfig extends Omit<Section, "dialect" | "database"> {
  /** `sqlite`, `postgres`, `mysql` or `mssql`. */
  readonly dialect: string;
  readonly database: string;
  /** SQLite: `mode=rw`, which makes no file. */
  readonly mustExist?: boolean;
}

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

type Resolved = ReturnType<StandardSchemaV1<unknown, SQLConfig>["~standard"]["validate"]>;

function resolve(settings: Section): Resolved {
  const { url, dialect: named, database } = settings;
  if (url === undefined && named === undefined && database === undefined) {
    return problem(
      'no database is named. For SQLite, write below the section\'s name: url = "sqlite:///pets.db"',
    );
  }
  const scheme = url === undefined ? undefined : /^([a-z][a-z0-9+]*):/i.exec(url)?.[1];
  if (url !== undefined && scheme === undefined)
    return problem('not a url: write for example "sqlite:///pets.db"', "url");
  const server = (["host", "port", "username", "password"] as const).find(
    (key) => settings[key] !== undefined,
  );
  if (url === undefined && named === undefined && server !== undefined)
    return problem(
      `\`${server}\` is set, but not which kind of database it is for: add dialect = "postgresql", "mysql" or "mssql"`,
      server,
    );
  const dialect = dialectOf(scheme ?? named ?? "sqlite");
  if (!dialect)
    return problem(
      `no dialect has this scheme; there are ${dialects.map(({ names }) => names[0]).join(", ")}`,
      "url",
    );
  if (named !== undefined && dialectOf(named) !== dialect)
    return problem("`dialect` and `url` name different kinds of database", "dialect");
  if (url !== undefined) {
    const twice = (["username", "password", "host", "port", "database"] as const).filter(
      (key) => settings[key] !== undefined,
    );
    if (twice.length > 0)
      return problem(
        `${twice.map((key) => `\`${key}\``).join(", ")} and \`url\` are both set; keep one`,
        twice[0],
      );
  }
  return dialect.names[0] === "sqlite"
    ? resolveSqlite(settings, dialect)
    : { value: { ...settings, dialect: dialect.names[0], database: database ?? "" } };
}

function resolveSqlite(settings: Section, dialect: Dialect): Resolved {
  const foreign = (["username", "password", "host", "port"] as const).filter(
    (key) => settings[key] !== undefined,
  );
  if (foreign.length > 0)
    return problem(`SQLite has no ${foreign.join(", ")}; its database is a file`, foreign[0]);
  const located = settings.url === undefined ? undefined : sqlitePath(settings.url);
  if (settings.url !== undefined && !located)
    return problem(
      'not a SQLite url: "sqlite:///pets.db" is a relative path, "sqlite:////var/pets.db" an absolute one',
      "url",
    );
  const database = located?.path ?? settings.database;
  if (database === undefined)
    return problem(
      '`database` is missing: a file\'s path, such as "pets.db", or ":memory:"',
      "database",
    );
  const query = {
    ...Object.fromEntries(located?.query ?? new URLSearchParams()),
    ...settings.query,
  };
  const unknown = Object.keys(query).find((key) => key !== "mode");
  if (unknown !== undefined)
    return problem(
      `SQLite has no option ${JSON.stringify(unknown.slice(0, 40))} here; there is mode=ro, mode=rw, mode=rwc and mode=memory`,
      settings.url === undefined ? "query" : "url",
    );
  const { mode = "rwc" } = query;
  if (!["ro", "rw", "rwc", "memory"].includes(mode))
    return problem("`mode` is ro, rw, rwc or memory", settings.url === undefined ? "query" : "url");
  return {
    value: {
      ...settings,
      dialect: dialect.names[0],
      database: mode === "memory" ? ":memory:" : database,
      readOnly: settings.readOnly || mode === "ro",
      mustExist: mode === "rw",
    },
  };
}

function problem(message: string, key?: keyof Section): Resolved {
  return { issues: [{ message, ...(key === undefined ? {} : { path: [key] }) }] };
}
