/**
 * Writes, as JSON, the pages that follow from the packages' own code: the connections with their
 * settings, and the cases of the conformance kit. Run with `--conditions=conn:source`, so that the
 * packages need not be built.
 */
import { glob, readFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { ConnectionClass } from "../packages/core/src/connection-class.ts";
import { describe, type Help } from "../packages/core/src/describe.ts";
import type { Field } from "../packages/core/src/fields.ts";
import { cases } from "../packages/testing/src/cases.ts";

interface Manifest {
  readonly name: string;
  readonly description: string;
  readonly exports?: Readonly<Record<string, { readonly "conn:source": string }>>;
  readonly conn?: {
    readonly connections: Readonly<
      Record<string, { readonly export: string; readonly title: string }>
    >;
  };
}

/** Needs that a class meets or not; the others are options that an author gives. */
const ofTheClass = /settings$|method$|hook$| or /;

const pages = {
  "docs/connections.md": await connectionsPage(),
  "docs/write-a-plugin/cases.md": casesPage(),
};
process.stdout.write(JSON.stringify(pages));

async function connectionsPage(): Promise<string> {
  const sections: string[] = [];
  for (const file of (await Array.fromAsync(glob("packages/*/package.json"))).sort()) {
    const manifest = JSON.parse(await readFile(file, "utf8")) as Manifest;
    const source = manifest.exports?.["."]?.["conn:source"];
    for (const [type, entry] of Object.entries(manifest.conn?.connections ?? {})) {
      const url = pathToFileURL(resolve(join(dirname(file), source ?? ""))).href;
      const exported = (await import(url)) as Record<string, ConnectionClass>;
      sections.push(
        connectionSection(manifest, type, entry.title, describe(exported[entry.export])),
      );
    }
  }
  return [
    "# Connections",
    "",
    "Every type of connection in this repository, with its settings, from the packages' manifests and schemas. In a terminal, `help(conn)` shows the same.",
    "",
    "Connections by others are on npm under the keyword [conn-plugin](https://www.npmjs.com/search?q=keywords:conn-plugin). Each package that you install is found by its manifest.",
    "",
    ...sections,
  ].join("\n");
}

function connectionSection(
  { name, description }: Manifest,
  type: string,
  title: string,
  { className, settings, members }: Help,
): string {
  return [
    `## ${title}`,
    "",
    description,
    "",
    "```sh",
    `npm install @conn/core ${name}`,
    "```",
    "",
    "```toml",
    "[connections.my_source]",
    `type = "${type}"`,
    "```",
    "",
    `### Settings of \`${type}\``,
    "",
    ...table(
      ["setting", "type", "meaning"],
      settings.map((field) => [`\`${field.name}\``, typeOf(field), meaningOf(field)]),
    ),
    "",
    `### Members of \`${className}\``,
    "",
    ...table(
      ["member", "does"],
      members.map((member) => [`\`${member.name}\``, member.description ?? ""]),
    ),
    "",
  ].join("\n");
}

function typeOf(field: Field): string {
  return choices(field).length > 0 ? "string" : field.type;
}

/** The values of a setting that allows so many that their list would not fit a column. */
function choices({ type }: Field): string[] {
  return type.startsWith('"') && type.length > 40 ? type.split(" | ") : [];
}

function meaningOf(field: Field): string {
  const { description, required, secret, default: value, example } = field;
  const list = choices(field).map((choice) => `\`${choice}\``);
  const notes = [
    required && "Required.",
    secret && "Secret.",
    list.length > 0 && `One of ${list.join(", ")}.`,
    isTold(value) && `Default: ${inCode(value)}.`,
    list.length === 0 && example !== undefined && `Such as ${inCode(example)}.`,
  ];
  return [description, ...notes].filter(Boolean).join(" ");
}

/** A default of nothing needs no words. */
function isTold(value: unknown): boolean {
  return value !== undefined && JSON.stringify(value) !== "[]" && JSON.stringify(value) !== "{}";
}

function inCode(value: unknown): string {
  return `\`${JSON.stringify(value)}\``;
}

function casesPage(): string {
  const groups = Map.groupBy(cases, ({ group }) => group);
  return [
    "# The cases of the kit",
    "",
    `What \`conform()\` demands of a connection: ${cases.length} cases in ${groups.size} groups, in the order in which they run. A case runs where the class has what it is about and you gave what it needs; [the kit's page](./kit.md) says how. \`gaps\` takes the names on the left.`,
    "",
    ...[...groups].flatMap(([group, all]) => [
      `## ${group[0].toUpperCase()}${group.slice(1)}`,
      "",
      ...table(
        ["case", "a connection …", "needs"],
        all.map(({ id, sentence, needs }) => [
          `\`${id}\``,
          sentence,
          needs.map((need) => (ofTheClass.test(need) ? need : `\`${need}\``)).join(", "),
        ]),
      ),
      "",
    ]),
  ].join("\n");
}

/** A table of Markdown, its columns padded as the formatter has them. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const cells = [head, ...rows].map((row) => row.map((cell) => cell.replaceAll("|", "\\|")));
  const widths = head.map((_, column) => Math.max(3, ...cells.map((row) => row[column].length)));
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column])).join(" | ")} |`;
  return [
    line(cells[0]),
    `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`,
    ...cells.slice(1).map(line),
  ];
}
