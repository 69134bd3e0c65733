import { lstat, mkdir, readdir, rename, rm, rmdir, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { Refusal } from "./refusal.ts";
import type { Files } from "./template.ts";

/**
 * Makes a folder of files that is there as a whole or not at all: they are written into a draft beside
 * it, which is renamed. `finish` does what else belongs to the draft.
 *
 * @throws Refusal where something is in the way.
 */
export async function place(
  files: Files,
  target: string,
  finish: (draft: string) => Promise<void> = async () => {},
): Promise<void> {
  await assertFree(target);
  await sweep(target);
  const draft = join(dirname(target), `${draftPrefix(target)}${process.pid}`);
  let stopped: NodeJS.Signals | undefined;
  const stop = (signal: NodeJS.Signals): void => void (stopped = signal);
  const goOn = (): void => {
    if (stopped) throw new Refusal("Nothing was created.");
  };
  process.on("SIGINT", stop).on("SIGTERM", stop);
  try {
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(draft, path)), { recursive: true });
      await writeFile(join(draft, path), text, { flag: "wx" });
      goOn();
    }
    await finish(draft);
    goOn();
    // An empty folder may be in the way, which Windows does not rename over.
    await rmdir(target).catch(() => {});
    await rename(draft, target);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    await assertFree(target);
    throw error;
  } finally {
    process.off("SIGINT", stop).off("SIGTERM", stop);
  }
}

/** An empty folder is free; a link is not, wherever it leads. */
export async function assertFree(target: string): Promise<void> {
  const stats = await lstat(target).catch(() => undefined);
  if (!stats) return;
  const what = stats.isDirectory()
    ? (await readdir(target)).length > 0 && "holds files already"
    : "is there already, and is no folder";
  if (what) throw new Refusal(`${target} ${what}.`, "Give another name, or move it away.");
}

/** Drafts of processes that were killed. */
async function sweep(target: string): Promise<void> {
  const parent = dirname(target);
  for (const name of await readdir(parent)) {
    if (!name.startsWith(draftPrefix(target))) continue;
    const pid = Number(name.slice(draftPrefix(target).length));
    if (Number.isInteger(pid) && pid > 0 && !isAlive(pid))
      await rm(join(parent, name), { recursive: true, force: true });
  }
}

function draftPrefix(target: string): string {
  return `.${basename(target)}.draft-`;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
