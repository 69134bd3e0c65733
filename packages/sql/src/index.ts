import type { SQLConnection } from "./connection.ts";

export type { SQLConfig } from "./config.ts";
export { SQLConnection } from "./connection.ts";
export type { ExecuteResult, PoolNumbers } from "./engine.ts";
export {
  type Fragment,
  type Params,
  type QueryTag,
  sql,
  type SqlHelpers,
  type SqlQuery,
  type SqlTag,
} from "@conn/core/sql";
export type { QueryOptions, SessionOptions, StreamOptions, TransactionOptions } from "./options.ts";
export type { SQLSession, SessionQueryOptions } from "./session.ts";

declare module "@conn/core" {
  interface ConnectionTypes {
    sql: SQLConnection;
  }
}
