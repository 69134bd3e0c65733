import { glob, readFile } from "node:fs/promises";
import { join } from "node:path";

/** A block of TypeScript in a page; one of JSX is compiled alone. */
export interface Snippet {
  readonly file: string;
  /** The line of the opening fence, from 1. */
  readonly line: number;
  readonly language: "ts" | "tsx";
  readonly code: string;
  /** `ts no-run` is compiled and not run: it needs something that is not here. */
  readonly runs: boolean;
  /** The text block that follows at once: what the snippet prints. */
  readonly output: string | undefined;
}

const root = join(import.meta.dirname, "../..");

/** All snippets of the README files and of the pages, in their order. */
export async function readSnippets(): Promise<Map<string, Snippet[]>> {
  const pages = new Map<string, Snippet[]>();
  const files: string[] = [];
  for await (const file of glob(
    ["*.md", "packages/*/README.md", "docs/*.md", "docs/{use,write-a-plugin,decisions}/**/*.md"],
    { cwd: root },
  ))
    files.push(file);
  for (const file of files.sort()) {
    const snippets = snippetsOf(file, await readFile(join(root, file), "utf8"));
    if (snippets.length > 0) pages.set(file, snippets);
  }
  return pages;
}

function snippetsOf(file: string, text: string): Snippet[] {
  const fence = /^```(tsx?)( no-run)?\n([^]*?)^```\n(?:\n```text\n([^]*?)^```\n)?/gm;
  return [...text.matchAll(fence)].map(({ index, 1: language, 2: noRun, 3: code, 4: output }) => ({
    file,
    line: text.slice(0, index).split("\n").length,
    language: language as "ts" | "tsx",
    code: code!,
    runs: language === "ts" && noRun === undefined,
    output,
  }));
}
