import type { ConnError, StandardSchemaV1 } from "@conn/core";
import { type DatabaseUrl, parseDatabaseUrl } from "@conn/core/toolkit";
import type { Section, SQLConfig } from "./config.ts";
import { type Dialect, dialectOf, dialects } from "./dialects.ts";
import { sqlitePath } from "./sqlite/url.ts";
import { readUrlQuery } from "./url-query.ts";

type Resolved = ReturnType<StandardSchemaV1<unknown, SQLConfig>["~standard"]["validate"]>;

/** What the settings of a section must be to each other, and what they come to. */
export function resolve(settings: Section): Resolved {
  const { url, dialect: named, database } = settings;
  if (url === undefined && named === undefined && database === undefined) {
    return problem(
      'no database is named. For SQLite, write below the section\'s name: url = "sqlite:///pets.db"',
    );
  }
  const scheme = url === undefined ? undefined : /^([a-z][\w+.-]*):/i.exec(url)?.[1];
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
  return dialect.names[0] === "sqlite"
    ? resolveSqlite(settings, dialect)
    : resolveServer(settings, dialect);
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
  if (located && settings.database !== undefined) return setTwice(["database"]);
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

function resolveServer(settings: Section, dialect: Dialect): Resolved {
  const located = locate(settings.url);
  if ("problem" in located) return problem(located.problem, "url");
  const twice = (["username", "password", "host", "port", "database"] as const).filter(
    (key) => settings[key] !== undefined && located[key] !== undefined,
  );
  if (twice.length > 0) return setTwice(twice);
  const query = readUrlQuery({ ...located.query, ...settings.query });
  if (query === "unknown")
    return problem(
      "`sslmode` is disable, no-verify, prefer, require, verify-ca or verify-full",
      settings.url === undefined ? "query" : "url",
    );
  const { rest, ssl, ...named } = query;
  const { host, port, username, password, database = "" } = { ...settings, ...located, ...named };
  return {
    value: {
      ...settings,
      ...named,
      dialect: dialect.names[0],
      database,
      query: rest,
      ...(host === undefined ? {} : { host }),
      ...(port === undefined ? {} : { port }),
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password }),
      ...(ssl === undefined || settings.ssl !== undefined ? {} : { ssl }),
    },
  };
}

function setTwice(keys: readonly (keyof Section)[]): Resolved {
  const names = keys.map((key) => `\`${key}\``).join(", ");
  return problem(`${names} stands in \`url\` and beside it; keep one`, keys[0]);
}

function locate(url: string | undefined): Partial<DatabaseUrl> | { readonly problem: string } {
  if (url === undefined) return {};
  try {
    return parseDatabaseUrl(url);
  } catch (error) {
    const { message, hint = "" } = error as ConnError;
    return { problem: `${message} ${hint}` };
  }
}

function problem(message: string, key?: keyof Section): Resolved {
  return { issues: [{ message, ...(key === undefined ? {} : { path: [key] }) }] };
}
