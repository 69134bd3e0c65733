import type { BaseConnection } from "./connection.ts";
import type { ReadOptions } from "./read-options.ts";
import type { Table } from "./table.ts";

/** Values for a statement's placeholders: by position or by name. */
export type Params = readonly unknown[] | Readonly<Record<string, unknown>>;

export interface Queryable {
  query(
    statement: string,
    options?: ReadOptions<Table> & { readonly params?: Params },
  ): Promise<Table>;
}

export interface Streamable {
  stream(
    statement: string,
    options?: {
      readonly params?: Params;
      readonly batchSize?: number;
      readonly signal?: AbortSignal;
    },
  ): AsyncIterable<Table>;
}

export interface Readable {
  read(path: string, options?: ReadOptions): Promise<unknown>;
}

export interface Writable {
  write(path: string, data: unknown, options?: object): Promise<unknown>;
}

export interface Executable {
  execute(statement: string, params?: Params): Promise<{ readonly rowCount: number }>;
}

/** Something a catalogue holds: a schema, a table, a bucket, a worksheet. */
export interface CatalogEntry {
  readonly name: string;
  readonly kind: string;
  /** Names from the root of the catalogue down to this entry. */
  readonly path: readonly string[];
  readonly columns?: readonly CatalogColumn[];
}

export interface CatalogColumn {
  readonly name: string;
  readonly type: string;
  readonly nullable: boolean;
  /** The place in the primary key, from 1 on. Absent where the column is not part of it. */
  readonly primaryKey?: number;
  /** The path of the column that a foreign key refers to. */
  readonly references?: readonly string[];
}

export interface Browsable {
  browse(path?: readonly string[]): Promise<readonly CatalogEntry[]>;
}

/** A capability is a method that a connection has; nothing else declares it. */
export interface Capabilities {
  query: Queryable;
  stream: Streamable;
  read: Readable;
  write: Writable;
  execute: Executable;
  browse: Browsable;
}

/** Whether the connection offers a capability: `if (can(conn, "write")) await conn.write(…)`. */
export function can<K extends keyof Capabilities>(
  connection: BaseConnection,
  capability: K,
): connection is BaseConnection & Capabilities[K] {
  // `in` walks past the hint proxy, which answers misspelt members of plain property access alone.
  return capability in connection && typeof Reflect.get(connection, capability) === "function";
}
