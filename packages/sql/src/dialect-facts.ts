import type { SqlDialect } from "@conn/core/sql";

/** A dialect, and what the words of its statements do. */
export interface DialectFacts extends SqlDialect {
  /** EXPLAIN never runs what it explains, with whatever options. */
  readonly explainNeverRuns: boolean;
  /** A statement may follow another without a semicolon between, as T-SQL has it. */
  readonly adjacentStatements: boolean;
  /** Functions that do harm from a transaction that only reads. */
  readonly harmful: RegExp;
  /** Words that do harm there, of the statement's words with a space between: locks, and what no rollback undoes. */
  readonly harmfulWords: RegExp;
  /** Text that the server may read otherwise than it looks, and in words what that is. */
  readonly unclear: readonly [text: RegExp, what: string];
  /** How a server reads the same text whose settings are not the usual ones. */
  readonly otherReadings: readonly Partial<SqlDialect>[];
  /** Functions that leave something on their connection: a lock, a setting. */
  readonly lasting: RegExp;
  /** Text of statements that may leave something by other means. */
  readonly lastingText: RegExp;
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
  nullInText: false,
  adjacentStatements: false,
  harmful: none,
  harmfulWords: none,
  unclear: [none, ""],
  otherReadings: [],
  lasting: none,
  lastingText: none,
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
  returnEndsComments: true,
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
  nullInText: false,
  adjacentStatements: false,
  harmful:
    /^(u&|dblink.*|lo_.*|loread|lowrite|pg_(truncate|prewarm|buffercache_evict|restore|clear|advisory|try_advisory|terminate|cancel|reload|rotate|read|ls|stat_file|file|logical|replication|create|drop|switch|promote|wal|copy|sync|stat_statements|backup|start|stop|export|import|sleep|notify|stat_reset|log).*|set_config|autoprewarm_.*|brin_(de)?summarize_.*|gin_clean_pending_list|heap_force_.*|xpath_table|ts_stat|ts_rewrite|crosstab.*|connectby|setval|nextval|query_to_.*|cursor_to_.*|table_to_.*|database_to_.*|schema_to_.*)$/,
  harmfulWords: none,
  unclear: [none, ""],
  // standard_conforming_strings = off
  otherReadings: [{ backslashEscapes: true }],
  lasting: /^(set_config|pg_(try_)?advisory_lock.*|setseed)$/,
  // The schema of temporary tables, quoted or not, and names in escapes, which may be it.
  lastingText: /pg_temp|\bu&"/i,
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
  unsignedIntegers: true,
  json: true,
  arrays: false,
  nullInText: false,
  adjacentStatements: false,
  harmful:
    /^(load_file|get_lock|release_lock|release_all_locks|sleep|benchmark|master_pos_wait|master_gtid_wait|wait_for_executed_gtid_set|source_pos_wait|sys_exec|sys_eval)$/,
  // MariaDB lets a transaction that only reads lock rows, and MySQL too lets it write files.
  harmfulWords: /\b(FOR UPDATE|FOR SHARE|LOCK IN SHARE MODE|INTO OUTFILE|INTO DUMPFILE)\b/,
  // Which of them are run depends on the server's version, and what is hidden in them on that.
  unclear: [/\/\*M?!/, "comments whose content some servers run"],
  // NO_BACKSLASH_ESCAPES and ANSI_QUOTES
  otherReadings: [
    { backslashEscapes: false },
    { identifierQuotes: '`"' },
    { backslashEscapes: false, identifierQuotes: '`"' },
  ],
  lasting: /^get_lock$/,
  // The way to set a variable in the middle of a SELECT.
  lastingText: /:=/,
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
  placeholder: (index) => `@p${index}`,
  emptyList: "select null where 1 = 0",
  // Of 2,100 the call takes two for itself.
  maxParameters: 2_098,
  maxIdentifier: 128,
  json: false,
  arrays: false,
  nullInText: true,
  adjacentStatements: true,
  harmful:
    /^(openrowset|opendatasource|openquery|fn_(get_audit_file|trace_gettable|xe_file_target_read_file|dblog|dump_dblog|full_dblog))$/,
  harmfulWords: /\b(XLOCK|TABLOCKX|UPDLOCK|NEXT VALUE FOR)\b/,
  unclear: [/\r(?!\n)|[^\P{C}\t\n\r]|[^\P{Z} ]/u, "invisible characters or spaces of another kind"],
  otherReadings: [],
  lasting: none,
  // Temporary tables, settings behind another statement, and procedures, which may do anything.
  lastingText: /#|\b(use|exec|execute|open)\b|\bset\s+[a-z_]+\s+[^=\s]/i,
  committing: none,
};

/** https://docs.oracle.com/en/database/oracle/oracle-database/23/sqlrf/Literals.html; without its `q'[…]'` strings. */
export const oracle: DialectFacts = {
  ...sqlite,
  name: "oracle",
  title: "Oracle",
  identifierQuotes: '"',
  dollarNumbers: false,
  dollarNames: false,
  atNames: false,
  placeholder: (index) => `:${index + 1}`,
  emptyList: "select null from dual where 1 = 0",
  maxParameters: 65_535,
  maxIdentifier: 128,
  json: false,
  committing:
    /^(ALTER|ANALYZE|AUDIT|COMMENT|CREATE|DROP|FLASHBACK|GRANT|PURGE|RENAME|REVOKE|TRUNCATE)$/,
};

/** https://help.sap.com/docs/SAP_HANA_PLATFORM/4fe29514fd584807ac9f2a04f6754767/209f5020751910148fd8fe88aa4d79d9.html */
export const sap: DialectFacts = {
  ...sqlite,
  name: "sap",
  title: "SAP HANA",
  identifierQuotes: '"',
  dollarNumbers: false,
  dollarNames: false,
  atNames: false,
  emptyList: "select null from dummy where 1 = 0",
  maxParameters: 32_767,
  maxIdentifier: 127,
  json: false,
  committing: /^(ALTER|CREATE|DROP|RENAME|TRUNCATE)$/,
};

/** https://cloud.google.com/spanner/docs/reference/standard-sql/lexical; without its strings in three quotes. */
export const spanner: DialectFacts = {
  ...sqlite,
  name: "spanner",
  title: "Spanner",
  identifierQuotes: "`",
  backslashEscapes: true,
  hashComments: true,
  dollarNumbers: false,
  dollarNames: false,
  placeholder: (index) => `@param${index}`,
  emptyList: "select null from unnest([1]) where false",
  maxParameters: 950,
  maxIdentifier: 128,
  json: false,
  arrays: true,
};
