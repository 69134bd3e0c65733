/** What connections to SQL sources share: placeholders, templates and their values, and words about sessions. `@conn/core/sql`. */
export type { Params } from "./capabilities.ts";
export { callerOf, warnOfSession } from "./sql/calls.ts";
export type { SqlDialect } from "./sql/dialect.ts";
export { type Fragment, sql, type SqlHelpers, type SqlTag } from "./sql/fragment.ts";
export { compile, quoteIdentifier, type Source, type Statement } from "./sql/params.ts";
export { type QueryTag, queryTag, type SqlQuery } from "./sql/tag.ts";
export { type Token, tokenize } from "./sql/tokenize.ts";
export { checkValue } from "./sql/values.ts";
