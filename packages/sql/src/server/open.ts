import type { DataSource, DataSourceOptions } from "typeorm";
import type { SQLConfig } from "../config.ts";
import type { DialectErrors } from "../dialect-errors.ts";
import type { EngineContext } from "../dialects.ts";
import { ServerEngine } from "./engine.ts";
import { watchRunners } from "./runner.ts";
import { explainTls } from "./tls.ts";
import type { Wire } from "./wire.ts";

/** An engine over an open wire, with TypeORM's DataSource on the same pool. */
export async function openServer(
  wire: Wire,
  errors: DialectErrors,
  config: SQLConfig,
  { name, afterWrite }: EngineContext,
  options: Pick<DataSourceOptions & object, "type"> & Record<string, unknown>,
): Promise<ServerEngine> {
  const { DataSource: Source } = await import("typeorm");
  const dataSource: DataSource = new Source({
    logging: false,
    ...config.typeorm,
    ...options,
    synchronize: config.synchronize,
    entities: config.entities,
  } as DataSourceOptions);
  watchRunners(dataSource, {
    facts: wire.facts,
    afterWrite,
    clean: (client) => wire.clean(client).catch(() => wire.destroy(client)),
  });
  try {
    await dataSource.initialize();
  } catch (error) {
    await wire.close();
    throw explainTls(error, name);
  }
  return new ServerEngine({
    wire,
    errors,
    dataSource,
    poolSize: config.poolSize,
    connectSeconds: config.connectTimeout,
    maxLifetime: config.maxLifetime,
    lockSeconds: config.lockTimeout,
    afterWrite,
  });
}

/** Who logs in, and where to, by the names that the drivers share; what is not set is left to them. */
export function loginOf({ port, username, password, database }: SQLConfig): {
  readonly port?: number;
  readonly user?: string;
  readonly password?: string;
  readonly database?: string;
} {
  return {
    ...(port === undefined ? {} : { port }),
    ...(username === undefined ? {} : { user: username }),
    ...(password === undefined ? {} : { password }),
    ...(database === "" ? {} : { database }),
  };
}
