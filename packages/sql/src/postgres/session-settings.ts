/** What libpq keeps for itself of a url's query, and what needs nothing done here, where there is one host. */
const ownToLibpq: ReadonlySet<string> = new Set([
  "channel_binding",
  "gssencmode",
  "gsslib",
  "krbsrvname",
  "keepalives",
  "keepalives_idle",
  "keepalives_interval",
  "keepalives_count",
  "load_balance_hosts",
  "sslcompression",
  "sslsni",
  "target_session_attrs",
]);

/**
 * What a url has after its `?` as libpq's `options`: settings of the session, such as statement_timeout.
 * https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS
 */
export function sessionOptions({
  options = "",
  ...query
}: Readonly<Record<string, string>>): string {
  const settings = Object.entries(query).flatMap(([name, value]) =>
    ownToLibpq.has(name) ? [] : `-c ${name}=${value.replaceAll(/([\\\s])/g, "\\$1")}`,
  );
  return [...(options === "" ? [] : [options]), ...settings].join(" ");
}
