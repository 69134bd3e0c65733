import type { SqlDialect } from "@conn/core/sql";

/** A dialect, and what the words of its statements do. */
export interface DialectFacts extends SqlDialect {
  /** EXPLAIN never runs what it explains, with whatever options. */
  readonly explainNeverRuns: boolean;
  /** Functions that do harm from a transaction that only reads. */
  readonly harmful: RegExp;
  /** Functions that leave something on their connection: a lock, a setting. */
  readonly lasting: RegExp;
  /** First words of statements that end a transaction by themselves, and commit it. */
  readonly committing: RegExp;
}

const none = /(?!)/;

/**
 * https://sqlite.org/lang_expr.html#varparam, https://sqlite.org/lang_comment.html and
 * https://sqlite.org/limits.html: 32,766 parameters.
 */
export const sqlite: DialectFacts = {
  name: "sqlite",
  title: "SQLite",
  identifierQuotes: '"`[',
  backslashEscapes: false,
  escapeStrings: false,
  dollarQuotes: false,
  nestedComments: false,
  hashComments: false,
  executableComments: false,
  jsonOperators: false,
  dollarNumbers: true,
  dollarNames: true,
  atNames: true,
  explainNeverRuns: true,
  placeholder: () => "?",
  emptyList: "",
  maxParameters: 32_766,
  maxIdentifier: Infinity,
  json: true,
  arrays: false,
  harmful: none,
  lasting: none,
  committing: none,
};

/** https://www.postgresql.org/docs/current/sql-syntax-lexical.html */
export const postgres: DialectFacts = {
  name: "postgres",
  title: "PostgreSQL",
  identifierQuotes: '"',
  backslashEscapes: false,
  escapeStrings: true,
  dollarQuotes: true,
  nestedComments: true,
  hashComments: false,
  executableComments: false,
  jsonOperators: true,
  dollarNumbers: true,
  dollarNames: false,
  atNames: false,
  explainNeverRuns: false,
  placeholder: (index) => `$${index + 1}`,
  emptyList: "select null where false",
  maxParameters: 65_535,
  maxIdentifier: 63,
  json: true,
  arrays: true,
  harmful:
    /^(u&|dblink.*|lo_.*|loread|lowrite|pg_(advisory|try_advisory|terminate|cancel|reload|rotate|read|ls|stat_file|file|logical|replication|create|drop|switch|promote|wal|copy|sync|stat_statements|backup|start|stop|export|import|sleep|notify|stat_reset|log).*|set_config|ts_stat|ts_rewrite|crosstab.*|connectby|setval|nextval|query_to_.*|cursor_to_.*|table_to_.*|database_to_.*|schema_to_.*)$/,
  lasting: /^(set_config|pg_(try_)?advisory_lock.*|setseed)$/,
  committing: none,
};

/** https://dev.mysql.com/doc/refman/8.4/en/language-structure.html */
export const mysql: DialectFacts = {
  name: "mysql",
  title: "MySQL",
  identifierQuotes: "`",
  backslashEscapes: true,
  escapeStrings: false,
  dollarQuotes: false,
  nestedComments: false,
  hashComments: true,
  executableComments: true,
  jsonOperators: false,
  dollarNumbers: false,
  dollarNames: false,
  atNames: false,
  explainNeverRuns: false,
  placeholder: () => "?",
  emptyList: "select null from dual where 1 = 0",
  maxParameters: 65_535,
  maxIdentifier: 64,
  json: true,
  arrays: false,
  harmful:
    /^(load_file|get_lock|release_lock|release_all_locks|sleep|benchmark|master_pos_wait|master_gtid_wait|wait_for_executed_gtid_set|source_pos_wait|sys_exec|sys_eval)$/,
  lasting: /^get_lock$/,
  committing:
    /^(ALTER|ANALYZE|CREATE|DROP|FLUSH|GRANT|LOCK|OPTIMIZE|RENAME|REPAIR|REVOKE|TRUNCATE|UNLOCK)$/,
};

/** https://learn.microsoft.com/en-us/sql/t-sql/language-elements/ */
export const mssql: DialectFacts = {
  name: "mssql",
  title: "SQL Server",
  identifierQuotes: '"[',
  backslashEscapes: false,
  escapeStrings: false,
  dollarQuotes: false,
  nestedComments: true,
  hashComments: false,
  executableComments: false,
  jsonOperators: false,
  dollarNumbers: false,
  dollarNames: false,
  atNames: true,
  explainNeverRuns: false,
  placeholder: (index) => `@${index}`,
  emptyList: "select null where 1 = 0",
  maxParameters: 2_100,
  maxIdentifier: 128,
  json: false,
  arrays: false,
  harmful: /^(openrowset|opendatasource|openquery)$/,
  lasting: none,
  committing: none,
};
