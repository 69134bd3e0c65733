import { stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { ConnError } from "@conn/core";
import type { DataSourceOptions } from "typeorm";
import type { SQLConfig } from "../config.ts";
import type { EngineContext } from "../dialects.ts";
import { chooseDriver } from "./choose-driver.ts";
import { SqliteEngine } from "./engine.ts";
import { isolateRunners } from "./runner.ts";
import { TypeormDatabase } from "./typeorm-driver.ts";

/** Opens a SQLite database under a DataSource of TypeORM, with one driver below both. */
export async function openSqlite(config: SQLConfig, context: EngineContext): Promise<SqliteEngine> {
  const { database: path, readOnly, mustExist = false, wal, lockTimeout } = config;
  // A name is SQLAlchemy's way to choose among Python's drivers, and says nothing here.
  const driver = await chooseDriver(
    typeof config.driver === "string" ? undefined : config.driver,
    context.name,
  );
  if (path !== ":memory:") await checkPath(path, readOnly || mustExist, context.name);
  const engine = new SqliteEngine({
    driver,
    path,
    readOnly,
    wal,
    lockSeconds: lockTimeout,
    afterWrite: context.afterWrite,
  });
  const { DataSource } = await import("typeorm");
  const dataSource = new DataSource({
    logging: false,
    ...config.typeorm,
    type: "better-sqlite3",
    database: path,
    synchronize: config.synchronize,
    // A statement that it keeps would keep the columns that its tables had.
    statementCacheSize: 0,
    entities: config.entities as NonNullable<DataSourceOptions["entities"]>,
    driver: class extends TypeormDatabase {
      constructor() {
        super(engine.writer, () => engine.closeWriter());
      }
    },
  });
  engine.dataSource = dataSource;
  isolateRunners(dataSource, engine);
  try {
    await dataSource.initialize();
  } catch (error) {
    await engine.close();
    throw error;
  }
  return engine;
}

/** SQLite says no more than "unable to open database file", and TypeORM makes folders that a typo named. */
async function checkPath(path: string, mustExist: boolean, connection: string): Promise<void> {
  const options = { connection, operation: "open" };
  const file = await stat(path).catch(() => undefined);
  if (file?.isDirectory()) {
    throw new ConnError("CONN_OPEN", `${path} is a folder and not a SQLite database.`, {
      ...options,
      hint: `Name a file in it: sqlite:///${path.replace(/\/*$/, "")}/pets.db`,
    });
  }
  if (file) return;
  const folder = dirname(resolve(path));
  if (!(await stat(folder).catch(() => undefined))?.isDirectory()) {
    throw new ConnError(
      "CONN_OPEN",
      `${connection} could not be opened: the folder ${folder} does not exist.`,
      {
        ...options,
        hint: `Make it: mkdir -p ${JSON.stringify(folder)}, or correct the path. A relative path starts at ${process.cwd()}.`,
      },
    );
  }
  if (mustExist) {
    throw new ConnError(
      "CONN_OPEN",
      `${connection} could not be opened: there is no file ${resolve(path)}.`,
      {
        ...options,
        hint: "Correct the path, or let the database be made: without `readOnly`, `mode=ro` and `mode=rw`.",
      },
    );
  }
}
