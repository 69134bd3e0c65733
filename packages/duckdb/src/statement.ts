import { ConnError } from "@conn/core";
import type { Source, Statement } from "@conn/core/sql";
import {
  type DuckDBConnection as Handle,
  type DuckDBPreparedStatement,
  StatementType,
} from "@duckdb/node-api";
import { bind } from "./bind.ts";

export interface Demands {
  /** It must be a statement that only reads. */
  readonly reads: boolean;
  /** It must also call nothing that acts on the whole database from within a SELECT. */
  readonly locked: boolean;
}

/**
 * Prepares exactly one statement, with its values bound.
 *
 * @throws CONN_QUERY for several or none, CONN_READ_ONLY where it must read and does not, CONN_PARAMS,
 * CONN_UNSUPPORTED for BEGIN, COMMIT and ROLLBACK.
 */
export async function prepare(
  handle: Handle,
  { text, values, source }: Statement,
  { reads, locked }: Demands,
): Promise<DuckDBPreparedStatement> {
  assertOne(source);
  if (locked) assertHarmless(source);
  const statements = await handle.extractStatements(text);
  // DuckDB's own count decides, for it may see more than our look at the text does. Nothing of them has run yet.
  if (statements.count > 1 && !hasPivot(source)) throw severalError(statements.count);
  // PIVOT without a list of values becomes several: the last one reads, those before it collect the values in a type.
  for (let index = 0; index < statements.count - 1; index++) {
    const collecting = await statements.prepare(index);
    if (collecting.statementType !== StatementType.CREATE) throw severalError(statements.count);
    bind(collecting, values);
    await collecting.run();
  }
  const prepared = await statements.prepare(statements.count - 1);
  if (reads) assertReads(prepared.statementType, source);
  if (prepared.statementType === StatementType.TRANSACTION) throw transactionError();
  bind(prepared, values);
  return prepared;
}

function assertOne({ text, tokens }: Source): void {
  let count = 0;
  let inside = false;
  for (const token of tokens) {
    const ends = text[token.start] === ";" && token.kind === "operator";
    if (!ends && !inside) count++;
    inside = !ends;
  }
  if (count === 1) return;
  if (count === 0)
    throw new ConnError("CONN_QUERY", "The statement is empty.", {
      hint: 'Pass SQL: "select * from pets".',
    });
  throw new ConnError("CONN_QUERY", `The text holds ${count} statements; a call runs one.`, {
    hint: "Run them one after the other; within `await using session = await conn.session()` they belong together.",
  });
}

/** Functions that act although a SELECT calls them: they log into files, write files, or run text as SQL. */
const harmful =
  /^(checkpoint|force_checkpoint|enable_\w+|disable_\w+|truncate_\w+|write_log|nextval|query|query_table|json_execute_serialized_sql)$/;

function assertHarmless({ text, tokens }: Source): void {
  tokens.forEach((token, index) => {
    if (token.kind !== "word" && token.kind !== "identifier") return;
    const next = tokens[index + 1];
    if (next?.kind !== "operator" || text[next.start] !== "(") return;
    const name = text.slice(token.start, token.end).replaceAll('"', "").toLowerCase();
    if (harmful.test(name))
      throw new ConnError(
        "CONN_READ_ONLY",
        `With \`readOnly\` nothing does more than read, and ${name}() does.`,
        {
          hint: "Leave the function out, or open the database, or the session, without `readOnly`.",
        },
      );
  });
}

function assertReads(type: StatementType, { text, tokens }: Source): void {
  if (type === StatementType.SELECT) return;
  const word = (index: number): string =>
    tokens[index] ? text.slice(tokens[index].start, tokens[index].end).toUpperCase() : "";
  // EXPLAIN alone runs nothing; with ANALYZE or options it may run what it explains.
  if (type === StatementType.EXPLAIN && !/^(ANALYZE|ANALYSE|\()$/.test(word(1))) return;
  throw new ConnError(
    "CONN_READ_ONLY",
    `This call only reads, and the statement is ${StatementType[type]}, not SELECT.`,
    { hint: "Use conn.execute(sql, params)." },
  );
}

function hasPivot({ text, tokens }: Source): boolean {
  return tokens.some(({ start, end }) => /^pivot(_wider)?$/i.test(text.slice(start, end)));
}

function severalError(count: number): ConnError {
  return new ConnError("CONN_QUERY", `DuckDB makes ${count} statements of it; a call runs one.`, {
    hint: "Run them one after the other. A PIVOT in a statement that writes names its values: on pet in ('cat', 'fish').",
  });
}

function transactionError(): ConnError {
  return new ConnError("CONN_UNSUPPORTED", "Transactions are not begun or ended by a statement.", {
    hint: "Use conn.transaction(async (session) => …), or session.commit() and session.rollback().",
  });
}
