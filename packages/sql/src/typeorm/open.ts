import { importOptional } from "@conn/core/toolkit";
import type { DataSource, DataSourceOptions } from "typeorm";
import type { SQLConfig } from "../config.ts";
import type { DialectFacts } from "../dialect-facts.ts";
import type { EngineContext } from "../dialects.ts";
import { watchRunners } from "../server/runner.ts";
import { TypeormEngine } from "./engine.ts";
import type { TypeormKind } from "./kinds.ts";

/** Opens a database through TypeORM's own driver, with the vendor's module handed over to it. */
export async function openTypeorm(
  kind: TypeormKind,
  facts: DialectFacts,
  config: SQLConfig,
  { name, afterWrite }: EngineContext,
): Promise<TypeormEngine> {
  const { packageName, needed } = kind;
  const options = await kind.options(config, name);
  const driver =
    typeof config.driver === "object" && config.driver !== null
      ? config.driver
      : await importOptional(
          async () => {
            const module = (await import(packageName)) as { readonly default?: unknown };
            return module.default ?? module;
          },
          { packageName, needed, connection: name },
        );
  const { DataSource: Source } = await import("typeorm");
  const dataSource: DataSource = new Source({
    logging: false,
    ...config.typeorm,
    ...options,
    driver,
    synchronize: config.synchronize,
    entities: config.entities,
  } as unknown as DataSourceOptions);
  watchRunners(dataSource, { facts, afterWrite, clean: async () => {} });
  await dataSource.initialize();
  return new TypeormEngine(dataSource, facts, kind, afterWrite);
}
