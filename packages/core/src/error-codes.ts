/**
 * Every code a ConnError can carry, with its usual cause and the remedy.
 * The docs' page of error codes is generated from this table; a code, once released, keeps its meaning.
 */
export const errorCodes = {
  CONN_SECRETS_SYNTAX: {
    cause: "A secrets file is not valid TOML.",
    remedy: "Open the file at the line and column in the message and mend the syntax there.",
  },
  CONN_SECRETS_READ: {
    cause:
      "A secrets file exists but cannot be read: wrong permissions, a directory, a pipe or a device, too large, or not UTF-8.",
    remedy: "Make it a plain UTF-8 file that you own: chmod 600 .conn/secrets.toml",
  },
  CONN_SECRETS_UNSAFE: {
    cause:
      "Other users can write a secrets file or its owner is somebody else, or a file tracked by git asks to run a command.",
    remedy:
      "chmod 600 the file, make yourself its owner, or move the section with `cmd` to a file that git does not track.",
  },
  CONN_SECRETS_REFERENCE: {
    cause: "A value refers to an environment variable, a file or a command that gives nothing.",
    remedy:
      "Set the variable, write the file, or run the command by hand and mend what it reports.",
  },
  CONN_NAME_UNKNOWN: {
    cause: "No section of the secrets and no discovered type has the connection's name.",
    remedy: "Correct the spelling, add the section `[connections.<name>]`, or pass `type`.",
  },
  CONN_NAME_INVALID: {
    cause: "A connection's name is empty, too long, or holds control characters.",
    remedy: "Use letters, digits, `_`, `-` and `.`: at most 128 characters.",
  },
  CONN_TYPE_UNKNOWN: {
    cause: "No installed package provides the requested type.",
    remedy: "Run the install command that the message gives, or correct the spelling.",
  },
  CONN_TYPE_CONFLICT: {
    cause: "Two installed packages claim the same type.",
    remedy: "Uninstall one of them, or pass the class as `type`.",
  },
  CONN_PLUGIN_INVALID: {
    cause: "A package's `conn` manifest or the class it names does not fit the contract.",
    remedy: "Update the package, or report the message to its author.",
  },
  CONN_PLUGIN_LOAD: {
    cause: "A plugin's module failed while it was imported.",
    remedy: "Read the cause below the message; reinstall the package or a package that it needs.",
  },
  CONN_PACKAGE_MISSING: {
    cause: "A driver or SDK that this configuration needs is not installed.",
    remedy: "Run the install command that the message gives.",
  },
  CONN_CONFIG: {
    cause: "The settings of a connection do not fit its schema.",
    remedy: "Mend each problem listed, at the file and line given.",
  },
  CONN_ARGUMENT: {
    cause: "A call was made with an argument that it cannot take.",
    remedy: "Change the argument as the message says.",
  },
  CONN_CLOSED: {
    cause: "The connection was closed before this call.",
    remedy: "Ask `connection()` for it again, or close it later.",
  },
  CONN_OPEN: {
    cause: "The source could not be reached or refused the connection.",
    remedy: "Read the cause: host, port, network and server state come first.",
  },
  CONN_AUTH: {
    cause: "The source refused the credentials.",
    remedy: "Correct the user, password or token in the secrets file.",
  },
  CONN_LOST: {
    cause:
      "The connection was lost while a call was running, and the call could not safely be repeated.",
    remedy: "Check whether the call took effect, then run it again.",
  },
  CONN_TIMEOUT: {
    cause: "A call did not finish in the time it was given.",
    remedy: "Raise `timeout`, or make the call do less.",
  },
  CONN_ABORTED: {
    cause: "The caller's signal was aborted, or the connection was closed or reset under the call.",
    remedy: "Nothing to mend where the abort was intended.",
  },
  CONN_POOL_TIMEOUT: {
    cause: "No free connection in the pool before the deadline.",
    remedy: "Close sessions sooner, raise `poolSize`, or raise the deadline.",
  },
  CONN_QUERY: {
    cause: "The source refused or failed a statement or request.",
    remedy: "Read the source's own message; correct the statement or its parameters.",
  },
  CONN_READ_ONLY: {
    cause: "A statement that writes was given to a method that reads.",
    remedy: "Use `execute(sql, params)` for statements that write.",
  },
  CONN_PARAMS: {
    cause: "A statement's placeholders and its parameters do not fit.",
    remedy: "Give one value per placeholder, of a type that the source can store.",
  },
  CONN_ROW_INVALID: {
    cause: "A row does not fit the `schema` given with the call.",
    remedy: "Correct the schema or the data; the message names row and column.",
  },
  CONN_TRUNCATED: {
    cause: "An answer ended before its announced length.",
    remedy: "Try again; if it persists, look at the network or the proxy between.",
  },
  CONN_NOT_FOUND: {
    cause: "A file, object, bucket, container or folder does not exist.",
    remedy: "Correct the path; `list()` shows what there is.",
  },
  CONN_FORBIDDEN: {
    cause: "The source knows who asks, and does not allow it.",
    remedy: "Have the permission that the message names granted to these credentials.",
  },
  CONN_CONFLICT: {
    cause: "What should be written exists already, or is not the version that was named.",
    remedy: "Read it again, and decide anew.",
  },
  CONN_CHANGED: {
    cause: "A file was replaced while it was being read.",
    remedy: "Read it once its writer is done.",
  },
  CONN_FORMAT: {
    cause:
      "A file's content is not what its format promises, or not of the format its name suggests.",
    remedy:
      "Look at the place in the message; mend the file, or say what it is: `format`, `encoding`, `delimiter`.",
  },
  CONN_LIMIT: {
    cause: "A file exceeds a bound that guards against bombs: size, depth, line length or cells.",
    remedy: "Raise the option that the message names, where you trust the file.",
  },
  CONN_CASSETTE: {
    cause: "A call is not on the cassette that is replayed, or the file is no cassette.",
    remedy: "Record the call again, or correct the path.",
  },
  CONN_MEMBER: {
    cause: "A member that the connection does not have was called.",
    remedy: "Use the member that the message names; vendor members are on `await conn.client()`.",
  },
  CONN_UNSUPPORTED: {
    cause: "This source, driver or Node version cannot do what was asked.",
    remedy: "Use what the message names instead.",
  },
} as const satisfies Record<string, { cause: string; remedy: string }>;

/** The codes of warnings, heard with `process.on("warning", ({ code }) => …)`. Nothing fails with them. */
export const warningCodes = {
  CONN_SECRETS_WARNING: {
    cause:
      "A secrets file can be read by others, is tracked by git, has a misspelt heading, or was edited badly.",
    remedy: "Do what the message says; the last good content stays in use.",
  },
  CONN_SECRETS_CHANGED: {
    cause: "A section changed to settings that its connection cannot take.",
    remedy: "Mend the section; the connection goes on with the settings it had.",
  },
  CONN_CACHE_STORE: {
    cause: "The cache's second tier failed or did not answer in time.",
    remedy: "Look at the store; reads go on without it, and try it again after five seconds.",
  },
  CONN_SESSION_LEAKED: {
    cause: "A session was dropped without commit, rollback or the end of `await using`.",
    remedy: "Write: await using session = await conn.session()",
  },
} as const satisfies Record<string, { cause: string; remedy: string }>;

export type CoreErrorCode = keyof typeof errorCodes;
