/** The text of a database URL between `://` and the path, as far as it can be told apart. */
export interface Authority {
  readonly username: string | undefined;
  readonly password: string | undefined;
  /** Host and port. */
  readonly address: string;
  /** What follows the address: path and query. */
  readonly rest: string;
}

/**
 * Splits what follows `://`. A password may hold any character as it is, `@ : / # % ?` and blanks
 * included: the last `@` with a host behind it ends it, except where a query has begun before.
 */
export function splitAuthority(text: string): Authority {
  const firstAt = text.indexOf("@");
  const plain = plainAddress.exec(text)?.[0];
  // Without a user, an `@` can only belong to the query.
  if (plain !== undefined && (firstAt < 0 || isBefore(text.search(namedParameter), firstAt))) {
    return {
      username: undefined,
      password: undefined,
      address: plain,
      rest: text.slice(plain.length),
    };
  }
  const { at, address } = lastAddress(text, firstAt);
  if (at < 0)
    return { username: undefined, password: undefined, address, rest: text.slice(address.length) };
  const colon = text.indexOf(":");
  const hasPassword = isBefore(colon, at);
  return {
    username: text.slice(0, hasPassword ? colon : at),
    password: hasPassword ? text.slice(colon + 1, at) : undefined,
    address,
    rest: text.slice(at + 1 + address.length),
  };
}

const plainAddress = /^(?:\[[^\]]*\]|[^\s:/?#@[\]]*)(?::\d*)?(?=[/?]|$)/;
const namedParameter = /\?[\w.-]+=/;

/** The last `@` that an address follows, before any query; -1 with the text up to the path where there is none. */
function lastAddress(text: string, firstAt: number): { at: number; address: string } {
  const separator = text.search(/[/?#]/);
  const colon = text.indexOf(":");
  const pattern = /(?:\[[^\]@]*\]|[^\s:/?#@[\]]*)(?::[^/?#@[\]]*)?(?=[/?]|$)/y;
  let found = { at: -1, address: /^[^/?]*/.exec(text)![0] };
  let query = Infinity;
  for (let at = firstAt; at >= 0 && at < query; at = text.indexOf("@", at + 1)) {
    // A user's name alone holds no separators; only a password may.
    if (!isBefore(colon, at) && isBefore(separator, at)) break;
    pattern.lastIndex = at + 1;
    const address = pattern.exec(text)?.[0];
    if (address === undefined) continue;
    if (found.at < 0) {
      const start = text.slice(at).search(namedParameter);
      if (start >= 0) query = at + start;
    }
    found = { at, address };
  }
  return found;
}

function isBefore(index: number, other: number): boolean {
  return index >= 0 && index < other;
}

/** Decodes each percent-encoded run that is valid UTF-8, and keeps everything else as it stands. */
export function decodePercent(text: string): string {
  return text.replace(/(?:%[\dA-Fa-f]{2})+/g, (run) => {
    try {
      return decodeURIComponent(run);
    } catch {
      return run;
    }
  });
}
