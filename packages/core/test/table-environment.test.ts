import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { build } from "esbuild";
import { afterAll, beforeAll, expect, test } from "vitest";

const run = promisify(execFile);
let folder: string;

beforeAll(async () => {
  // A bundle far from this repository: nothing optional is installed there.
  folder = await mkdtemp(join(tmpdir(), "conn-table-"));
  await build({
    entryPoints: [join(import.meta.dirname, "../src/table.ts")],
    outfile: join(folder, "table.mjs"),
    bundle: true,
    format: "esm",
    platform: "node",
    external: ["@uwdata/flechette"],
  });
});

afterAll(() => rm(folder, { recursive: true }));

async function evaluate(flags: readonly string[], code: string): Promise<unknown> {
  const script = join(folder, "script.mjs");
  await writeFile(
    script,
    `import { Table } from "./table.mjs";\nconst answer = await (async () => {${code}})();\nconsole.log(JSON.stringify(answer));`,
  );
  return JSON.parse((await run(process.execPath, [...flags, script])).stdout) as unknown;
}

const code = `
  const rows = Array.from({ length: 1000 }, (_, row) => ({
    a: row, ["__proto__"]: row % 2 ? "x" : null, c: row / 2, d: new Date(row), e: row % 3 === 0, f: { row }, "g\\"": 2n ** 60n + BigInt(row),
  }));
  let forbidden = false;
  try { new Function(""); } catch { forbidden = true; }
  const table = Table.fromRows(rows);
  const clean = table.rows().every((row) => Object.getPrototypeOf(row) === Object.prototype);
  return { forbidden, clean, table, last: String(table.at(-1)["g\\""]) };`;

test("rows are the same where generating code is forbidden", async () => {
  const free = (await evaluate([], code)) as {
    forbidden: boolean;
    clean: boolean;
    table: object[];
    last: string;
  };
  const bound = await evaluate(["--disallow-code-generation-from-strings"], code);
  expect(free).toMatchObject({ forbidden: false, clean: true, last: String(2n ** 60n + 999n) });
  expect(free.table).toHaveLength(1000);
  expect(bound).toEqual({ ...free, forbidden: true });
});

test("without @uwdata/flechette the error names the package and the command", async () => {
  const answer = await evaluate(
    [],
    `return Table.fromRows([{ a: 1 }]).toIPC().then(() => "no error", ({ code, hint }) => ({ code, hint }));`,
  );
  expect(answer).toEqual({
    code: "CONN_PACKAGE_MISSING",
    hint: expect.stringContaining("npm install @uwdata/flechette@2.6.0") as string,
  });
});
