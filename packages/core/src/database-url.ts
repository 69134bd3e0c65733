import { ConnError } from "./errors.ts";
import { decodePercent, splitAuthority } from "./redact/url-password.ts";

/** A database URL in its parts, decoded. */
export interface DatabaseUrl {
  /** The kind of database: `postgres`, `mysql`, `mariadb`, `mssql`, `sqlite`, or what the URL calls it. */
  readonly type: string;
  /** What stands behind the `+`, such as `pymysql`. */
  readonly driver?: string;
  /** A name, an address without brackets, or the directory of a unix socket. */
  readonly host?: string;
  readonly port?: number;
  readonly username?: string;
  readonly password?: string;
  /** For databases in a file: its path, or `:memory:`. */
  readonly database?: string;
  readonly query: Readonly<Record<string, string>>;
}

/** Other names of the same kinds; the second part is the driver that the name implies. */
const aliases: Readonly<Record<string, readonly [type: string, driver?: string]>> = {
  postgresql: ["postgres"],
  psql: ["postgres"],
  pgsql: ["postgres"],
  mysqldb: ["mysql", "mysqldb"],
  mysql2: ["mysql"],
  sqlite3: ["sqlite"],
  sqlserver: ["mssql"],
};

const inFiles = new Set(["sqlite", "duckdb"]);

/**
 * Takes a database URL apart, as SQLAlchemy and the databases' own tools write it:
 * `mysql+pymysql://user:password@host:3306/database?charset=utf8`. A password may hold any character,
 * as it is or percent-encoded; what is no valid encoding stays as it is.
 *
 * @throws CONN_CONFIG for what is no such URL; the message shows no part of it that may be secret.
 */
export function parseDatabaseUrl(url: string): DatabaseUrl {
  const match = /^([a-z][\w-]*)(?:\+([\w.-]+))?:\/\//i.exec(url.trimStart());
  if (!match) throw invalid("It does not begin with a kind of database and `://`");
  const [start, scheme = "", driverName] = match;
  const [type, implied] = Object.hasOwn(aliases, scheme.toLowerCase())
    ? aliases[scheme.toLowerCase()]!
    : [scheme.toLowerCase()];
  const driver = driverName ?? implied;
  const text = url.trim().slice(start.length);
  const kind = { type, ...(driver === undefined ? {} : { driver }) };
  return { ...kind, ...(inFiles.has(type) ? fileParts(text, type) : serverParts(text)) };
}

function fileParts(text: string, type: string): Omit<DatabaseUrl, "type"> {
  const [path, query] = splitQuery(text);
  if (path !== "" && !path.startsWith("/")) {
    const rest = "Two slashes are followed by a host, which a file has not";
    throw invalid(
      rest,
      `Write ${type}:///pets.db for a file below the working directory, ${type}:////data/pets.db for any other.`,
    );
  }
  // As it stands: a percent sign is a fine character in a file's name.
  return { database: path.length > 1 ? path.slice(1) : ":memory:", query };
}

function serverParts(text: string): Omit<DatabaseUrl, "type"> {
  const { username, password, address, rest } = splitAuthority(text);
  const [path, { host: socket, ...query }] = splitQuery(rest);
  const [host, port] = splitAddress(address);
  const database = decodePercent(path.slice(1));
  // PostgreSQL's way to name a unix socket: no host, but one in the query.
  const server = host === "" ? socket : host;
  const kept = socket === undefined || server === socket ? query : { ...query, host: socket };
  return {
    ...(server === undefined || server === "" ? {} : { host: server }),
    ...(port === undefined ? {} : { port }),
    ...(username === undefined || username === "" ? {} : { username: decodePercent(username) }),
    ...(password === undefined ? {} : { password: decodePercent(password) }),
    ...(database === "" ? {} : { database }),
    query: Object.assign(Object.create(null) as Record<string, string>, kept),
  };
}

function splitAddress(address: string): [host: string, port?: number] {
  const [, bracketed, plain = "", digits] =
    /^(?:\[([^\]]*)\]|([^:]*))(?::(.*))?$/s.exec(address) ?? [];
  if (bracketed === undefined && plain === "" && address !== "" && !address.startsWith(":"))
    throw invalid("Its host cannot be read");
  if (address.includes(",")) throw invalid("It names several hosts, of which only one can be used");
  // A zone follows a percent sign, which is `%25` where it is encoded.
  const host = decodePercent(bracketed ?? plain);
  if (digits === undefined || digits === "") return [host];
  const port = /^\d{1,5}$/.test(digits) ? Number(digits) : 0;
  if (port < 1 || port > 65_535) {
    throw invalid(
      "Its port is no whole number from 1 to 65535",
      "Where the password holds a `:` or `@`, encode it: %3A or %40.",
    );
  }
  return [host, port];
}

function splitQuery(text: string): [path: string, query: Record<string, string>] {
  const start = text.indexOf("?");
  const query = Object.create(null) as Record<string, string>;
  if (start < 0) return [text, query];
  for (const pair of text.slice(start + 1).split("&")) {
    if (pair === "") continue;
    const equals = pair.indexOf("=");
    const [name, value] = equals < 0 ? [pair, ""] : [pair.slice(0, equals), pair.slice(equals + 1)];
    query[decodePercent(name.replaceAll("+", " "))] = decodePercent(value.replaceAll("+", " "));
  }
  return [text.slice(0, start), query];
}

function invalid(
  what: string,
  hint = "Write it like mysql://user:password@host:3306/database",
): ConnError {
  return new ConnError("CONN_CONFIG", `The database URL cannot be used. ${what}.`, { hint });
}
