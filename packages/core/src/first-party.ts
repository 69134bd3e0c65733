// Generated from the workspace's manifests by `pnpm generate`; a test keeps it true.
export const firstParty: Readonly<Record<string, string>> = {
  sql: "@conn/sql",
};
