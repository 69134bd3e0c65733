import type { Source } from "@conn/core/sql";
import type { DialectFacts } from "./dialect-facts.ts";

/** What can be told of a statement from its text, in the dialect that it was read in. */
export type Reading<T> = (source: Source, facts: DialectFacts) => T;

/** Works a reading out once for each statement: the same texts come again and again, with other values. */
export function once<T>(read: Reading<T>): Reading<T> {
  const known = new WeakMap<Source, { readonly answer: T }>();
  return (source, facts) => {
    let found = known.get(source);
    if (!found) known.set(source, (found = { answer: read(source, facts) }));
    return found.answer;
  };
}
