/** A file that gives away what it should keep, and where. Never the secret itself. */
export interface Leak {
  readonly path: string;
  readonly line?: number;
  readonly what: string;
}

const names: readonly (readonly [pattern: RegExp, what: string])[] = [
  [/(^|\/)\.env($|\.(?!example$|sample$|template$))/, "environment variables"],
  [/(^|\/)\.conn\//, "conn's secrets"],
  [/(^|\/)\.streamlit\/secrets\.toml$/, "secrets"],
  [/(^|\/)secrets(\.[\w-]+)?\.(toml|ya?ml|json)$/, "secrets"],
  [/(^|\/)connections\.toml$/, "connections with passwords"],
  [/(^|\/)\.(npmrc|yarnrc|netrc|pgpass|git-credentials)$/, "logins"],
  [/(^|\/)id_(rsa|dsa|ecdsa|ed25519)$/, "a private key"],
  [/\.(pem|key|p12|pfx|jks|keystore)$/i, "a key or certificate"],
  [/(^|\/)(service[-_]account|credentials|client_secret)[\w.-]*\.json$/i, "credentials"],
  [/(^|\/)\.(aws|ssh|gnupg)\//, "credentials"],
];

/** Each ends after a bounded number of characters, so that a file is scanned in linear time. */
const contents: readonly (readonly [pattern: RegExp, what: string])[] = [
  [
    /-----BEGIN (?:[A-Z]{2,12} ){0,2}PRIVATE KEY-----(?:\\n|\s){0,4}[A-Za-z0-9+/]{40}/g,
    "a private key",
  ],
  [/\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g, "an AWS access key"],
  [/\bgh[opsru]_[A-Za-z0-9]{36}\b/g, "a GitHub token"],
  [/\bgithub_pat_[A-Za-z0-9_]{60}/g, "a GitHub token"],
  [/\bglpat-[A-Za-z0-9_-]{20}/g, "a GitLab token"],
  [/\bnpm_[A-Za-z0-9]{36}\b/g, "an npm token"],
  [/:_(?:authToken|password|auth)=(?!\$\{)[^\s"'`]{8}/g, "an npm login"],
  [/\bhf_[A-Za-z0-9]{30}/g, "a Hugging Face token"],
  [/\bxox[abprs]-[A-Za-z0-9-]{20}/g, "a Slack token"],
  [/\bAIza[A-Za-z0-9_-]{35}/g, "a Google API key"],
  [/\b[rs]k_live_[A-Za-z0-9]{20}/g, "a Stripe key"],
  [/\bAccountKey=[A-Za-z0-9+/]{40}/g, "an Azure storage key"],
];

/** What a file shows by its name or its content. */
export function leaksOf(path: string, data: Uint8Array): Leak[] {
  const name = names.find(([pattern]) => pattern.test(path));
  if (name) return [{ path, what: name[1] }];
  const text = Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("latin1");
  return contents.flatMap(([pattern, what]) =>
    [...text.matchAll(pattern)].map(({ index }) => ({
      path,
      line: text.slice(0, index).split("\n").length,
      what,
    })),
  );
}
