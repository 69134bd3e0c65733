import { spawn } from "node:child_process";
import { join } from "node:path";
import { asker } from "./ask.ts";
import { generate } from "./generate.ts";
import { namesOf } from "./names.ts";
import type { Options } from "./options.ts";
import { createCommand } from "./package-manager.ts";
import { assertFree, place } from "./place.ts";
import { Refusal } from "./refusal.ts";
import { type Template, type Variant, variants } from "./template.ts";

/**
 * Creates a project in the working directory, and returns what to tell the user.
 *
 * @throws Refusal where it cannot; then nothing was created.
 */
export async function create(options: Options, template: Template, cwd: string): Promise<string> {
  const { manager, scope } = options;
  using terminal =
    process.stdin.isTTY && process.stdout.isTTY ? asker(process.stdin, process.stdout) : undefined;
  const names = await wanted(
    options.name === undefined
      ? undefined
      : namesOf(options.name, { scope, taken: template.taken }),
    terminal &&
      (() =>
        terminal.text("What is the source called?", (answer) =>
          namesOf(answer, { scope, taken: template.taken }),
        )),
    () => {
      throw new Refusal("The name is missing.", `Run: ${createCommand(manager)} my-source`);
    },
  );
  const target = join(cwd, names.folder);
  await assertFree(target);
  const variant = await wanted<Variant>(
    options.variant,
    terminal && (() => terminal.choice("What kind of source is it?", variants)),
    () => "api",
  );
  const git = await wanted(
    options.git,
    undefined,
    async () => (await hasGit(cwd)) && !(await inRepository(cwd)),
  );
  const install = await wanted(
    options.install,
    terminal && (() => terminal.yes(`Install the dependencies with ${manager.name}?`)),
    () => false,
  );
  const notes: string[] = [];
  await place(generate(template, variant, names, manager), target, async (draft) => {
    if (git && !(await run("git", ["init", "--quiet", "--initial-branch=main"], draft)))
      notes.push("git could not begin a repository here.");
  });
  const installed = install && (await run(manager.name, ["install"], target, "inherit"));
  if (install && !installed) notes.push(`${manager.name} install failed: run it again.`);
  return [
    `Created ${names.packageName} in ${names.folder}.`,
    ...notes,
    "",
    `  cd ${names.folder}`,
    ...(installed ? [] : [`  ${manager.name} install`]),
    `  ${manager.name === "bun" ? "bun run" : manager.name} test`,
    "",
    "Then begin with src/config.ts; CONTRIBUTING.md says how to go on, and how to publish.",
  ].join("\n");
}

/** What was given, else what the terminal answers, else the default. */
async function wanted<T>(
  given: T | undefined,
  ask: (() => Promise<T>) | undefined,
  fallback: () => T | Promise<T>,
): Promise<T> {
  if (given !== undefined) return given;
  return ask ? ask() : fallback();
}

function hasGit(cwd: string): Promise<boolean> {
  return run("git", ["--version"], cwd);
}

function inRepository(cwd: string): Promise<boolean> {
  return run("git", ["rev-parse", "--is-inside-work-tree"], cwd);
}

function run(
  command: string,
  args: readonly string[],
  cwd: string,
  stdio: "ignore" | "inherit" = "ignore",
): Promise<boolean> {
  return new Promise((resolve) => {
    // Windows runs npm and its like through a shell; all arguments are ours.
    const shell = process.platform === "win32";
    spawn(command, args, { cwd, stdio, shell })
      .once("error", () => resolve(false))
      .once("close", (code) => resolve(code === 0));
  });
}
