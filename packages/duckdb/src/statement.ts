import { ConnError, type Params } from "@conn/core";
import {
  blobValue,
  type DuckDBConnection as Handle,
  type DuckDBPreparedStatement,
  DuckDBTimestampTZValue,
  StatementType,
} from "@duckdb/node-api";

/**
 * Prepares exactly one statement, with its values bound.
 *
 * @throws CONN_QUERY for several or none, CONN_READ_ONLY where it must read and does not, CONN_PARAMS.
 */
export async function prepare(
  handle: Handle,
  text: string,
  params: Params | undefined,
  reads: boolean,
): Promise<DuckDBPreparedStatement> {
  const statements = await handle.extractStatements(text);
  if (statements.count !== 1)
    throw new ConnError(
      "CONN_QUERY",
      `The text holds ${statements.count} statements; a call runs one.`,
      {
        hint: "Run them one after the other.",
      },
    );
  const prepared = await statements.prepare(0);
  if (reads && prepared.statementType !== StatementType.SELECT)
    throw new ConnError(
      "CONN_READ_ONLY",
      `This call only reads, and the statement is ${StatementType[prepared.statementType]}, not SELECT.`,
      { hint: "Use conn.execute(sql, params)." },
    );
  bind(prepared, params);
  return prepared;
}

function bind(prepared: DuckDBPreparedStatement, params: Params = []): void {
  const names = Array.from({ length: prepared.parameterCount }, (_, index) =>
    prepared.parameterName(index + 1),
  );
  const given = Array.isArray(params)
    ? params.map((_, index) => String(index + 1))
    : Object.keys(params);
  const missing = names.filter((name) => !given.includes(name));
  const surplus = given.filter((name) => !names.includes(name));
  if (missing.length > 0 || surplus.length > 0)
    throw new ConnError(
      "CONN_PARAMS",
      `The statement takes ${names.length} values and got ${given.length}${missing[0] === undefined ? "" : `; $${missing[0]} is missing`}.`,
      { hint: "Pass an array for `?` and `$1`, or an object for `$name`." },
    );
  for (const [index, name] of names.entries()) {
    const value: unknown = Array.isArray(params)
      ? params[Number(name) - 1]
      : (params as Readonly<Record<string, unknown>>)[name];
    bindValue(prepared, index + 1, value, name);
  }
}

function bindValue(
  prepared: DuckDBPreparedStatement,
  at: number,
  value: unknown,
  name: string,
): void {
  if (value === null) prepared.bindNull(at);
  else if (typeof value === "boolean") prepared.bindBoolean(at, value);
  else if (typeof value === "string") prepared.bindVarchar(at, value);
  else if (typeof value === "number" && Number.isSafeInteger(value) && !Object.is(value, -0))
    prepared.bindBigInt(at, BigInt(value));
  else if (typeof value === "number") prepared.bindDouble(at, value);
  else if (typeof value === "bigint" && BigInt.asIntN(64, value) === value)
    prepared.bindBigInt(at, value);
  else if (typeof value === "bigint" && BigInt.asIntN(128, value) === value)
    prepared.bindHugeInt(at, value);
  else if (value instanceof Date && !Number.isNaN(value.getTime()))
    prepared.bindTimestampTZ(at, new DuckDBTimestampTZValue(BigInt(value.getTime()) * 1000n));
  else if (value instanceof Uint8Array) prepared.bindBlob(at, blobValue(value).bytes);
  else
    throw new ConnError("CONN_PARAMS", `The value for $${name} is of no kind that DuckDB takes.`, {
      hint: "Pass null, a boolean, number, bigint, text, Date or Uint8Array.",
    });
}
