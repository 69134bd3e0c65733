import type { DuckDBConnection } from "./connection.ts";

export {
  type Fragment,
  type QueryTag,
  sql,
  type SqlHelpers,
  type SqlQuery,
  type SqlTag,
} from "@conn/core/sql";
export type { DuckDBConfig } from "./config.ts";
export { DuckDBConnection } from "./connection.ts";
export type {
  ExecuteResult,
  QueryOptions,
  Rows,
  SessionOptions,
  StreamOptions,
  TransactionOptions,
} from "./options.ts";
export type { DuckDBSession, SessionQueryOptions } from "./session.ts";

declare module "@conn/core" {
  interface ConnectionTypes {
    duckdb: DuckDBConnection;
  }
}
