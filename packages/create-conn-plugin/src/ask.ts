import { once } from "node:events";
import { createInterface } from "node:readline/promises";
import type { Readable, Writable } from "node:stream";
import { Refusal } from "./refusal.ts";

/** Asks on a terminal. Enter takes what stands in brackets. */
export interface Asker extends Disposable {
  /** Asks again until `check` throws no refusal. */
  text<T>(question: string, check: (answer: string) => T): Promise<T>;
  choice<T extends string>(question: string, choices: Readonly<Record<T, string>>): Promise<T>;
  yes(question: string): Promise<boolean>;
}

/** @throws Refusal from each question, once the terminal is closed or Ctrl-C is pressed. */
export function asker(input: Readable, output: Writable): Asker {
  const lines = createInterface({ input, output });
  const left = new AbortController();
  void once(lines, "close").then(() => left.abort());
  const ask = async (question: string): Promise<string> => {
    try {
      return (await lines.question(question, { signal: left.signal })).trim();
    } catch {
      throw new Refusal("Nothing was created.");
    }
  };
  const text = async <T>(question: string, check: (answer: string) => T): Promise<T> => {
    for (;;) {
      const answer = await ask(`${question} `);
      try {
        return check(answer);
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        output.write(`${error.message}${error.hint ? ` ${error.hint}` : ""}\n`);
      }
    }
  };
  return {
    text,
    choice: <T extends string>(question: string, choices: Readonly<Record<T, string>>) => {
      const names = Object.keys(choices) as T[];
      for (const name of names) output.write(`  ${name.padEnd(8)}${choices[name]}\n`);
      return text(`${question} [${names[0]}]`, (answer) => {
        const [found, ...more] = names.filter((name) => name.startsWith(answer || names[0]!));
        if (found !== undefined && more.length === 0) return found;
        throw new Refusal(`Type one of: ${names.join(", ")}`);
      });
    },
    yes: async (question) => !/^n/i.test(await ask(`${question} [Y/n] `)),
    [Symbol.dispose]: () => lines.close(),
  };
}
