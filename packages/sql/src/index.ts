import type { SQLConnection } from "./connection.ts";

export type { SQLConfig } from "./config.ts";
export { SQLConnection } from "./connection.ts";
export type { ExecuteResult, PoolNumbers } from "./engine.ts";
export { type Fragment, sql, type SqlHelpers, type SqlTag } from "./fragment.ts";
export type { QueryOptions, SessionOptions, StreamOptions, TransactionOptions } from "./options.ts";
export type { Params } from "./params.ts";
export type { SQLSession, SessionQueryOptions } from "./session.ts";
export type { QueryTag, SqlQuery } from "./tag.ts";

declare module "@conn/core" {
  interface ConnectionTypes {
    sql: SQLConnection;
  }
}
