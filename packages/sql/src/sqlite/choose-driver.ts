import { ConnError } from "@conn/core";
import { installCommand } from "@conn/core/toolkit";
import { betterDriver, type BetterSqlite } from "./better-driver.ts";
import type { SqliteDriver } from "./driver.ts";
import { nodeDriver, type NodeSqlite } from "./node-driver.ts";

/**
 * The driver that the user handed over; else Node's own, which needs nothing installed; else, on Node
 * versions whose own cannot tell the names and types of columns, the package with the same interface.
 *
 * @throws CONN_PACKAGE_MISSING, CONN_CONFIG.
 */
export async function chooseDriver(given: unknown, connection: string): Promise<SqliteDriver> {
  if (given !== undefined) return adopt(given, connection);
  const own = loadNodeSqlite();
  if (own) return nodeDriver("node:sqlite", own);
  // A name in a variable, so that bundlers leave the optional package out.
  const name = "@photostructure/sqlite";
  try {
    return nodeDriver(name, (await import(name)) as NodeSqlite);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ERR_MODULE_NOT_FOUND") throw error;
    throw new ConnError(
      "CONN_PACKAGE_MISSING",
      `SQLite on Node ${process.versions.node} needs the package ${name}, which is not installed: Node has a complete SQLite of its own from 22.16 on.`,
      {
        connection,
        operation: "open",
        hint: `Run: ${await installCommand([`${name}@1.2.1`])}   (prebuilt, no compiler needed), or move to Node 22.16 or later.`,
      },
    );
  }
}

/** Node's own SQLite, where it is complete. No warning of it reaches the terminal; every other one does. */
export function loadNodeSqlite(): NodeSqlite | undefined {
  const emitWarning = process.emitWarning;
  // Synchronous from here to `finally`, so that nobody else's warning meets the filter.
  process.emitWarning = function (this: unknown, ...args: unknown[]): void {
    const [warning, kind] = args;
    const type =
      typeof kind === "object" && kind !== null ? (kind as { type?: unknown }).type : kind;
    if (type === "ExperimentalWarning" && String(warning).includes("SQLite")) return;
    Reflect.apply(emitWarning, process, args);
  };
  try {
    const sqlite = process.getBuiltinModule("node:sqlite") as unknown as
      | (NodeSqlite & { readonly StatementSync: { readonly prototype: object } })
      | undefined;
    return sqlite &&
      "columns" in sqlite.StatementSync.prototype &&
      "setReturnArrays" in sqlite.StatementSync.prototype
      ? sqlite
      : undefined;
  } finally {
    process.emitWarning = emitWarning;
  }
}

function adopt(given: unknown, connection: string): SqliteDriver {
  if (typeof given === "object" && given !== null && "DatabaseSync" in given)
    return nodeDriver("@photostructure/sqlite", given as NodeSqlite);
  const candidate =
    typeof given === "object" && given !== null && "default" in given ? given.default : given;
  if (typeof candidate === "function" && "SqliteError" in candidate)
    return betterDriver(candidate as unknown as BetterSqlite);
  throw new ConnError("CONN_CONFIG", "`driver` is not a SQLite driver that this package knows.", {
    connection,
    hint: 'Hand over the module: import Database from "better-sqlite3"; connection(name, { type: "sql", config: { driver: Database } }).',
  });
}
