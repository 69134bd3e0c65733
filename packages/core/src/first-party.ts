// Generated from the workspace's manifests by scripts/generate.ts.
export const firstParty: Readonly<Record<string, string>> = {
  duckdb: "@conn/duckdb",
  files: "@conn/files",
  hf: "@conn/hf",
  sql: "@conn/sql",
};
