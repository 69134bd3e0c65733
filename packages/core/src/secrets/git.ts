import { execFile } from "node:child_process";
import { access, realpath } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/**
 * Whether git tracks a file, or the file that it is a link to. "unknown" where it stands in a
 * repository and git cannot be asked.
 */
export async function trackedByGit(file: string): Promise<"tracked" | "untracked" | "unknown"> {
  const target = await realpath(file).catch(() => file);
  const answers = await Promise.all([...new Set([file, target])].map(ask));
  return answers.find((answer) => answer !== "untracked") ?? "untracked";
}

async function ask(file: string): Promise<"tracked" | "untracked" | "unknown"> {
  const directory = dirname(file);
  if (!(await isInRepository(directory))) return "untracked";
  // The repository may be anybody's: nothing that its configuration names may run.
  const safe = [
    "-c",
    "core.fsmonitor=false",
    "-c",
    "core.hooksPath=",
    "-c",
    "safe.bareRepository=explicit",
  ];
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    GIT_OPTIONAL_LOCKS: "0",
    GIT_TERMINAL_PROMPT: "0",
  };
  for (const variable of ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"]) delete env[variable];
  return new Promise((resolve) => {
    const child = execFile(
      "git",
      [...safe, "ls-files", "--error-unmatch", "--", basename(file)],
      { cwd: directory, env, timeout: 5000, killSignal: "SIGKILL", windowsHide: true },
      // Status 1 is git's word for "not tracked"; anything else but success is no answer.
      (error) => resolve(error === null ? "tracked" : error.code === 1 ? "untracked" : "unknown"),
    );
    child.stdin?.end();
  });
}

async function isInRepository(directory: string): Promise<boolean> {
  for (let current = directory; ; current = dirname(current)) {
    const found = await access(join(current, ".git")).then(
      () => true,
      () => false,
    );
    if (found) return true;
    if (dirname(current) === current) return false;
  }
}
