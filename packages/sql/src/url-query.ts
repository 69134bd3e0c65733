import type { Section } from "./config.ts";

/** What a url's query has that other settings are for. */
export interface UrlQuery {
  readonly ssl?: NonNullable<Section["ssl"]>;
  /** Seconds. */
  readonly connectTimeout?: number;
  /** The file of a unix socket, whatever host stands before it. */
  readonly host?: string;
  /** What is the driver's business. */
  readonly rest: Readonly<Record<string, string>>;
}

/** The names that urls give them: those of libpq, of MySQL's tools and of Python's drivers. */
const meanings = {
  sslmode: "mode",
  "ssl-mode": "mode",
  sslrootcert: "ca",
  "ssl-ca": "ca",
  ssl_ca: "ca",
  sslcert: "cert",
  "ssl-cert": "cert",
  ssl_cert: "cert",
  sslkey: "key",
  "ssl-key": "key",
  ssl_key: "key",
  connect_timeout: "seconds",
  unix_socket: "host",
} as const;

type Meaning = (typeof meanings)[keyof typeof meanings];

/** Takes apart what a url says behind its `?`; "unknown" where it names no mode of TLS. */
export function readUrlQuery(query: Readonly<Record<string, string>>): UrlQuery | "unknown" {
  const found: Partial<Record<Meaning, string>> = {};
  const rest: Record<string, string> = {};
  for (const [name, value] of Object.entries(query)) {
    if (Object.hasOwn(meanings, name)) found[meanings[name as keyof typeof meanings]] = value;
    else rest[name] = value;
  }
  const { mode, ca, cert, key, seconds, host } = found;
  const ssl = tlsOf(mode, {
    // libpq's word for the authorities that Node has by itself.
    ...(ca === undefined || ca === "system" ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  });
  if (ssl === "unknown") return ssl;
  return {
    rest,
    ...(ssl === undefined ? {} : { ssl }),
    ...(Number(seconds) > 0 ? { connectTimeout: Number(seconds) } : {}),
    ...(host === undefined ? {} : { host }),
  };
}

/**
 * https://www.postgresql.org/docs/current/libpq-ssl.html#LIBPQ-SSL-SSLMODE-STATEMENTS and
 * https://dev.mysql.com/doc/refman/8.4/en/connection-options.html#option_general_ssl-mode
 */
function tlsOf(
  mode: string | undefined,
  files: Exclude<Section["ssl"], boolean | undefined>,
): Section["ssl"] | "unknown" {
  const given = Object.keys(files).length > 0;
  switch (mode?.toLowerCase().replace("_", "-")) {
    // Where a tool would fall back to plaintext, nothing is decided here, and TLS is not given up.
    case undefined:
    case "allow":
    case "prefer":
    case "preferred":
      return given ? files : undefined;
    case "disable":
    case "disabled":
      return false;
    case "no-verify":
      return { ...files, rejectUnauthorized: false };
    // Verified too, unlike theirs: a password must not go to whoever stands in between.
    case "require":
    case "required":
    case "verify-ca":
    case "verify-full":
    case "verify-identity":
      return given ? files : true;
    default:
      return "unknown";
  }
}
