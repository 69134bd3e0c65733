import { ConnError } from "@conn/core";
import type { DuckDBInstance } from "@duckdb/node-api";
import type { DuckDBConfig } from "./config.ts";

/** Opens the database, or joins those of this process who have it open with equal settings. */
export async function openInstance(
  { database, token, readOnly, settings }: DuckDBConfig,
  name: string,
): Promise<DuckDBInstance> {
  const cloud = database.startsWith("md:");
  if (cloud && token === undefined && !process.env["motherduck_token"])
    throw new ConnError("CONN_OPEN", `${name} is a MotherDuck database, and has no access token.`, {
      connection: name,
      operation: "open",
      hint: 'Make one in MotherDuck\'s settings, then write: token = { env = "MOTHERDUCK_TOKEN" }',
    });
  const { DuckDBInstance } = await import("@duckdb/node-api");
  const memory = database === ":memory:";
  const options: Record<string, string> = {};
  for (const [setting, value] of Object.entries(settings)) options[setting] = String(value);
  if (token !== undefined) options["motherduck_token"] = token;
  if (readOnly) {
    // A database in memory cannot be opened so; each statement is checked in any case.
    if (!memory) options["access_mode"] = "READ_ONLY";
    // MotherDuck is reached over the network, and guards its databases itself.
    if (!cloud) options["enable_external_access"] = "false";
    options["lock_configuration"] = "true";
  }
  return memory
    ? DuckDBInstance.create(database, options)
    : DuckDBInstance.fromCache(database, options);
}
