import type { Token } from "./tokenize.ts";

export type Statement = readonly Token[];

const starts = /^(SET|SELECT|INSERT|UPDATE|DELETE|DECLARE|USE|EXEC)$/i;

/** The statements of a batch: behind a semicolon, and each SET of several that stand in a row. */
export function splitStatements(tokens: readonly Token[]): Statement[] {
  const statements: Token[][] = [[]];
  let depth = 0;
  for (const token of tokens) {
    const statement = statements.at(-1)!;
    if (token.text === "(") depth++;
    if (token.text === ")") depth--;
    if (token.text === ";" && depth === 0) {
      statements.push([]);
      continue;
    }
    const setting = /^SET$/i.test(statement[0]?.text ?? "");
    if (setting && statement.length > 1 && token.kind === "word" && starts.test(token.text))
      statements.push([token]);
    else statement.push(token);
  }
  return statements.filter(({ length }) => length > 0);
}
