import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { SQLConnection } from "../src/index.ts";
import { loadNodeSqlite } from "../src/sqlite/choose-driver.ts";

/** The seed of a run's random tests; printed by what fails. */
export const seed: number = Number(process.env["CONN_SEED"] ?? Math.trunc(Math.random() * 2 ** 31));

export interface DriverCase {
  readonly name: string;
  /** What goes into the settings; undefined takes Node's own. */
  readonly driver: unknown;
}

/** Every driver that this Node version can load. */
export function drivers(): DriverCase[] {
  const require = createRequire(import.meta.url);
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const own = major > 22 || (major === 22 && minor >= 16);
  return [
    ...(own ? [{ name: "node:sqlite", driver: undefined }] : []),
    { name: "@photostructure/sqlite", driver: require("@photostructure/sqlite") },
    // better-sqlite3 13 asks for Node 22.
    ...(major >= 22 ? [{ name: "better-sqlite3", driver: require("better-sqlite3") }] : []),
  ];
}

/**
 * Another program's handle on a file, through the SQLite that a connection uses by default: two
 * copies of SQLite in one process would not see each other's locks.
 */
export function openBeside(path: string): DatabaseSync {
  const require = createRequire(import.meta.url);
  const { DatabaseSync } = (loadNodeSqlite() ?? require("@photostructure/sqlite")) as Driver;
  return new DatabaseSync(path);
}

type Driver = typeof import("@photostructure/sqlite");
type DatabaseSync = InstanceType<Driver["DatabaseSync"]>;

export async function configOf(settings: object): Promise<never> {
  const result = await SQLConnection.config["~standard"].validate(settings);
  if (result.issues) throw new Error(result.issues.map(({ message }) => message).join("; "));
  return result.value as never;
}

/** A connection that is closed when the test ends. */
export async function connect(settings: object = { url: "sqlite://" }): Promise<SQLConnection> {
  const conn = new SQLConnection({ name: "pet_db", config: await configOf(settings) });
  onTestFinished(() => conn.close());
  return conn;
}

/** The path of a file in a folder that is removed when the test ends. */
export async function temporaryFile(name = "pets.db"): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "conn-sql-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return join(folder, name);
}

/** The error that a promise rejects with. */
export async function failure(
  promise: PromiseLike<unknown>,
): Promise<Error & { code: string; hint?: string }> {
  try {
    await promise;
  } catch (error) {
    return error as Error & { code: string };
  }
  throw new Error("It was expected to fail.");
}
