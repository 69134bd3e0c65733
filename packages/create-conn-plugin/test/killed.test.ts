import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { create, type Outcome, temporary } from "./support.ts";

/** Kills the process before its n-th change of the disk, and counts them. */
const killer = `
import promises from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
let changes = 0;
for (const name of ["mkdir", "writeFile", "rename", "rmdir", "rm"]) {
  const original = promises[name];
  promises[name] = (...args) => {
    if (changes++ === Number(process.env.KILL_BEFORE)) process.kill(process.pid, process.env.KILL_SIGNAL);
    return original(...args);
  };
}
syncBuiltinESMExports();
process.once("exit", () => console.error("changes: " + changes));
`;

it.each(["SIGKILL", "SIGTERM"] as const)(
  "%s at any step leaves nothing or everything",
  async (signal) => {
    await using home = await temporary();
    const preload = join(home.path, "killer.mjs");
    await writeFile(preload, killer);
    const disturbed = (name: string, step: number): Promise<Outcome> =>
      create(home.path, [name, "--no-git"], {
        NODE_OPTIONS: `--import=${preload}`,
        KILL_BEFORE: String(step),
        KILL_SIGNAL: signal,
      });
    const { output } = await disturbed("whole", Infinity);
    const steps = Number(/changes: (\d+)/.exec(output)?.[1]);
    const whole = await list(join(home.path, "whole"));
    expect(steps).toBeGreaterThan(whole.length);

    for (let step = 0; step < steps; step++) {
      const name = `pets${step}`;
      const outcome = await disturbed(name, step);
      if (signal === "SIGKILL") expect(outcome.signal).toBe(signal);
      else expect(outcome.output).toMatch(/^(Created|Nothing was created)/);
      const present = await readdir(home.path);
      const created = present.includes(name);
      if (created) expect(await list(join(home.path, name))).toEqual(whole);
      if (signal === "SIGTERM") expect(present.filter(isDraft)).toEqual([]);
      // What a killed process left behind goes with the next attempt.
      expect((await create(home.path, [name, "--no-git"])).code).toBe(created ? 1 : 0);
      if (!created) expect((await readdir(home.path)).filter(isDraft)).toEqual([]);
    }
  },
  120_000,
);

function isDraft(name: string): boolean {
  return name.startsWith(".");
}

async function list(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath.slice(folder.length), name))
    .sort();
}
