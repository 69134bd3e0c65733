import { didYouMean } from "./did-you-mean.ts";
import { ConnError } from "./errors.ts";

/**
 * Refuses an option that nobody knows, for calls where one that is passed over would do harm: without its
 * misspelt condition a write replaces what it was to spare.
 *
 * @throws CONN_ARGUMENT with the option that may be meant.
 */
export function checkOptions(operation: string, options: object, known: readonly string[]): void {
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || known.includes(name)) continue;
    const near = didYouMean(name, known);
    throw new ConnError("CONN_ARGUMENT", `\`${operation}\` has no option \`${name}\`.`, {
      operation,
      hint: near ? `Did you mean \`${near}\`?` : `Its options: ${known.join(", ")}.`,
    });
  }
}
