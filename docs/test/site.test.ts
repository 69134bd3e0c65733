import { glob, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { run } from "./run.ts";

const root = join(import.meta.dirname, "../..");
const site = await mkdtemp(join(tmpdir(), "conn-site-"));
const pages = new Map<string, string>();

/** VitePress fails by itself where a link leads to no page. */
beforeAll(async () => {
  const typedoc = await run("typedoc", [], { cwd: root });
  expect(typedoc.code, typedoc.output).toBe(0);
  const vitepress = join(root, "docs/node_modules/vitepress/bin/vitepress.js");
  const built = await run(process.execPath, [vitepress, "build", "docs", "--outDir", site], {
    cwd: root,
  });
  expect(built.code, built.output).toBe(0);
  for await (const file of glob("**/*.html", { cwd: site }))
    pages.set(`/${file}`, await readFile(join(site, file), "utf8"));
}, 120_000);

afterAll(() => rm(site, { recursive: true, force: true }));

it("has a page for each that the side bar names", () => {
  expect([...pages.keys()]).toEqual(
    expect.arrayContaining([
      "/index.html",
      "/use/start.html",
      "/write-a-plugin/cases.html",
      "/reference/@conn/core.html",
      "/connections.html",
    ]),
  );
  expect([...pages.keys()].filter((page) => page.includes("examples"))).toEqual([]);
});

it("has each heading that a link leads to", () => {
  const missing: string[] = [];
  let links = 0;
  for (const [page, html] of pages) {
    for (const { path, heading } of linksOf(page, html)) {
      links++;
      const target = pages.get(path);
      if (target === undefined || !target.includes(`id="${heading}"`))
        missing.push(`${page} -> ${path}#${heading}`);
    }
  }
  expect(links).toBeGreaterThan(100);
  expect(missing).toEqual([]);
});

it("loads nothing from elsewhere", () => {
  for (const [page, html] of pages)
    expect(html, page).not.toMatch(/<(?:script|link|img)[^>]+(?:src|href)="https?:/);
});

it("includes all code that a page names", () => {
  for (const [page, html] of pages)
    expect(html, page).not.toMatch(/&lt;&lt;&lt; \.|Code snippet path not found|@include/);
});

/** The links of a page to headings of this site. */
function linksOf(page: string, html: string): { path: string; heading: string }[] {
  return [...html.matchAll(/<a\b[^>]*\bhref="([^"]+)"/g)].flatMap(([, href]) => {
    const url = new URL(href!.replaceAll("&amp;", "&"), `http://site${page}`);
    if (url.host !== "site" || url.hash.length < 2) return [];
    const path = url.pathname.endsWith("/") ? `${url.pathname}index.html` : url.pathname;
    return [{ path: decodeURIComponent(path), heading: decodeURIComponent(url.hash.slice(1)) }];
  });
}
