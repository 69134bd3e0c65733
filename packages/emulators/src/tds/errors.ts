/** A failure in SQL Server's words and numbers. */
export class SqlError extends Error {
  readonly number: number;
  readonly severity: number;
  /** Whether the server has rolled the transaction back because of it. */
  readonly endsTransaction: boolean;

  constructor(number: number, message: string, severity = 16, endsTransaction = false) {
    super(message);
    this.number = number;
    this.severity = severity;
    this.endsTransaction = endsTransaction;
  }
}

const kinds: readonly (readonly [RegExp, (found: RegExpExecArray) => SqlError])[] = [
  [
    /Table with name (\S+) does not exist/,
    (found) => new SqlError(208, `Invalid object name '${found[1]!}'.`),
  ],
  [
    /Referenced column "(.+?)" not found/,
    (found) => new SqlError(207, `Invalid column name '${found[1]!}'.`),
  ],
  [
    /Duplicate key "(.+)" violates/,
    (found) => new SqlError(2627, `Violation of a UNIQUE constraint: ${found[1]!}.`, 14),
  ],
  [
    /NOT NULL constraint failed: (\S+)/,
    (found) => new SqlError(515, `Cannot insert NULL into ${found[1]!}.`),
  ],
  [
    /Table with name "?(\S+?)"? already exists/,
    (found) => new SqlError(2714, `There is already an object named '${found[1]!}'.`),
  ],
  [/Could not convert|Conversion Error/, () => new SqlError(245, "Conversion failed.")],
  [/Parser Error/, (found) => new SqlError(102, `Incorrect syntax: ${found.input}`, 15)],
];

/** A failure of DuckDB as SQL Server would tell of it. */
export function sqlError(error: unknown): SqlError {
  if (error instanceof SqlError) return error;
  const message = error instanceof Error ? error.message : String(error);
  for (const [pattern, make] of kinds) {
    const found = pattern.exec(message);
    if (found) return make(found);
  }
  return new SqlError(50_000, message.split("\n")[0]!);
}

/** Whether another transaction holds what this one wants to write. */
export function isConflict(error: unknown): boolean {
  return /conflict/i.test(String(error));
}

export function isInterrupt(error: unknown): boolean {
  return /interrupt/i.test(String(error));
}

export const deadlock = (): SqlError =>
  new SqlError(1205, "The transaction was chosen as the victim of a deadlock.", 13, true);
