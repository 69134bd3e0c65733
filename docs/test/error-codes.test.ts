import { glob, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { errorCodes, warningCodes } from "../../packages/core/src/error-codes.ts";

const root = join(import.meta.dirname, "../..");

/** The codes that stand in the sources as texts, which is how they are thrown. */
async function thrown(): Promise<Set<string>> {
  const codes = new Set<string>();
  for await (const file of glob("packages/*/src/**/*.ts", { cwd: root })) {
    if (file.endsWith("error-codes.ts")) continue;
    for (const [, code] of (await readFile(join(root, file), "utf8")).matchAll(/"(CONN_[A-Z_]+)"/g))
      codes.add(code!);
  }
  // Environment variables share the prefix.
  for (const variable of ["CONN_PROFILE", "CONN_SECRETS_DIR"]) codes.delete(variable);
  return codes;
}

it("every code that is thrown or warned with is documented with cause and remedy", async () => {
  const documented = new Set([...Object.keys(errorCodes), ...Object.keys(warningCodes)]);
  expect([...(await thrown())].filter((code) => !documented.has(code))).toEqual([]);
});

it("every documented code is used", async () => {
  const used = await thrown();
  const unused = Object.keys({ ...errorCodes, ...warningCodes }).filter((code) => !used.has(code));
  expect(unused).toEqual([]);
});
