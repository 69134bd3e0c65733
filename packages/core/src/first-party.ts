// Generated from the workspace's manifests by scripts/generate.ts.
export const firstParty: Readonly<Record<string, string>> = {
  sql: "@conn/sql",
};
