import { mkdir, readFile, realpath, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import { digest, type Origin, originFile, originText, sharedFiles } from "./generate.ts";
import { isBefore, type Migration, migrations as all } from "./migrations.ts";
import { namesOf } from "./names.ts";
import { createCommand, type Manager, packageManagers } from "./package-manager.ts";
import { Refusal } from "./refusal.ts";
import { type Files, isVariant, type Template } from "./template.ts";

/**
 * Brings a project to the present template, and returns what to tell the user. Source, tests and
 * README are the author's; of the other files, those that the author has changed stay as they are,
 * and the template's form is put beside them.
 *
 * @throws Refusal where it cannot; then nothing was changed.
 */
export async function update(
  template: Template,
  cwd: string,
  manager: Manager,
  migrations: readonly Migration[] = all,
): Promise<string> {
  const origin = await readOrigin(cwd, manager);
  if (isBefore(template.version, origin.version))
    throw new Refusal(
      `This project is of template ${origin.version}, and this program of ${template.version}.`,
      `Run: ${createCommand(manager)} update`,
    );
  const manifest = await read(cwd, "package.json");
  const { name = "" } = JSON.parse(manifest ?? "{}") as { name?: string };
  const fresh = sharedFiles(template, namesOf(name), {
    name: origin.packageManager,
    major: manager.name === origin.packageManager ? manager.major : undefined,
  });
  const present = await readAll(cwd, [...Object.keys(origin.files), ...Object.keys(fresh)]);
  const steps = [
    ...migrate(
      { ...present, ...(manifest && { "package.json": manifest }) },
      origin,
      template,
      migrations,
    ),
    ...compare(present, fresh, origin),
  ];
  for (const { change } of steps) if (change) await apply(cwd, change);
  // Last: where this was stopped before, the next run goes through the same steps.
  const text = originText(template.version, origin.variant, origin.packageManager, fresh);
  await put(cwd, originFile, text);
  const told = steps.map(({ said }) => `  ${said}`);
  return told.length === 0
    ? `Nothing to do: this project is of template ${template.version}.`
    : [`Updated from template ${origin.version} to ${template.version}:`, ...told].join("\n");
}

interface Step {
  readonly said: string;
  /** What changes on the disk, if anything; a text of `undefined` removes the file. */
  readonly change?: { readonly path: string; readonly text: string | undefined };
}

function migrate(
  files: Files,
  origin: Origin,
  template: Template,
  migrations: readonly Migration[],
): Step[] {
  const steps: Step[] = [];
  let current = files;
  for (const { version, sentence, migrate } of migrations) {
    if (!isBefore(origin.version, version) || isBefore(template.version, version)) continue;
    const changed = migrate(current);
    current = { ...current, ...changed };
    for (const [path, text] of Object.entries(changed))
      steps.push({ change: { path, text }, said: `changed ${path}: ${sentence}` });
  }
  return steps;
}

function compare(present: Files, fresh: Files, origin: Origin): Step[] {
  const steps: Step[] = [];
  for (const [path, text] of Object.entries(fresh)) {
    const now = present[path];
    const recorded = origin.files[path];
    const same = now === text || recorded === digest(text);
    // What the author has removed stays away.
    if (same || (now === undefined && recorded !== undefined)) continue;
    if (now === undefined) steps.push({ change: { path, text }, said: `added ${path}` });
    else if (digest(now) === recorded)
      steps.push({ change: { path, text }, said: `replaced ${path}` });
    else
      steps.push({
        change: { path: `${path}.new`, text },
        said: `left ${path}, which you have changed: see ${path}.new`,
      });
  }
  for (const [path, recorded] of Object.entries(origin.files)) {
    const now = present[path];
    if (path in fresh || now === undefined) continue;
    if (digest(now) === recorded)
      steps.push({
        change: { path, text: undefined },
        said: `removed ${path}, which has no use any more`,
      });
    else
      steps.push({ said: `left ${path}, which you have changed, and which has no use any more` });
  }
  return steps;
}

async function readOrigin(cwd: string, manager: Manager): Promise<Origin> {
  const text = await read(cwd, originFile);
  if (text === undefined)
    throw new Refusal(
      `There is no ${originFile} in ${cwd}.`,
      `Run this in a project that came from: ${createCommand(manager)}`,
    );
  let origin: Partial<Origin> | null;
  try {
    origin = JSON.parse(text) as Partial<Origin> | null;
  } catch {
    origin = null;
  }
  const { version, variant, packageManager, files } = origin ?? {};
  const known =
    /^\d+\.\d+\.\d+/.test(String(version)) &&
    isVariant(String(variant)) &&
    packageManagers.some((name) => name === packageManager) &&
    typeof files === "object" &&
    files !== null &&
    Object.keys(files).every(isInside);
  if (!known)
    throw new Refusal(
      `${originFile} is not as it was created.`,
      `Restore it: git checkout ${originFile}`,
    );
  return origin as Origin;
}

/** A file that came with a clone decides what is removed: nothing outside of the project. */
function isInside(path: string): boolean {
  return !/^[/\\]|^[a-z]:|(^|[/\\])\.\.([/\\]|$)|\0/i.test(path);
}

async function readAll(cwd: string, paths: readonly string[]): Promise<Files> {
  const files: Record<string, string> = {};
  for (const path of paths) {
    const text = await read(cwd, path);
    if (text !== undefined) files[path] = text;
  }
  return files;
}

async function read(cwd: string, path: string): Promise<string | undefined> {
  return readFile(join(cwd, path), "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
}

async function apply(cwd: string, { path, text }: NonNullable<Step["change"]>): Promise<void> {
  if (text === undefined) await rm(join(cwd, path));
  else await put(cwd, path, text);
}

/** The old text or the new, and never a part of it. */
async function put(cwd: string, path: string, text: string): Promise<void> {
  const target = join(cwd, path);
  await mkdir(dirname(target), { recursive: true });
  const way = relative(await realpath(cwd), await realpath(dirname(target)));
  if (way.split(sep)[0] === "..")
    throw new Refusal(
      `${path} leads out of the project by a link.`,
      "Replace the link by a folder.",
    );
  const draft = `${target}.${process.pid}`;
  await writeFile(draft, text, { flag: "wx" });
  await rename(draft, target);
}
