import { ConnError } from "@conn/core";
import { didYouMean } from "@conn/core/toolkit";

const absent = new WeakMap<ConnError, string>();

/** The error for a column that is named, and that a file does not have. */
export function noColumn(
  name: string,
  existing: readonly string[],
  said = `There is no column "${name}".`,
): ConnError {
  const near = didYouMean(name, existing);
  const error = new ConnError("CONN_ARGUMENT", said, {
    hint: near ? `Did you mean "${near}"?` : `The columns: ${existing.slice(0, 30).join(", ")}.`,
  });
  absent.set(error, name);
  return error;
}

/** The column that a file does not have, where that is what an error says: of several files, another may have it. */
export function absentColumn(error: unknown): string | undefined {
  return error instanceof ConnError ? absent.get(error) : undefined;
}
