// By this name bundles have it in a line of their own, for TypeORM.
import * as modules from "node:module";
import { ConnError } from "@conn/core";
import { importOptional } from "@conn/core/toolkit";
import { installExactValues } from "./exact.ts";

/** A column as tedious describes it. */
export interface ColumnMetadata {
  readonly colName: string;
  readonly type: { readonly name: string };
  /** In bytes, where the type's name leaves it open. */
  readonly dataLength?: number;
  readonly precision?: number;
  readonly scale?: number;
}

/** What is used of one of tedious's requests. */
export interface Request {
  addParameter(name: string, type: unknown, value: unknown): void;
  on(event: "columnMetadata", listener: (columns: readonly ColumnMetadata[]) => void): this;
  on(event: "row", listener: (cells: readonly { readonly value: unknown }[]) => void): this;
  on(event: "done" | "doneInProc", listener: (rowCount: number | undefined) => void): this;
  pause(): void;
  resume(): void;
}

/** What is used of one of tedious's connections. */
export interface Connection {
  on(event: "error", listener: (error: Error) => void): this;
  on(event: "errorMessage", listener: (token: ServerMessage) => void): this;
  off(event: "errorMessage", listener: (token: ServerMessage) => void): this;
  connect(done: (error?: Error) => void): void;
  execSql(request: Request): void;
  execSqlBatch(request: Request): void;
  beginTransaction(done: (error?: Error | null) => void, name: string, isolation: number): void;
  commitTransaction(done: (error?: Error | null) => void): void;
  rollbackTransaction(done: (error?: Error | null) => void): void;
  cancel(): boolean;
  /** Forgets what the session left behind. */
  reset(done: (error?: Error | null) => void): void;
  close(): void;
}

export interface ServerMessage {
  readonly number: number;
  readonly message: string;
  readonly class: number;
}

/** The parts of a connection that tedious's own types leave out. */
export interface InnerConnection {
  readonly closed: boolean;
  readonly inTransaction: boolean;
  readonly socket?: { ref(): void; unref(): void; destroy(): void };
  readonly messageIo?: { readonly tlsNegotiationComplete: boolean };
  readonly config: { readonly options: Record<symbol, unknown> };
  sendLogin7Packet?: () => void;
}

export interface Tedious {
  readonly Connection: new (config: object) => Connection;
  readonly Request: new (text: string, done: (error?: Error | null) => void) => Request;
  readonly TYPES: Readonly<Record<string, unknown>>;
  readonly ISOLATION_LEVEL: Readonly<Record<string, number>>;
}

/** What is used of the module `mssql`, which TypeORM is made for. */
export interface Mssql {
  readonly Request: new (parent: unknown) => { query(text: string, ...rest: unknown[]): unknown };
  readonly Transaction: new (parent: unknown) => object;
}

export interface Drivers {
  readonly mssql: Mssql;
  readonly tedious: Tedious;
}

/**
 * mssql, and the tedious that it brings: connections of another copy would not fit its requests.
 *
 * @throws CONN_PACKAGE_MISSING, CONN_UNSUPPORTED for a release of tedious that does not run here.
 */
export async function loadDrivers(connection: string): Promise<Drivers> {
  const name = "mssql";
  const mssql = await importOptional(
    async () => ((await import(name)) as { default: Mssql }).default,
    { packageName: name, needed: "A SQL Server database", connection },
  );
  const load = modules.createRequire(modules.createRequire(import.meta.url).resolve(name));
  const { version } = load("tedious/package.json") as { readonly version: string };
  const unsupported = (why: string, hint: string): ConnError =>
    new ConnError(
      "CONN_UNSUPPORTED",
      `${connection} cannot be opened: tedious ${version} ${why}.`,
      {
        connection,
        operation: "open",
        hint,
      },
    );
  if (needsNewerNode(version))
    throw unsupported("asks for Node 22", "Install the release before it: npm install tedious@19");
  if (!installExactValues(load))
    throw unsupported("is not known here", "Install one that is: npm install tedious@20");
  return { mssql, tedious: load("tedious") as Tedious };
}

/** It fails only when it connects, and then without a word of the reason. */
export function needsNewerNode(version: string, node: string = process.versions.node): boolean {
  return Number.parseInt(version, 10) >= 20 && Number.parseInt(node, 10) < 22;
}

export function innerOf(connection: Connection): InnerConnection {
  return connection as unknown as InnerConnection;
}
