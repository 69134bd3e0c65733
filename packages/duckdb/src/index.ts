import type { DuckDBConnection } from "./connection.ts";

export type { DuckDBConfig } from "./config.ts";
export { DuckDBConnection } from "./connection.ts";
export type { QueryOptions, StreamOptions } from "./connection.ts";

declare module "@conn/core" {
  interface ConnectionTypes {
    duckdb: DuckDBConnection;
  }
}
