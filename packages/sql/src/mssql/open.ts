import { tokenize } from "@conn/core/sql";
import type { SQLConfig } from "../config.ts";
import { mssql as facts } from "../dialect-facts.ts";
import type { EngineContext } from "../dialects.ts";
import { leavesTraces } from "../guard.ts";
import type { ServerEngine } from "../server/engine.ts";
import { openServer } from "../server/open.ts";
import { connect } from "./connect.ts";
import { loadDrivers } from "./driver.ts";
import { mssqlErrors } from "./errors.ts";
import { Pool } from "./pool.ts";
import { connectionSettings } from "./settings.ts";
import { sharedDriver } from "./shared.ts";
import { MssqlWire } from "./wire.ts";

/** Opens a SQL Server database: one pool of tedious's connections, under our calls and under TypeORM. */
export async function openMssql(config: SQLConfig, context: EngineContext): Promise<ServerEngine> {
  const { mssql, tedious } = await loadDrivers(context.name);
  const settings = await connectionSettings(config, context.name);
  const pool = new Pool(() => connect(tedious, settings), config);
  const traces = (text: string): boolean =>
    leavesTraces({ text, tokens: tokenize(text, facts) }, facts);
  return openServer(new MssqlWire(tedious, pool), mssqlErrors, config, context, {
    type: "mssql",
    driver: sharedDriver(mssql, pool, traces),
    ...(config.database === "" ? {} : { database: config.database }),
  });
}
