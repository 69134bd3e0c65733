import type { StandardSchemaV1 } from "./standard-schema.ts";
import type { BaseConnection } from "./connection.ts";

/** What core hands to a connection's constructor; a test may build one by hand. */
export interface ConnectionInit<Config extends object = object> {
  readonly name: string;
  readonly config: Config;
  /** Keeps instances and cached results of users or tenants apart. */
  readonly scope?: unknown;
}

/** What a class must offer besides its instances. Statics cannot see a class's type parameters. */
export interface ConnectionClass<
  // eslint-disable-next-line typescript/no-explicit-any -- a class of any client and configuration
  C extends BaseConnection<any, any> = BaseConnection<any, any>,
  // eslint-disable-next-line typescript/no-explicit-any
  Config extends object = any,
> {
  new (init: ConnectionInit<Config>): C;
  /** The type's name, such as "duckdb": lower case letters, digits, `-` and `_`. */
  readonly type: string;
  /** The settings: any Standard Schema. One that also gives a JSON Schema gets help and completion. */
  readonly config: StandardSchemaV1<unknown, Config>;
  /** A sentence per member, for `help()`. */
  readonly members?: Readonly<Record<string, string>>;
}

/** Plugins add their types: `interface ConnectionTypes { duckdb: DuckDBConnection }`. */
// oxlint-disable-next-line typescript/no-empty-object-type -- augmented by plugins
export interface ConnectionTypes {}

/** Applications add their connections: `interface Connections { pet_db: SQLConnection }`. */
// oxlint-disable-next-line typescript/no-empty-object-type -- augmented by applications
export interface Connections {}
