import { realpath } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, relative, sep } from "node:path";
import { StoreFailure } from "../failure.ts";

/**
 * The true path of something that exists, which no symbolic link leads out of the root. With
 * `last: false` a link that is named last is itself meant, and not what it leads to.
 */
export async function inside(
  path: string,
  root: string | undefined,
  { last = true }: { readonly last?: boolean } = {},
): Promise<string> {
  if (root === undefined) return path;
  const real = last ? await realpath(path) : join(await realpath(dirname(path)), basename(path));
  await demandInside(real, root);
  return real;
}

/** The true path of something to write, whose folders may have to be made. */
export async function insideForWriting(path: string, root: string | undefined): Promise<string> {
  const missing: string[] = [];
  for (let current = path; ; current = dirname(current)) {
    try {
      const real = await realpath(current);
      if (root !== undefined && isWithin(current, root)) await demandInside(real, root);
      return join(real, ...missing);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT" || dirname(current) === current)
        throw error;
      missing.unshift(basename(current));
    }
  }
}

/** Whether a true path is at the root or below it. */
export function isWithin(path: string, root: string): boolean {
  const inner = relative(root, path);
  return inner !== ".." && !inner.startsWith(`..${sep}`) && !isAbsolute(inner);
}

async function demandInside(real: string, root: string): Promise<void> {
  if (isWithin(real, await realpath(root))) return;
  throw new StoreFailure("forbidden", "a symbolic link leads out of the root", {
    hint: "The connection's root cannot be left, by symbolic links neither.",
  });
}
