import { readFileSync, readdirSync } from "node:fs";
import { type DefaultTheme, defineConfig } from "vitepress";

const docs = new URL("../", import.meta.url);

// oxlint-disable-next-line import/no-default-export -- VitePress takes it so.
export default defineConfig({
  title: "conn",
  description: "Connect TypeScript to data in four lines.",
  lang: "en",
  head: [["link", { rel: "icon", type: "image/svg+xml", href: "/icon.svg" }]],
  srcExclude: ["write-a-plugin/examples/**"],
  // The workspace's vite is not VitePress's.
  cacheDir: ".vitepress/cache",
  markdown: { theme: { light: "github-light", dark: "github-dark" } },
  themeConfig: {
    search: { provider: "local" },
    outline: { level: [2, 3] },
    nav: [
      { text: "Use", link: "/use/start", activeMatch: "^/use/" },
      { text: "Write a plugin", link: "/write-a-plugin/start", activeMatch: "^/write-a-plugin/" },
      { text: "Connections", link: "/connections" },
      { text: "Reference", link: "/reference/", activeMatch: "^/(reference|errors|decisions)" },
    ],
    sidebar: [
      {
        text: "Use",
        items: pages("use", [
          "start",
          "secrets",
          "cache",
          "tables",
          "sql",
          "duckdb",
          "files",
          "hf",
          "formats",
          "coming-from-streamlit",
        ]),
      },
      {
        text: "In your framework",
        items: pages("use", ["nextjs", "servers", "observable", "notebooks", "serverless"]),
      },
      {
        text: "Write a plugin",
        items: pages("write-a-plugin", ["start", "kit", "cases", "publish"]),
      },
      { text: "Examples", items: pages("write-a-plugin", ["redis", "ldap", "open-meteo"]) },
      {
        text: "Look up",
        items: [
          { text: "Connections and settings", link: "/connections" },
          { text: "Reference", link: "/reference/" },
          { text: "Error codes", link: "/errors" },
        ],
      },
      {
        text: "Decisions",
        collapsed: true,
        items: pages("decisions", names("decisions")),
      },
    ],
  },
});

/** Each page under its own first heading. */
function pages(folder: string, names: readonly string[]): DefaultTheme.SidebarItem[] {
  return names.map((name) => {
    const text = readFileSync(new URL(`${folder}/${name}.md`, docs), "utf8");
    return { text: /^# (.+)$/m.exec(text)?.[1] ?? name, link: `/${folder}/${name}` };
  });
}

function names(folder: string): string[] {
  return readdirSync(new URL(folder, docs))
    .filter((file) => file.endsWith(".md"))
    .map((file) => file.slice(0, -".md".length))
    .sort();
}
