/**
 * The file of a SQLite url, or `:memory:`. Three slashes come before a relative path and four before an
 * absolute one, as in SQLAlchemy: `sqlite:///pets.db`, `sqlite:////var/lib/pets.db`,
 * `sqlite:///C:/pets.db`; `sqlite://` and `sqlite::memory:` are in memory.
 *
 * @returns undefined for a url that names a host, or whose escapes are broken.
 */
export function sqlitePath(
  url: string,
): { readonly path: string; readonly query: URLSearchParams } | undefined {
  const parts = /^[a-z][a-z0-9+]*:(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?$/is.exec(url);
  if (!parts) return undefined;
  const [, host, rest = "", query = ""] = parts;
  if (host && host !== ":memory:" && host !== "localhost") return undefined;
  const text = host === undefined ? rest : rest.slice(1);
  try {
    const path = decodeURIComponent(text);
    if (path.includes("\0")) return undefined;
    return {
      path: path === "" || host === ":memory:" ? ":memory:" : path,
      query: new URLSearchParams(query),
    };
  } catch {
    return undefined;
  }
}
