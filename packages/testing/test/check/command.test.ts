import { execFile } from "node:child_process";
import { join } from "node:path";
import { expect, it } from "vitest";
import { plugin } from "./plugin.ts";

const program = join(import.meta.dirname, "../../dist/main.js");

it("ends with 0 for a good package, with 1 for a bad one", { timeout: 60_000 }, async () => {
  await using good = await plugin();
  expect(await run(good.folder, "check")).toEqual({
    code: 0,
    output: expect.stringContaining("It can be published."),
  });
  await using bad = await plugin({ keywords: [] });
  expect(await run(good.folder, "check", bad.folder)).toEqual({
    code: 1,
    output: expect.stringContaining("✖ has the keyword that people search for (package.keyword)"),
  });
});

it("reports as JSON", { timeout: 60_000 }, async () => {
  await using bad = await plugin({ engines: {} });
  const { code, output } = await run(bad.folder, "check", "--json");
  expect(code).toBe(1);
  const report = JSON.parse(output) as { ok: boolean; checks: { id: string; outcome: string }[] };
  expect(report.ok).toBe(false);
  expect(report.checks).toContainEqual(
    expect.objectContaining({ id: "package.engines", outcome: "failed" }),
  );
});

it.each([
  [["--help"], 0, "conn-plugin check"],
  [[], 1, "conn-plugin check"],
  [["chekc"], 1, "conn-plugin check"],
  [["check", "--jsno"], 1, "--jsno"],
  [["check", "/no/such/folder"], 1, "/no/such/folder"],
])("%j ends with %d", async (args, code, said) => {
  const outcome = await run(import.meta.dirname, ...args);
  expect(outcome).toEqual({ code, output: expect.stringContaining(said) });
  expect(outcome.output).not.toContain("    at ");
});

function run(cwd: string, ...args: string[]): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [program, ...args],
      { cwd },
      (_error, stdout, stderr) => resolve({ code: child.exitCode, output: stdout + stderr }),
    );
  });
}
