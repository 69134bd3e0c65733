import { decodePercent, splitAuthority } from "./url-password.ts";

/**
 * The secret parts of a setting that is no secret as a whole: the password and the tokens of a URL or
 * of a connection string, as they stand there and decoded.
 */
export function secretsOf(value: string): string[] {
  const parts: string[] = [];
  const scheme = /^[a-z][\w+.-]*:\/\//i.exec(value)?.[0];
  if (scheme) {
    const { password } = splitAuthority(value.slice(scheme.length));
    if (password) parts.push(password);
  }
  for (const { groups } of value.matchAll(secretParameter)) {
    const part = groups?.["quoted"] ?? groups?.["plain"] ?? "";
    parts.push(part, part.replaceAll("+", " "));
    // A connection string's value may hold blanks and ends at the semicolon; a URL's and libpq's may not.
    if (/\s/.test(part)) parts.push(part.split(/\s/)[0]!);
  }
  return [...new Set(parts.flatMap((part) => [part, decodePercent(part)]))].filter(
    (part) => part !== "",
  );
}

const secretParameter =
  /(?<=^|[;&?\s])(?:[\w-]*(?:password|passwd|passphrase|secret|token|signature)|pwd|sig|(?:account|access|api|sharedaccess|private)[_ ]?key|accesskeysecret)\s*=\s*(?:["'{](?<quoted>[^"'}]+)["'}]|(?<plain>[^;&"']+))/gi;
